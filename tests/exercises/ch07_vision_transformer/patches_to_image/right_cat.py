"""Rows of patches side by side, then below each other."""

import torch


def patches_to_image(patches, grid, patch_size):
    (down, across), p = grid, patch_size
    b = len(patches)
    squares = patches.view(b, down, across, -1, p, p)
    rows = [torch.cat(list(squares[:, y].unbind(1)), dim=-1) for y in range(down)]
    return torch.cat(rows, dim=-2)
