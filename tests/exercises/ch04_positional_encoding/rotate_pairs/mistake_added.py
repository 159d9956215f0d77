"""the encoding of the place is added: rotary turns, it adds nothing"""

import torch


def rotate_pairs(x, positions):
    width = x.shape[-1]
    angle = positions[:, None] * 10000.0 ** (-torch.arange(0, width, 2) / width)
    cos, sin = angle.cos(), angle.sin()
    return x + torch.stack([sin, cos], dim=-1).flatten(-2)
