"""Normalisers: from a row of scores to a row of weights.

Every function takes ``scores (..., N, M)`` and a boolean ``mask`` that broadcasts to them (True = may attend) and
returns weights of the same shape. A masked key has weight exactly 0. A query that may attend to nothing (a dead row)
has weights 0 everywhere, and no gradient flows through it.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from course_attn._checks import check_floating, check_mask
from course_attn._readable import log_of


def softmax_weights(scores: Tensor, mask: Tensor | None = None) -> Tensor:
    r"""Softmax over the keys, :math:`a_{ij} = e^{s_{ij}} / \sum_{j'} e^{s_{ij'}}`.

    Args:
        scores: ``(..., N, M)``.
        mask: Boolean, broadcastable to the scores.

    Returns:
        Weights ``(..., N, M)``; each row that is not dead sums to 1.

    Raises:
        ValueError: If the scores are not a floating-point tensor or the mask does not fit.

    Source: Vaswani et al., 2017, equation 1, arXiv 1706.03762.
    Chapter: Attention.
    Differs from torch: ``torch.softmax`` of a row of -inf is NaN; here that row is 0.
    """
    _check("softmax_weights", scores, mask)
    if mask is None:
        return torch.softmax(scores, dim=-1)
    dead = ~mask.any(-1, keepdim=True)  # (..., N, 1)
    scores = scores.masked_fill(~mask, -math.inf)
    # A dead row is given equal scores first and zeros last: it never holds a NaN, forward or backward. Zeros last for
    # all hidden keys: whatever gradient comes to their weights, infinite ones too, ends there.
    scores = scores.masked_fill(dead, 0.0)
    return torch.softmax(scores, dim=-1).masked_fill(~mask, 0.0)


def relu_weights(scores: Tensor, mask: Tensor | None = None) -> Tensor:
    r"""ReLU over the number of keys, :math:`a_{ij} = \max(s_{ij}, 0) / M_i`.

    :math:`M_i` is how many keys query ``i`` may attend to. Rows need not sum to 1; no key competes with another.

    Args:
        scores: ``(..., N, M)``.
        mask: Boolean, broadcastable to the scores.

    Returns:
        Weights ``(..., N, M)``, at least 0.

    Raises:
        ValueError: If the scores are not a floating-point tensor or the mask does not fit.

    Source: Wortsman et al., 2023, section 3, arXiv 2309.08586.
    Chapter: Attention.
    """
    _check("relu_weights", scores, mask)
    if mask is None:
        return torch.relu(scores) / scores.shape[-1]
    allowed = mask.expand(*mask.shape[:-1], scores.shape[-1])
    count = allowed.sum(-1, keepdim=True).clamp(min=1).to(_work_dtype(scores))  # (..., N, 1)
    return (torch.relu(scores).masked_fill(~mask, 0.0) / count).to(scores.dtype)


def sigmoid_weights(scores: Tensor, mask: Tensor | None = None) -> Tensor:
    r"""A gate for each key, :math:`a_{ij} = \sigma(s_{ij} - \log M_i)`.

    The shift by the logarithm of the number of keys lets a row of equal scores 0 sum to about 1.

    Args:
        scores: ``(..., N, M)``.
        mask: Boolean, broadcastable to the scores.

    Returns:
        Weights ``(..., N, M)`` between 0 and 1. Rows need not sum to 1.

    Raises:
        ValueError: If the scores are not a floating-point tensor or the mask does not fit.

    Source: Ramapuram et al., 2024, equation 3, arXiv 2409.04431.
    Chapter: Attention.
    """
    _check("sigmoid_weights", scores, mask)
    dtype, scores = scores.dtype, scores.to(_work_dtype(scores))
    if mask is None:
        return torch.sigmoid(scores - log_of(scores.shape[-1])).to(dtype)
    allowed = mask.expand(*mask.shape[:-1], scores.shape[-1])
    count = allowed.sum(-1, keepdim=True).clamp(min=1).to(scores.dtype)  # (..., N, 1)
    return torch.sigmoid(scores - count.log()).masked_fill(~mask, 0.0).to(dtype)


def sparsemax_weights(scores: Tensor, mask: Tensor | None = None) -> Tensor:
    r"""The nearest point of the simplex, :math:`a_i = \arg\min_{p \ge 0,\, \sum p = 1} \lVert p - s_i \rVert^2`.

    Equal to :math:`\max(s_{ij} - \tau_i, 0)` with the one threshold :math:`\tau_i` that makes the row sum to 1.
    Low scores get weight exactly 0.

    Args:
        scores: ``(..., N, M)``.
        mask: Boolean, broadcastable to the scores.

    Returns:
        Weights ``(..., N, M)``; each row that is not dead sums to 1.

    Raises:
        ValueError: If the scores are not a floating-point tensor or the mask does not fit.

    Source: Martins & Astudillo, 2016, algorithm 1, arXiv 1602.02068.
    Chapter: Attention.
    """
    _check("sparsemax_weights", scores, mask)
    dtype, scores = scores.dtype, scores.to(_work_dtype(scores))
    allowed = torch.ones_like(scores, dtype=torch.bool) if mask is None else mask.expand(scores.shape)
    # The lowest number stands for "not allowed" while sorting; -inf would turn the running sums into NaN.
    lowest = torch.finfo(scores.dtype).min
    # A constant added to a row changes nothing: with the highest score at 0, large scores lose no digits below.
    scores = scores - scores.masked_fill(~allowed, lowest).amax(-1, keepdim=True).detach()
    ranked, order = scores.masked_fill(~allowed, lowest).sort(dim=-1, descending=True)
    real = allowed.gather(-1, order)  # which places of the ranking are allowed keys
    ranked = ranked.masked_fill(~real, 0.0)
    rank = torch.arange(1, scores.shape[-1] + 1, device=scores.device, dtype=scores.dtype)
    total = ranked.cumsum(-1)
    in_support = real & (1 + rank * ranked > total)  # true for the first places of the ranking
    size = in_support.sum(-1, keepdim=True).clamp(min=1)  # (..., N, 1)
    threshold = (total.gather(-1, size - 1) - 1) / size.to(scores.dtype)
    return torch.relu(scores - threshold).masked_fill(~allowed, 0.0).to(dtype)


def _work_dtype(scores: Tensor) -> torch.dtype:
    """float32 at least: in half precision, numbers of keys, their logarithm and running sums would be too coarse."""
    return torch.promote_types(scores.dtype, torch.float32)


def _check(where: str, scores: Tensor, mask: Tensor | None) -> None:
    check_floating(where, "scores", scores, min_dims=2)
    if mask is not None:
        check_mask(where, mask, tuple(scores.shape), scores)
