r"""Linear attention from the logarithms of its features, for numbers whose powers would leave what a dtype holds.

With :math:`a_{im} = \ln \phi_m(q_i)` and :math:`b_{jm} = \ln \phi_m(k_j)` the weights are

.. math:: w_{ij} \propto \sum_m e^{a_{im} + b_{jm}}
    = e^{s_i} \sum_m e^{a_{im} + t_m - s_i}\, e^{b_{jm} - t_m}, \qquad
    t_m = \max_j b_{jm}, \quad s_i = \max_m (a_{im} + t_m) .

No power is above 1, and for the :math:`m` and :math:`j` of the two maxima both are 1: the sum over the keys of a query
that sees any is at least 1, wherever the logarithms lie. The maxima are those of the keys that the query sees.

:func:`~course_attn.efficient.linear.linear_attention` multiplies features as they are, and comes here where a
denominator says that this will not do.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from course_attn._hidden import both_ways, harmless, may_look


def shifted(query: Tensor, key: Tensor, tops: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """The two powers in the second form above: ``(..., N, m)`` and ``(..., M, m)``, at most 1.

    Args:
        query: Logarithms ``(..., N, m)``.
        key: Logarithms ``(..., M, m)``; minus infinity for a hidden key.
        tops: Of what the maxima over the keys are taken, if not of ``key``.
    """
    top = _finite((key if tops is None else tops).detach().amax(-2, keepdim=True))  # (..., 1, m)
    query = query + top
    return (query - query.detach().amax(-1, keepdim=True)).exp(), (key - top).exp()


def mix_by_halves(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """The causal mixture for logarithms, with maxima over the past alone, in ``N log N`` steps.

    The second half of the places sees all of the first, so one shift serves for them; within each half, the same again.

    Args:
        query: ``(..., N, m)``.
        key: ``(..., N, m)``; minus infinity for a hidden key.
        value: ``(..., N, d_v)``.

    Returns:
        Output ``(..., N, d_v)``.
    """
    num_places = query.shape[-2]
    top = _finite(key.detach().cummax(-2).values)  # (..., N, m)
    shift = (query.detach() + top).amax(-1, keepdim=True)  # (..., N, 1)
    value = F.pad(value, (0, 1), value=1.0)  # (..., N, d_v + 1): numerator and denominator are one product
    mixed = (query + key - shift).exp().sum(-1, keepdim=True) * value  # each place with itself
    size = 1
    while size < num_places:
        fill = -num_places % (2 * size)
        # Places beyond the end ask nobody and are asked by nobody: their powers are 0.
        filled = ((query, 0.0), (shift, math.inf), (key, -math.inf), (value, 0.0))
        q, s, k, v = (F.pad(x, (0, 0, 0, fill), value=y).unflatten(-2, (-1, 2, size)) for x, y in filled)
        k = k[..., 0, :, :]
        top = k.detach().amax(-2, keepdim=True)  # (..., pairs of halves, 1, m)
        sums = (k - _finite(top)).exp().mT @ v[..., 0, :, :]  # (..., pairs, m, d_v + 1)
        second = (q[..., 1, :, :] + top - s[..., 1, :, :]).exp() @ sums  # (..., pairs, size, d_v + 1)
        mixed = mixed + F.pad(second, (0, 0, size, 0)).flatten(-3, -2)[..., :num_places, :]
        size *= 2
    total = mixed[..., -1:]
    return mixed[..., :-1] / total.masked_fill(total == 0, 1.0)


def past_alone(mix: Callable[[Tensor, Tensor, Tensor], Tensor], query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """A causal ``mix`` of the three, ``(..., N, d_v)``, in which the future has no influence, whatever it holds."""
    if not may_look(query) or harmless(query, key, value):
        return mix(query, key, value)
    both = both_ways(lambda *three: (mix(*three),), query, key, value, sums_of_values=True)
    as_it_comes, apart, query_bad, key_bad = both
    touched = query_bad | (key_bad.cumsum(-1) > 0)
    return torch.where(touched[..., None], as_it_comes[0], apart[0])


def _finite(top: Tensor) -> Tensor:
    """Nothing to shift by where there is no key."""
    return top.masked_fill(top == -math.inf, 0.0)
