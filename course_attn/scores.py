"""Scores: how well does each query match each key?

Every function takes ``query (..., N, d)`` and ``key (..., M, d)`` and returns ``(..., N, M)``: entry ``(i, j)`` is
the score of query ``i`` with key ``j``. Any number, of either sign; a normaliser turns rows of scores into weights.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from course_attn._checks import (
    broadcast_batch,
    check_count,
    check_floating,
    check_positive,
    check_query_key,
    check_shape,
)
from course_attn._readable import root


def dot_scores(query: Tensor, key: Tensor) -> Tensor:
    r"""Dot product, :math:`s_{ij} = q_i \cdot k_j`.

    Args:
        query: ``(..., N, d)``.
        key: ``(..., M, d)``.

    Returns:
        Scores ``(..., N, M)``. For independent entries of unit variance they have variance ``d``.

    Raises:
        ValueError: If the widths, dtypes, devices or batch shapes do not fit.

    Source: Luong, Pham & Manning, 2015, section 3.1, arXiv 1508.04025.
    Chapter: Attention.
    """
    check_query_key("dot_scores", query, key)
    return query @ key.transpose(-2, -1)  # (..., N, M)


def scaled_dot_scores(query: Tensor, key: Tensor) -> Tensor:
    r"""Scaled dot product, :math:`s_{ij} = q_i \cdot k_j / \sqrt d`.

    Args:
        query: ``(..., N, d)``.
        key: ``(..., M, d)``.

    Returns:
        Scores ``(..., N, M)``. For independent entries of unit variance they have variance 1, whatever ``d``.

    Raises:
        ValueError: If the widths, dtypes, devices or batch shapes do not fit.

    Source: Vaswani et al., 2017, equation 1, arXiv 1706.03762.
    Chapter: Attention.
    """
    check_query_key("scaled_dot_scores", query, key)
    # The query is scaled, not the product: N * d divisions instead of N * M, and no overflow in float16.
    return (query / root(query.shape[-1])) @ key.transpose(-2, -1)  # (..., N, M)


def cosine_scores(query: Tensor, key: Tensor, temperature: float | Tensor = 1.0) -> Tensor:
    r"""Cosine of the angle over a temperature, :math:`s_{ij} = \cos(q_i, k_j) / \tau`.

    Args:
        query: ``(..., N, d)``.
        key: ``(..., M, d)``.
        temperature: :math:`\tau > 0`, a number or a tensor that broadcasts to the scores. Small = sharp.

    Returns:
        Scores ``(..., N, M)`` within :math:`\pm 1/\tau`; lengths of the vectors do not matter. A zero vector
        scores 0 with everything.

    Raises:
        ValueError: If the shapes do not fit, or the temperature is not positive or does not broadcast.

    Source: Graves, Wayne & Danihelka, 2014, equations 5 and 6, arXiv 1410.5401.
    Chapter: Attention.
    """
    check_query_key("cosine_scores", query, key)
    batch = broadcast_batch("cosine_scores", "key", key, query.shape[:-2])
    check_positive("cosine_scores", "temperature", temperature, (*batch, query.shape[-2], key.shape[-2]), query)
    # 1e-12 keeps a zero vector from being divided by 0; float16 would round it to 0.
    eps = max(1e-12, torch.finfo(query.dtype).tiny)
    query = nn.functional.normalize(query, dim=-1, eps=eps)
    key = nn.functional.normalize(key, dim=-1, eps=eps)
    return (query @ key.transpose(-2, -1)) / temperature  # (..., N, M)


def additive_scores(query: Tensor, key: Tensor, w_query: Tensor, w_key: Tensor, v: Tensor) -> Tensor:
    r"""A small network, :math:`s_{ij} = v \cdot \tanh(W_q q_i + W_k k_j)`.

    Query and key may differ in width. The two projections are added *before* tanh; each pair ``(i, j)`` has its own
    hidden vector, so the intermediate result is ``(..., N, M, d_hidden)``.

    Args:
        query: ``(..., N, d_query)``.
        key: ``(..., M, d_key)``.
        w_query: ``(d_hidden, d_query)``.
        w_key: ``(d_hidden, d_key)``.
        v: ``(d_hidden,)``.

    Returns:
        Scores ``(..., N, M)``, each within :math:`\pm\sum_h |v_h|`.

    Raises:
        ValueError: If a shape, dtype or device does not fit.

    Source: Bahdanau, Cho & Bengio, 2015, appendix A.1.2, arXiv 1409.0473.
    Chapter: Attention.
    """
    check_query_key("additive_scores", query, key, same_width=False)
    check_floating("additive_scores", "v", v)
    d_hidden = v.shape[-1]
    check_shape("additive_scores", "v", v, (d_hidden,), like=query)
    check_shape("additive_scores", "w_query", w_query, (d_hidden, query.shape[-1]), like=query)
    check_shape("additive_scores", "w_key", w_key, (d_hidden, key.shape[-1]), like=query)
    query_part = (query @ w_query.T)[..., :, None, :]  # (..., N, 1, d_hidden)
    key_part = (key @ w_key.T)[..., None, :, :]  # (..., 1, M, d_hidden)
    return torch.tanh(query_part + key_part) @ v  # (..., N, M)


def bilinear_scores(query: Tensor, key: Tensor, weight: Tensor) -> Tensor:
    r"""Dot product through a matrix, :math:`s_{ij} = q_i^\top W k_j`.

    Args:
        query: ``(..., N, d_query)``.
        key: ``(..., M, d_key)``.
        weight: ``(d_query, d_key)``; the identity gives the plain dot product.

    Returns:
        Scores ``(..., N, M)``.

    Raises:
        ValueError: If a shape, dtype or device does not fit.

    Source: Luong, Pham & Manning, 2015, equation 8 ("general"), arXiv 1508.04025.
    Chapter: Attention.
    """
    check_query_key("bilinear_scores", query, key, same_width=False)
    check_shape("bilinear_scores", "weight", weight, (query.shape[-1], key.shape[-1]), like=query)
    return query @ weight @ key.transpose(-2, -1)  # (..., N, M)


class AdditiveScore(nn.Module):
    """:func:`additive_scores` with learned ``w_query``, ``w_key`` and ``v``.

    Args:
        d_query: Width of a query.
        d_key: Width of a key.
        d_hidden: Width of the hidden layer.

    Raises:
        ValueError: If a size is not a positive whole number.

    Chapter: Attention.
    """

    def __init__(self, d_query: int, d_key: int, d_hidden: int):
        super().__init__()
        for name, size in (("d_query", d_query), ("d_key", d_key), ("d_hidden", d_hidden)):
            check_count("AdditiveScore", name, size)
        self.w_query = nn.Parameter(torch.randn(d_hidden, d_query) / math.sqrt(d_query))
        self.w_key = nn.Parameter(torch.randn(d_hidden, d_key) / math.sqrt(d_key))
        self.v = nn.Parameter(torch.randn(d_hidden) / math.sqrt(d_hidden))

    def forward(self, query: Tensor, key: Tensor) -> Tensor:
        """Return the scores ``(..., N, M)`` of ``query (..., N, d_query)`` with ``key (..., M, d_key)``."""
        return additive_scores(query, key, self.w_query, self.w_key, self.v)


class BilinearScore(nn.Module):
    """:func:`bilinear_scores` with a learned ``weight``.

    Args:
        d_query: Width of a query.
        d_key: Width of a key.

    Raises:
        ValueError: If a size is not a positive whole number.

    Chapter: Attention.
    """

    def __init__(self, d_query: int, d_key: int):
        super().__init__()
        check_count("BilinearScore", "d_query", d_query)
        check_count("BilinearScore", "d_key", d_key)
        # Variance 1 / (d_query d_key): scores of unit-variance inputs start with variance 1.
        self.weight = nn.Parameter(torch.randn(d_query, d_key) / math.sqrt(d_query * d_key))

    def forward(self, query: Tensor, key: Tensor) -> Tensor:
        """Return the scores ``(..., N, M)`` of ``query (..., N, d_query)`` with ``key (..., M, d_key)``."""
        return bilinear_scores(query, key, self.weight)
