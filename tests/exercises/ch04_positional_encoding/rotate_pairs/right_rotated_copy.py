"""Times the cosine, plus a turned copy times the sine."""

import torch


def rotate_pairs(x, positions):
    width = x.shape[-1]
    angle = torch.outer(positions.double(), 10000.0 ** (-torch.arange(0, width, 2).double() / width))
    cos, sin = (t.repeat_interleave(2, dim=-1).to(x.dtype) for t in (angle.cos(), angle.sin()))
    quarter = torch.empty_like(x)
    quarter[..., 0::2] = -x[..., 1::2]
    quarter[..., 1::2] = x[..., 0::2]
    return x * cos + quarter * sin
