"""every column has a frequency of its own: sine and cosine of a pair share one"""

import torch


def sinusoidal_table(num_positions, d_model):
    columns = torch.arange(d_model)
    angles = torch.arange(num_positions)[:, None] * 10000.0 ** (-columns / d_model)
    return torch.where(columns % 2 == 0, angles.sin(), angles.cos())
