r"""Pixels that attend.

Find the bug · 20 minutes · difficulty 3 of 3 · 4 points

`pixels_that_attend(x, w_theta, w_phi, w_g, gamma)` is meant to be the self-attention block of SAGAN without its
pooling: every pixel asks all pixels, and the answer is added to it. It comes from real code, and four things
in it are wrong. Repair them.

`x` is `(B, C, H, W)`. The 1 × 1 convolutions are plain matrices: θ = `w_theta` and φ = `w_phi` are `(C', C)`,
g = `w_g` is `(C, C)`. Pixels are counted row by row. θ makes the queries, φ the keys, g the values; scores are
not scaled. Return $x + \gamma\, \cdot$ the answers, of the shape of `x`; `gamma` is a number. You may use
`torch`. With γ = 0 the block does nothing:

>>> x = torch.arange(4.0).view(1, 1, 2, 2)
>>> pixels_that_attend(x, torch.ones(1, 1), torch.ones(1, 1), torch.ones(1, 1), 0.0).equal(x)
True
"""

import torch


def pixels_that_attend(
    x: torch.Tensor, w_theta: torch.Tensor, w_phi: torch.Tensor, w_g: torch.Tensor, gamma: float
) -> torch.Tensor:
    """Features (B, C, H, W) plus gamma times what their pixels attend to."""
    raise NotImplementedError  # delete this line, then repair the rest
    pixels = x.flatten(2)  # (B, C, N)
    theta, phi, g = w_theta @ pixels, w_phi @ pixels, w_g @ pixels
    scores = phi.transpose(1, 2) @ theta  # (B, N, N)
    weights = torch.softmax(scores, dim=1)
    answers = (weights @ g.transpose(1, 2)).reshape(x.shape)
    return gamma * answers
