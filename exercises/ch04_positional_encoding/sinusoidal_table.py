r"""The table of sines.

Implement · 15 minutes · difficulty 1 of 3 · 2 points

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
    # Your answer here.
    raise NotImplementedError
