"""all pairs turn equally fast: the frequency ω is left out"""

import torch


def sinusoidal_table(num_positions, d_model):
    angles = torch.arange(num_positions)[:, None] * torch.ones(d_model // 2)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
