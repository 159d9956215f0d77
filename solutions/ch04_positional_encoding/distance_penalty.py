r"""A penalty that grows with distance.

Write `distance_penalty(num_heads, num_places)`: ALiBi's bias. Nothing is learned; each head takes a number
off every score, in proportion to how far apart query and key are,

$$b_{ij} = -m_t\, |i - j|, \qquad m_t = 2^{-8 t / h} \quad\text{for the heads } t = 1, 2, \dots, h.$$

`num_heads` is a power of two. The result is float32 of shape `(h, N, N)`. You may use `torch`. Two heads:
their slopes are $2^{-4}$ and $2^{-8}$:

>>> distance_penalty(2, 2)
tensor([[[ 0.0000, -0.0625],
         [-0.0625,  0.0000]],
<BLANKLINE>
        [[ 0.0000, -0.0039],
         [-0.0039,  0.0000]]])
"""

import torch


def distance_penalty(num_heads: int, num_places: int) -> torch.Tensor:
    """Bias (h, N, N) that falls with the distance."""
    # BEGIN SOLUTION
    slopes = 2.0 ** (-8 * torch.arange(1, num_heads + 1) / num_heads)  # (h,)
    places = torch.arange(num_places)
    distance = (places[:, None] - places[None, :]).abs()  # (N, N)
    return -slopes[:, None, None] * distance + 0.0  # (h, N, N); adding 0 turns -0 into 0
    # END SOLUTION
