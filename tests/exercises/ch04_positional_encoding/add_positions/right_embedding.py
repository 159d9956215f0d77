"""With the embedding function, into a new tensor."""

import torch


def add_positions(x, table, start):
    out = x.clone()
    out += torch.nn.functional.embedding(torch.arange(x.shape[1]) + start, table)
    return out
