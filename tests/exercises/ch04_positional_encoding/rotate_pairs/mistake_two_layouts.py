"""angles are laid out for neighbours, but entry i meets entry i + d/2: two layouts in one"""

import torch


def rotate_pairs(x, positions):
    width = x.shape[-1]
    angle = positions[:, None] * 10000.0 ** (-torch.arange(0, width, 2) / width)
    angle = angle.repeat_interleave(2, dim=-1)
    a, b = x.chunk(2, dim=-1)
    return x * angle.cos() + torch.cat([-b, a], dim=-1) * angle.sin()
