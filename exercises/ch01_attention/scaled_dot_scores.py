r"""Scaled dot-product scores.

Implement · 10 minutes · difficulty 1 of 3 · 2 points

Write `scaled_dot_scores(query, key)`: how well does each query match each key?

$$s_{ij} = \frac{q_i \cdot k_j}{\sqrt d}$$

`query` has shape `(..., N, d)`, `key` has shape `(..., M, d)`, the result `(..., N, M)`: one row for each
query, one column for each key. The dots stand for any number of batch axes. Keep the dtype, and do not
change the arguments. You may use `torch` and `math`. Two queries and two keys of width 2:

>>> query = torch.tensor([[1.0, 0.0], [1.0, 2.0]])
>>> key = torch.tensor([[3.0, 0.0], [0.0, 4.0]])
>>> scaled_dot_scores(query, key)
tensor([[2.1213, 0.0000],
        [2.1213, 5.6569]])
"""

import math

import torch


def scaled_dot_scores(query: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
    """Scores (..., N, M) of queries (..., N, d) and keys (..., M, d)."""
    # Your answer here.
    raise NotImplementedError
