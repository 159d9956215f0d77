"""b is zero, and adding nothing changes nothing."""

import torch


def beyond_convolution():
    return torch.randn(3, 2).clamp(-3, 3), torch.zeros(3, 2)
