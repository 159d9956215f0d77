"""With block_diag."""

import torch


def shift_rotation(k, d_model):
    angles = k * 10000.0 ** (-torch.arange(0, d_model, 2) / d_model)
    c, s = angles.cos(), angles.sin()
    blocks = torch.stack([c, s, -s, c], dim=-1).view(-1, 2, 2)
    return torch.block_diag(*blocks)
