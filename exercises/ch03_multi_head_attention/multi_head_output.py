r"""Multi-head attention.

Implement · 25 minutes · difficulty 2 of 3 · 4 points

Write `multi_head_output(x, w_query, w_key, w_value, w_output, num_heads, mask)`: several heads look at the
same rows, each in its own columns, and one last matrix mixes what they found.

`x` is `(B, N, D)`; the four matrices are `(D, D)` and are used from the right, `x @ w_query`. Cut queries,
keys and values into heads of width $d = D / h$, let each head attend with the scale $1/\sqrt d$, lay the
heads side by side, and multiply by `w_output`. `mask` is None or boolean, broadcasts to `(B, h, N, N)`,
True = may attend; every query may see something. Return the pair `(output, weights)` of shapes `(B, N, D)`
and `(B, h, N, N)`. You may use `torch` and `math`, but no ready-made attention. With all queries zero every
key gets the same weight, so that each row is the mean of all rows:

>>> x, one, zero = torch.tensor([[[1.0, 2.0], [3.0, 6.0]]]), torch.eye(2), torch.zeros(2, 2)
>>> output, weights = multi_head_output(x, zero, one, one, one, 2, None)
>>> output
tensor([[[2., 4.],
         [2., 4.]]])
>>> weights.shape
torch.Size([1, 2, 2, 2])
"""

import math

import torch


def multi_head_output(
    x: torch.Tensor,
    w_query: torch.Tensor,
    w_key: torch.Tensor,
    w_value: torch.Tensor,
    w_output: torch.Tensor,
    num_heads: int,
    mask: torch.Tensor | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Output (B, N, D) and weights (B, h, N, N)."""
    # Your answer here.
    raise NotImplementedError
