"""Three diagonals added."""

import torch


def shift_rotation(k, d_model):
    angles = (k * 10000.0 ** (-torch.arange(0, d_model, 2) / d_model)).repeat_interleave(2)
    off = angles.sin() * torch.tensor([1.0, 0.0]).repeat(d_model // 2)
    return torch.diag(angles.cos()) + torch.diag(off[:-1], 1) - torch.diag(off[:-1], -1)
