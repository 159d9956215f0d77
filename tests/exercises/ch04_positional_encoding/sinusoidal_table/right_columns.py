"""Written into an empty table."""

import torch


def sinusoidal_table(num_positions, d_model):
    table = torch.zeros(num_positions, d_model)
    angles = torch.arange(num_positions)[:, None] / 10000 ** (torch.arange(0, d_model, 2) / d_model)
    table[:, 0::2] = torch.sin(angles)
    table[:, 1::2] = torch.cos(angles)
    return table
