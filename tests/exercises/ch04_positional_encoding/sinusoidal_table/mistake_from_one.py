"""the places are counted from 1: the first is 0"""

import torch


def sinusoidal_table(num_positions, d_model):
    angles = torch.arange(1, num_positions + 1)[:, None] * 10000.0 ** (-torch.arange(0, d_model, 2) / d_model)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
