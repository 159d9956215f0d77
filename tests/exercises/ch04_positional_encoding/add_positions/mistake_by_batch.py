"""This is what you get when the places are counted along the batch: every word of sentence b gets the encoding of place b."""

import torch


def add_positions(x, table, start):
    first = 0
    places = torch.arange(first, first + x.shape[0])
    return x + table[places][:, None, :]
