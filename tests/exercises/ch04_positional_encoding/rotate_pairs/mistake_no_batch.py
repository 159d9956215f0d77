"""it raised ValueError: too many values to unpack"""

import torch


def rotate_pairs(x, positions):
    places, width = x.shape
    angle = positions[:, None] * 10000.0 ** (-torch.arange(0, width, 2) / width)
    cos, sin = angle.cos(), angle.sin()
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack([a * cos - b * sin, a * sin + b * cos], dim=-1).flatten(-2)
