"""the second entry of a pair is made from a first one that was overwritten before: keep the old one"""

import torch


def rotate_pairs(x, positions):
    width = x.shape[-1]
    angle = positions[:, None] * 10000.0 ** (-torch.arange(0, width, 2) / width)
    y = x.clone()
    y[..., 0::2] = angle.cos() * y[..., 0::2] - angle.sin() * y[..., 1::2]
    y[..., 1::2] = angle.sin() * y[..., 0::2] + angle.cos() * y[..., 1::2]
    return y
