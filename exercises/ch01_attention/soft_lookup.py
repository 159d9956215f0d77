r"""A soft look-up.

Implement · 20 minutes · difficulty 2 of 3 · 3 points

Write `soft_lookup(query, key, value, mask)`: the whole of attention, $\mathrm{softmax}(QK^\top / \sqrt
d)\,V$.

`query` is `(..., N, d)`, `key` `(..., M, d)`, `value` `(..., M, d_v)`; `mask` is None or boolean and
broadcasts to `(..., N, M)`, True = may attend. Return the pair `(output, weights)` of shapes `(..., N,
d_v)` and `(..., N, M)`. A query that may see nothing gets zeros in both. Do not change the arguments. You
may use `torch` and `math`, but no ready-made attention: the weights are asked for, and the fused routine
does not give them. With one very clear match each query simply gets the value beside its key:

>>> key = torch.tensor([[100.0, 0.0], [0.0, 100.0]])
>>> output, weights = soft_lookup(torch.eye(2), key, torch.tensor([[1.0, 2.0], [3.0, 4.0]]), None)
>>> output
tensor([[1., 2.],
        [3., 4.]])
"""

import math

import torch


def soft_lookup(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Output (..., N, d_v) and weights (..., N, M)."""
    # Your answer here.
    raise NotImplementedError
