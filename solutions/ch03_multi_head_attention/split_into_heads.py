r"""Split into heads.

Write `split_into_heads(x, num_heads)`: cut the width of every row into `num_heads` equal pieces, and put
the heads before the places, so that each head is a sequence of its own.

`x` has shape `(B, N, D)`, the result `(B, h, N, d)` with $d = D / h$. Head i holds the columns from $i\,d$
up to $(i+1)\,d$, of every place, in their order. Nothing is computed, numbers only get another address. You
may use `torch`, but no loop. Two places of width 4, two heads:

>>> x = torch.tensor([[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]])
>>> split_into_heads(x, 2)
tensor([[[[1., 2.],
          [5., 6.]],
<BLANKLINE>
         [[3., 4.],
          [7., 8.]]]])
"""

import torch


def split_into_heads(x: torch.Tensor, num_heads: int) -> torch.Tensor:
    """Rows (B, N, D) to heads (B, h, N, d)."""
    # BEGIN SOLUTION
    batch, places, width = x.shape
    pieces = x.reshape(batch, places, num_heads, width // num_heads)  # (B, N, h, d): only the width is cut
    return pieces.transpose(1, 2)  # (B, h, N, d)
    # END SOLUTION
