r"""The table of sines.

Write `sinusoidal_table(num_positions, d_model)`: the positional encoding of the paper.

$$PE_{p,\,2i} = \sin(\omega_i\, p), \qquad PE_{p,\,2i+1} = \cos(\omega_i\, p), \qquad \omega_i = 10000^{-2i/D}$$

Row p belongs to place p, counted from 0. Columns come in pairs: a sine and a cosine of one frequency, next
to each other. The result is float32 of shape `(N, D)`; D is even. You may use `torch` and `math`. Two places
of width 4; the second pair turns a hundred times more slowly:

>>> sinusoidal_table(2, 4)
tensor([[0.0000, 1.0000, 0.0000, 1.0000],
        [0.8415, 0.5403, 0.0100, 0.9999]])
"""

import torch


def sinusoidal_table(num_positions: int, d_model: int) -> torch.Tensor:
    """Encodings (N, D) of the places 0 to N - 1."""
    # BEGIN SOLUTION
    frequencies = 10000.0 ** (-torch.arange(0, d_model, 2) / d_model)  # (D / 2,)
    angles = torch.arange(num_positions)[:, None] * frequencies  # (N, D / 2)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)  # (N, D): sin, cos, sin, cos ...
    # END SOLUTION
