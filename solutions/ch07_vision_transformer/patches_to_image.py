r"""Back to the image.

Write `patches_to_image(patches, grid, patch_size)`: it undoes the exercise before it.

`patches` is `(B, N, C P P)`, `grid` is the pair (patches down, patches across), with N their product, and P =
`patch_size`. The result is `(B, C, H, W)`. The order of the numbers is that of the exercise before: patches row
by row; inside a patch channel by channel, each row by row. You may use `torch`. Two patches of 2 × 2, side by
side:

>>> patches = torch.tensor([[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]])
>>> patches_to_image(patches, (1, 2), 2)
tensor([[[[1., 2., 5., 6.],
          [3., 4., 7., 8.]]]])
"""

import torch


def patches_to_image(patches: torch.Tensor, grid: tuple[int, int], patch_size: int) -> torch.Tensor:
    """Images (B, C, H, W) from patches (B, N, C * P * P)."""
    # BEGIN SOLUTION
    down, across = grid
    cut = patches.reshape(len(patches), down, across, -1, patch_size, patch_size)  # (B, H/P, W/P, C, P, P)
    return cut.permute(0, 3, 1, 4, 2, 5).flatten(4).flatten(2, 3)  # (B, C, H/P, P, W/P, P), then (B, C, H, W)
    # END SOLUTION
