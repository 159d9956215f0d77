r"""The same in columns.

Implement · 15 minutes · difficulty 2 of 3 · 2 points

Many texts, the lecture notes behind this course among them, write vectors as columns:

$$\begin{aligned}
Q &= W^q I, \quad K = W^k I, \quad V = W^v I, \\
A &= \frac{K^\top Q}{\sqrt d}, \quad A' = \mathrm{softmax}(A), \quad O = V A',
\end{aligned}$$

where the softmax runs so that each query's weights sum to 1. Write `column_convention(x, w_q, w_k, w_v)` in
this convention. `x` is $I$, of shape `(D, N)`: column i is word i. `w_q` and `w_k` have shape `(d, D)`,
`w_v` has shape `(d_v, D)`. Return the pair `(output, weights)`: $O$ of shape `(d_v, N)` and $A'$ of shape
`(N, N)`, whose column i belongs to query i. You may use `torch` and `math`, but no ready-made attention. The
first word asks for nothing and takes the mean of the two values, the second asks very clearly for itself:

>>> w_q = torch.tensor([[0.0, 0.0], [0.0, 1000.0]])
>>> w_v = torch.tensor([[2.0, 0.0], [0.0, 4.0]])
>>> output, weights = column_convention(torch.eye(2), w_q, torch.eye(2), w_v)
>>> output
tensor([[1., 0.],
        [2., 4.]])
"""

import math

import torch


def column_convention(
    x: torch.Tensor, w_q: torch.Tensor, w_k: torch.Tensor, w_v: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Output (d_v, N) and weights (N, N), one column for each query."""
    # Your answer here.
    raise NotImplementedError
