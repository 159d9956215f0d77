"""dtype must be float32"""

import torch


def sinusoidal_table(num_positions, d_model):
    angles = torch.arange(num_positions).double()[:, None] * 10000.0 ** (-torch.arange(0, d_model, 2).double() / d_model)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
