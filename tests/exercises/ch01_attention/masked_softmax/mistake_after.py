"""the weights are masked after the softmax: the rest of the row no longer sums to 1"""

import torch


def masked_softmax(scores, mask):
    return torch.softmax(scores, dim=-1) * mask
