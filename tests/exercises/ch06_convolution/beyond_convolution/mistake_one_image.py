"""The function must return the pair (a, b), got"""

import torch


def beyond_convolution():
    return torch.tensor([[0.0], [1.0]])
