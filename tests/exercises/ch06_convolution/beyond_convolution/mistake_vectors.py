"""a must have two axes, (N, d), got"""

import torch


def beyond_convolution():
    return torch.tensor([0.0, 1.0]), torch.tensor([0.0, 1.0])
