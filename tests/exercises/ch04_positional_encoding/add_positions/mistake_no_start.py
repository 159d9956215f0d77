"""This is what you get when `start` is not used: the words stand at start, start + 1, ...."""

import torch


def add_positions(x, table, start):
    first = 0
    places = torch.arange(first, first + x.shape[1])
    return x + table[places]
