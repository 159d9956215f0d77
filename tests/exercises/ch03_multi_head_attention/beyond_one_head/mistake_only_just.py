"""The rank is d + 1, but only just: a head of width 1 comes within 0.1%"""

import torch


def beyond_one_head(d):
    scales = torch.ones(d + 1)
    scales[-1] = 1e-3
    return torch.diag(scales), torch.eye(d + 1)
