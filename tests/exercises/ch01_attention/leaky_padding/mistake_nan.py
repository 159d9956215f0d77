"""a sentence of length 0 is filled with −inf: 0/0 is NaN"""

import torch


def leaky_padding(scores, lengths):
    positions = torch.arange(scores.shape[-1])
    padding = (positions >= lengths[:, None])[:, None, :]
    weights = torch.softmax(scores.masked_fill(padding, float("-inf")), dim=-1)
    return weights
