"""the first key of the padding still counts as real"""

import torch


def leaky_padding(scores, lengths):
    positions = torch.arange(scores.shape[-1])
    padding = (positions > lengths[:, None])[:, None, :]
    weights = torch.softmax(scores.masked_fill(padding, float("-1e20")), dim=-1)
    return weights
