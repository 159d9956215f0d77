"""every sentence is cut at the length of the longest"""

import torch


def leaky_padding(scores, lengths):
    positions = torch.arange(scores.shape[-1])
    padding = (positions >= lengths.max().expand_as(lengths)[:, None])[:, None, :]
    empty = padding.all(dim=-1, keepdim=True)
    weights = torch.softmax(scores.masked_fill(padding & ~empty, float("-inf")), dim=-1).masked_fill(
        empty, 0.0
    )
    return weights
