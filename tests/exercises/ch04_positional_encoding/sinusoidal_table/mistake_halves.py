"""all sines come first and all cosines after: they alternate, in pairs of one frequency"""

import torch


def sinusoidal_table(num_positions, d_model):
    angles = torch.arange(num_positions)[:, None] * 10000.0 ** (-torch.arange(0, d_model, 2) / d_model)
    return torch.cat([angles.sin(), angles.cos()], dim=-1)
