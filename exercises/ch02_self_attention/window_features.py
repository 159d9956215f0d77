r"""Neighbours side by side.

Implement · 15 minutes · difficulty 2 of 3 · 2 points

Before attention, a word was shown its neighbours by laying them side by side. Write
`window_features(x, reach)`, the input of the window baseline.

`x` has shape `(B, N, D)`: B sentences of N words. The result has shape `(B, N, (2 * reach + 1) * D)` and the
dtype of `x`: for each word the numbers of the `reach` words before it, then its own, then those of the
`reach` words after it, from left to right, each word's D numbers together. Beyond the ends of the sentence
stand zeros. `reach` may be 0, and it may be larger than the sentence. Do not change the arguments. You may
use `torch` and `math`. One sentence of two words of width 2:

>>> window_features(torch.tensor([[[1.0, 2.0], [3.0, 4.0]]]), 1)
tensor([[[0., 0., 1., 2., 3., 4.],
         [1., 2., 3., 4., 0., 0.]]])
"""

import torch


def window_features(x: torch.Tensor, reach: int) -> torch.Tensor:
    """Each word with its neighbours, (B, N, (2 * reach + 1) * D)."""
    # Your answer here.
    raise NotImplementedError
