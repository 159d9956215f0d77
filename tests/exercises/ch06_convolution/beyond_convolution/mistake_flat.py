"""All pixels of an image are equal: whatever the weights, their mixture is that pixel again."""

import torch


def beyond_convolution():
    return torch.ones(5, 2), 3 * torch.ones(5, 2)
