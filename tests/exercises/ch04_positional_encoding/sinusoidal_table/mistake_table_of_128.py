"""table: shape must be (503, 2), got (128, 2)"""

import torch


def sinusoidal_table(num_positions, d_model):
    angles = torch.arange(128)[:, None] * 10000.0 ** (-torch.arange(0, d_model, 2) / d_model)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)[:num_positions]
