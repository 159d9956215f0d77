"""This is what you get when the places are counted along the batch: every word of sentence b gets the encoding of place b and the first place is taken for 1: places count from 0."""

import torch


def add_positions(x, table, start):
    first = 1
    places = torch.arange(first, first + x.shape[0])
    return x + table[places][:, None, :]
