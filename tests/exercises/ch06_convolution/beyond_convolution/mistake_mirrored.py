"""Larger numbers would not part the two sides here: take other images."""

import torch


def beyond_convolution():
    return 3 * torch.eye(2), 3 * torch.eye(2).flip(0)
