"""With one pixel there is nothing to mix: attention returns it, and is linear."""

import torch


def beyond_convolution():
    return torch.ones(1, 4), 2 * torch.ones(1, 4)
