"""A pair is a complex number, and a turn is a product."""

import torch


def rotate_pairs(x, positions):
    width = x.shape[-1]
    angle = positions[:, None] * 10000.0 ** (-torch.arange(0, width, 2) / width)
    numbers = torch.view_as_complex(x.unflatten(-1, (-1, 2)).contiguous())
    turned = numbers * torch.polar(torch.ones_like(angle), angle)
    return torch.view_as_real(turned).flatten(-2)
