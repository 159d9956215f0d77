"""entry i is paired with entry i + d/2 (the other layout in use): here neighbours make a pair"""

import torch


def rotate_pairs(x, positions):
    width = x.shape[-1]
    angle = positions[:, None] * 10000.0 ** (-torch.arange(0, width, 2) / width)
    cos, sin = angle.cos(), angle.sin()
    a, b = x.chunk(2, dim=-1)
    return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)
