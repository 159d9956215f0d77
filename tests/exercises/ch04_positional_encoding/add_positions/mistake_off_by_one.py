"""This is what you get when the first place is taken for 1: places count from 0."""

import torch


def add_positions(x, table, start):
    first = start + 1
    places = torch.arange(first, first + x.shape[1])
    return x + table[places]
