r"""Self-attention in a few lines.

Write `self_attention_output(x, w_q, w_k, w_v)`: every row of `x` asks every row of `x`.

$$Q = X W_Q,\quad K = X W_K,\quad V = X W_V, \qquad Y = \mathrm{softmax}\!\left(\frac{Q K^\top}{\sqrt d}\right) V$$

`x` has shape `(..., N, D)`, `w_q` and `w_k` have shape `(D, d)`, `w_v` has shape `(D, d_v)`. Return the
output alone, `(..., N, d_v)`, with the dtype of `x`. You may use `torch` and `math`, but no ready-made
attention. Here the first row asks for nothing (its query is 0) and takes the mean of the two values; the
second asks very clearly for itself:

>>> w_q = torch.tensor([[0.0, 0.0], [0.0, 1000.0]])
>>> w_v = torch.tensor([[2.0, 0.0], [0.0, 4.0]])
>>> self_attention_output(torch.eye(2), w_q, torch.eye(2), w_v)
tensor([[1., 2.],
        [0., 4.]])
"""

import math

import torch


def self_attention_output(x: torch.Tensor, w_q: torch.Tensor, w_k: torch.Tensor, w_v: torch.Tensor) -> torch.Tensor:
    """Output (..., N, d_v) for rows (..., N, D)."""
    # BEGIN SOLUTION
    query, key, value = x @ w_q, x @ w_k, x @ w_v  # (..., N, d), (..., N, d), (..., N, d_v)
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])  # (..., N, N)
    return torch.softmax(scores, dim=-1) @ value  # (..., N, d_v)
    # END SOLUTION
