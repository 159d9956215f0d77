"""a and b must have one shape, got (2, 1) and (3, 1)"""

import torch


def beyond_convolution():
    return torch.tensor([[0.0], [1.0]]), torch.tensor([[0.0], [1.0], [2.0]])
