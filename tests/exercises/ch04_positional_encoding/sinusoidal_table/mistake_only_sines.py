"""both columns of a pair are sines"""

import torch


def sinusoidal_table(num_positions, d_model):
    angles = torch.arange(num_positions)[:, None] * 10000.0 ** (-torch.arange(0, d_model, 2) / d_model)
    return angles.sin().repeat_interleave(2, dim=1)
