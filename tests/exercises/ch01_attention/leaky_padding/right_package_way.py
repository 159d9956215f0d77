"""A mask of what may be seen."""

import torch


def leaky_padding(scores, lengths):
    seen = torch.arange(scores.size(2)).lt(lengths.view(-1, 1, 1))
    dead = lengths.eq(0).view(-1, 1, 1)
    return scores.masked_fill(~(seen | dead), -torch.inf).softmax(2) * ~dead
