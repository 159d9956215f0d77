r"""Where a head looks.

Measure, for each head, where on average it looks from where it stands. A head that imitates one place of a
3 × 3 kernel looks one step to the side, whatever the pixel.

`centre_of_gaze(weights, height, width)` gets the weights `(h, N, N)` of attention over an image of N = height ·
width pixels, counted row by row; queries on rows, keys on columns. For each head return the mean, over all
queries, of the weighted mean of the step (rows, columns) from the query to the key: a tensor `(h, 2)`
with the dtype of `weights`. A positive number of rows means further down, of columns further to the right. You may
use `torch`. A head that looks at the pixel on the right, in a row of three whose last pixel looks at itself, moves
two thirds of a step on average:

>>> right = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
>>> centre_of_gaze(right[None], 1, 3)
tensor([[0.0000, 0.6667]])
"""

import torch


def centre_of_gaze(weights: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Mean step (rows, columns) from query to key, (h, 2), of weights (h, N, N)."""
    # BEGIN SOLUTION
    rows = torch.arange(height).repeat_interleave(width)  # (N,), row of each pixel
    columns = torch.arange(width).repeat(height)  # (N,)
    place = torch.stack([rows, columns], dim=-1).to(weights.dtype)  # (N, 2)
    looked_at = weights @ place  # (h, N, 2): the weighted mean of the keys' places
    return (looked_at - place).mean(dim=1)  # (h, 2)
    # END SOLUTION
