r"""The rotation of a shift.

Implement · 20 minutes · difficulty 3 of 3 · 4 points

Write `shift_rotation(k, d_model)`: the matrix $R_k$ that moves every sinusoidal encoding on by k places,

$$PE_{p+k} = R_k\, PE_p \qquad\text{for every place } p,$$

with the encodings as columns, as written. By the angle-sum identities, each pair (sine, cosine) of frequency
$\omega_i = 10000^{-2i/D}$ turns by the angle $\omega_i k$ and meets no other pair. The result is float32 of
shape `(D, D)`; k may be negative. You may use `torch` and `math`. One pair, one step:

>>> shift_rotation(1, 2)
tensor([[ 0.5403,  0.8415],
        [-0.8415,  0.5403]])
"""

import math

import torch


def shift_rotation(k: int, d_model: int) -> torch.Tensor:
    """The rotation (D, D) that moves every encoding on by k places."""
    # Your answer here.
    raise NotImplementedError
