r"""Pixels that attend.

`pixels_that_attend(x, w_theta, w_phi, w_g, w_out, gamma)` is meant to be the self-attention block of SAGAN as its
paper has it: every pixel asks all pixels, and the answer is added to it. Five things in it are wrong, one of them
as in the lecture notes behind this course. Repair them.

`x` is `(B, C, H, W)`. The 1 × 1 convolutions are plain matrices: θ = `w_theta`, φ = `w_phi` and g = `w_g` are
`(C', C)`, with $C' = C / 8$ in the paper. Pixels are counted row by row. θ makes the queries, φ the keys, g the
values; scores are not scaled. `w_out`, `(C, C')`, gives the answers their C channels back. Return
$x + \gamma\, \cdot$ the answers, of the shape of `x`; `gamma` is a number. You may use `torch`. Here two channels
become one and two again; with queries of 0 every pixel gets the mean of all values, 3:

>>> x, row = torch.tensor([[[[1.0, 3.0]], [[0.0, 2.0]]]]), torch.ones(1, 2)
>>> pixels_that_attend(x, 0 * row, row, row, torch.tensor([[1.0], [10.0]]), 2.0)
tensor([[[[ 7.,  9.]],
<BLANKLINE>
         [[60., 62.]]]])
"""

import torch


def pixels_that_attend(
    x: torch.Tensor,
    w_theta: torch.Tensor,
    w_phi: torch.Tensor,
    w_g: torch.Tensor,
    w_out: torch.Tensor,
    gamma: float,
) -> torch.Tensor:
    """Features (B, C, H, W) plus gamma times what their pixels attend to."""
    # BEGIN GIVEN
    # pixels = x.flatten(2)  # (B, C, N)
    # theta, phi, g = w_theta @ pixels, w_phi @ pixels, w_g @ pixels
    # scores = phi.transpose(1, 2) @ theta  # (B, N, N)
    # weights = torch.softmax(scores, dim=1)
    # answers = (weights @ g.transpose(1, 2)).reshape(g.shape)
    # answers = w_out[: len(w_g)] @ answers
    # return gamma * answers.unflatten(2, x.shape[2:])
    # END GIVEN
    # BEGIN SOLUTION
    pixels = x.flatten(2)  # (B, C, N)
    theta, phi, g = w_theta @ pixels, w_phi @ pixels, w_g @ pixels  # (B, C', N)
    scores = theta.transpose(1, 2) @ phi  # (B, N, N): queries on rows, keys on columns
    weights = torch.softmax(scores, dim=-1)
    answers = (weights @ g.transpose(1, 2)).transpose(1, 2)  # (B, N, C'), (B, C', N)
    answers = w_out @ answers  # (B, C, N)
    return x + gamma * answers.unflatten(2, x.shape[2:])  # (B, C, H, W)
    # END SOLUTION
