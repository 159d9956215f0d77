"""the exponent is i/D instead of 2i/D: the wavelengths reach only √10000 = 100 times the first"""

import torch


def sinusoidal_table(num_positions, d_model):
    angles = torch.arange(num_positions)[:, None] * 10000.0 ** (-torch.arange(d_model // 2) / d_model)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
