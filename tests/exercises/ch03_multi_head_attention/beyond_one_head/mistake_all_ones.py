"""The scores have rank 1, so a head of width 1 gives them too."""

import torch


def beyond_one_head(d):
    return torch.ones(d + 1, d + 1), torch.ones(d + 1, d + 1)
