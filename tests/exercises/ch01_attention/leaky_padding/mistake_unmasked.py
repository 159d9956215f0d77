"""a sentence of length 0 is left unmasked"""

import torch


def leaky_padding(scores, lengths):
    positions = torch.arange(scores.shape[-1])
    padding = (positions >= lengths[:, None])[:, None, :]
    empty = padding.all(dim=-1, keepdim=True)
    weights = torch.softmax(scores.masked_fill(padding & ~empty, float("-inf")), dim=-1)
    return weights
