r"""One matrix, two directions.

"If queries and keys come from one and the same matrix, the relation goes both ways alike: word i looks at
word j exactly as much as j looks at i." Half of that is true. Refute the other half with one counter-example.

`one_matrix_counter_example()` returns `(x, w)`: N words `x` of shape `(N, D)` with $N \ge 2$, and one
matrix `w` of shape `(D, d)`, used for queries and keys alike. The weights are

$$A = \mathrm{softmax}\!\left(\frac{(XW)(XW)^\top}{\sqrt d}\right),$$

and for some pair of words $A_{ij}$ and $A_{ji}$ must differ by more than 0.1. You may use `torch` and
`math`. The true half will hold for whatever you return: before the softmax, both directions agree.

>>> x, w = one_matrix_counter_example()
>>> scores = (x @ w) @ (x @ w).T
>>> torch.allclose(scores, scores.T)
True
"""

import torch


def one_matrix_counter_example() -> tuple[torch.Tensor, torch.Tensor]:
    """Words (N, D) and a matrix (D, d) whose weights are not symmetric."""
    # BEGIN SOLUTION
    x = torch.tensor([[1.0, 0.0], [3.0, 0.0]])  # the same direction, one short, one long
    return x, torch.eye(2)  # scores 1, 3 in the first row and 3, 9 in the second, both divided by √2
    # END SOLUTION
