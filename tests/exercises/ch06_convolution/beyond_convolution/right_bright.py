"""A bright pixel beside a dark one."""

import torch


def beyond_convolution():
    a = torch.tensor([[3.0, 0.0], [0.0, 0.0]])
    b = torch.tensor([[0.0, 0.0], [0.0, 3.0]])
    return a, b
