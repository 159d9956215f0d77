r"""Rotary positions.

Implement · 20 minutes · difficulty 2 of 3 · 3 points

Write `rotate_pairs(x, positions)`: turn each pair of entries of a query or key by its place times the pair's
frequency.

$$\begin{pmatrix} x'_{2i} \\ x'_{2i+1} \end{pmatrix} =
\begin{pmatrix} \cos \omega_i p & -\sin \omega_i p \\ \sin \omega_i p & \cos \omega_i p \end{pmatrix}
\begin{pmatrix} x_{2i} \\ x_{2i+1} \end{pmatrix}, \qquad \omega_i = 10000^{-2i/d}$$

`x` is `(..., N, d)` with d even, `positions` is `(N,)`, the place p of each row; the result has the shape and
dtype of `x`. A pair is two neighbours: entries 0 and 1, 2 and 3, and so on. Do not change the arguments. You
may use `torch` and `math`. At place 0 nothing turns; at place 1 the pair (1, 0) turns by one radian:

>>> rotate_pairs(torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.tensor([0, 1]))
tensor([[1.0000, 0.0000],
        [0.5403, 0.8415]])
"""

import torch


def rotate_pairs(x: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    """Rows (..., N, d), each turned by its place."""
    # Your answer here.
    raise NotImplementedError
