"""all pairs turn equally fast: the frequency ω is left out"""

import torch


def rotate_pairs(x, positions):
    width = x.shape[-1]
    angle = positions[:, None].expand(-1, width // 2)
    cos, sin = angle.cos(), angle.sin()
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack([a * cos - b * sin, a * sin + b * cos], dim=-1).flatten(-2)
