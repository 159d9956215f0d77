r"""The rotation of a shift.

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
    # BEGIN SOLUTION
    rotation = torch.zeros(d_model, d_model)
    for column in range(0, d_model, 2):
        angle = k * 10000.0 ** (-column / d_model)
        # sin(a + b) = cos(b) sin(a) + sin(b) cos(a);  cos(a + b) = -sin(b) sin(a) + cos(b) cos(a)
        block = [[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]]
        rotation[column : column + 2, column : column + 2] = torch.tensor(block)
    return rotation
    # END SOLUTION
