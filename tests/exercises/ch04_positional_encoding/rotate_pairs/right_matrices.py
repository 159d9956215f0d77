"""One block of 2 × 2 for each pair, with einsum."""

import torch


def rotate_pairs(x, positions):
    width = x.shape[-1]
    angle = positions[:, None] * 10000.0 ** (-torch.arange(0, width, 2) / width)
    block = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], dim=-1).unflatten(-1, (2, 2))
    return torch.einsum("nirc,...nic->...nir", block, x.unflatten(-1, (-1, 2))).flatten(-2)
