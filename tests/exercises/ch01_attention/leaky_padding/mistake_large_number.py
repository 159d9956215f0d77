"""a sentence of length 0 is filled with one large negative number"""

import torch


def leaky_padding(scores, lengths):
    positions = torch.arange(scores.shape[-1])
    padding = (positions >= lengths[:, None])[:, None, :]
    weights = torch.softmax(scores.masked_fill(padding, float("-1e20")), dim=-1)
    return weights
