r"""Positions for a larger image.

Implement · 15 minutes · difficulty 2 of 3 · 3 points

Write `stretch_positions(table, old, new)`: a model was trained with a table of positions for one grid of patches;
make the table for another grid.

`table` is `(1 + h w, D)`: first the row of the class token, then one row for each patch, counted row by row over
the grid `old` = (h, w). The result is `(1 + h' w', D)` for `new` = (h', w'). The class token's row stays as it is.
The others are stretched like an image of D channels, linearly in both directions:
`torch.nn.functional.interpolate(..., mode="bilinear", align_corners=False)`. You may use `torch`. From a row of two
patches to a row of four:

>>> stretch_positions(torch.tensor([[9.0], [0.0], [4.0]]), (1, 2), (1, 4)).flatten()
tensor([9., 0., 1., 3., 4.])
"""

import torch


def stretch_positions(table: torch.Tensor, old: tuple[int, int], new: tuple[int, int]) -> torch.Tensor:
    """Positions (1 + h' * w', D) from positions (1 + h * w, D)."""
    # Your answer here.
    raise NotImplementedError
