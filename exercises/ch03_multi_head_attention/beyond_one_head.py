r"""Beyond one head.

Prove and check · 10 minutes · difficulty 2 of 3 · 2 points

The scores of a head of width d are a matrix $QK^\top$ whose rank is at most d: whatever Q and K are, some
patterns are out of reach. Prove it with a pattern and its cure.

`beyond_one_head(d)` returns a pair `(query, key)`, two tensors of shape `(N, d + 1)` with N of your choice,
such that their scores `query @ key.T` (the scale left out) cannot be written with queries and keys of width
d: the rank of the scores must be $d + 1$, and clearly so. The test of clearly is that the smallest of the
$d + 1$ singular values is at least a hundredth of the largest. Your answer must work for every $d \ge 1$. You
may use `torch` and `math`. Written down, the scores are a square of numbers:

>>> query, key = beyond_one_head(2)
>>> int(torch.linalg.matrix_rank(query @ key.T))
3
"""

import torch


def beyond_one_head(d: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Queries and keys (N, d + 1) whose scores no head of width d can give."""
    # Your answer here.
    raise NotImplementedError
