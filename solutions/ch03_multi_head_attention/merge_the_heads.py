r"""Merge the heads.

Write `merge_the_heads(x)`: lay the heads' outputs side by side again. It undoes the exercise before it.

`x` has shape `(B, h, N, d)`, the result `(B, N, h d)`: row n holds the numbers of head 0 at place n, then
those of head 1 at place n, and so on. Nothing is computed. You may use `torch`, but no loop. Two heads, two
places, width 2:

>>> x = torch.tensor([[[[1.0, 2.0], [5.0, 6.0]], [[3.0, 4.0], [7.0, 8.0]]]])
>>> merge_the_heads(x)
tensor([[[1., 2., 3., 4.],
         [5., 6., 7., 8.]]])
"""

import torch


def merge_the_heads(x: torch.Tensor) -> torch.Tensor:
    """Heads (B, h, N, d) to rows (B, N, h * d)."""
    # BEGIN SOLUTION
    return x.transpose(1, 2).flatten(2)  # (B, N, h, d), then (B, N, h * d)
    # END SOLUTION
