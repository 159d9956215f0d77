"""Einsum with a one-hot of the place."""

import torch


def add_positions(x, table, start):
    places = torch.eye(len(table))[start : start + x.shape[1]]
    return x + torch.einsum("np,pd->nd", places, table)
