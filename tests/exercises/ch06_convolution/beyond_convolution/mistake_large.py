"""b holds 50: no entry may be larger than 3 in absolute value"""

import torch


def beyond_convolution():
    return torch.ones(3, 2), 50 * torch.eye(3)[:, :2]
