r"""Attention from itself.

Find the bug · 15 minutes · difficulty 2 of 3 · 3 points

`attention_from_itself(x, w_q, w_k, w_v)` is meant to be self-attention. It runs without a warning, all shapes
are right, and a model built on it even learns a little. It is wrong in three places. Find and repair them.

`x` has shape `(B, N, D)`, `w_q` and `w_k` have shape `(D, d)`, `w_v` has shape `(D, d_v)`. Return the pair
`(output, weights)` of shapes `(B, N, d_v)` and `(B, N, N)`: one row of weights for each query. Do not change
the arguments. You may use `torch` and `math`, but no ready-made attention. Before you read the code line by
line, think of inputs whose answer you know. Queries of 0, for example, match every key alike:

>>> x, w_v = torch.eye(2)[None], torch.tensor([[2.0], [4.0]])
>>> output, weights = attention_from_itself(x, torch.zeros(2, 4), torch.ones(2, 4), w_v)
>>> output
tensor([[[3.],
         [3.]]])
"""

import math

import torch


def attention_from_itself(
    x: torch.Tensor, w_q: torch.Tensor, w_k: torch.Tensor, w_v: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Output (B, N, d_v) and weights (B, N, N)."""
    raise NotImplementedError  # delete this line, then repair the rest
    query = x @ w_q  # (B, N, d)
    key = x @ w_q  # (B, N, d)
    value = x @ w_v  # (B, N, d_v)
    scores = query @ key.transpose(1, 2) / math.sqrt(x.shape[-1])  # (B, N, N)
    weights = torch.softmax(scores, dim=1)
    return weights @ value, weights
