"""Attention: scores, weights, weighted sum.

:func:`attention` reads like the formula and returns the weights. :func:`fused_attention` gives the same output
without ever storing the weights. Both take a boolean mask, True = may attend.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from course_attn._checks import (
    broadcast_batch,
    check_between,
    check_callable,
    check_finite,
    check_mask,
    check_positive,
    check_query_key,
    check_same_device,
    check_value,
    describe,
    error,
)
from course_attn._hidden import harmless, kept_apart
from course_attn._paths import sdpa
from course_attn.normalisers import softmax_weights
from course_attn.scores import scaled_dot_scores

Score = Callable[[Tensor, Tensor], Tensor]
Normaliser = Callable[[Tensor, "Tensor | None"], Tensor]


def attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None = None,
    *,
    score: Score = scaled_dot_scores,
    normalise: Normaliser = softmax_weights,
) -> tuple[Tensor, Tensor]:
    r"""Mix the values, weighted by how well each query matches each key.

    .. math:: \mathrm{Attention}(Q, K, V) = \mathrm{softmax}\!\left(\frac{Q K^\top}{\sqrt d}\right) V

    Args:
        query: ``(..., N, d)``, one row for each question asked.
        key: ``(..., M, d)``, one row for each thing that can be found.
        value: ``(..., M, d_v)``, what each of them gives when found.
        mask: Boolean, broadcastable to ``(..., N, M)``; True = may attend.
        score: Takes query and key, returns scores ``(..., N, M)``.
        normalise: Takes scores and mask, returns weights ``(..., N, M)``.

    Returns:
        ``(output, weights)`` of shapes ``(..., N, d_v)`` and ``(..., N, M)``: one output row for each *query*.
        A query that may attend to nothing gets output 0 and weights 0, in value and gradient. What the mask hides has
        no influence, whatever it holds, NaN included, and gradient 0. (In a recorded graph, under vmap and on other
        devices than a CPU numbers are not looked at: there a NaN must be hidden from every query.)

    Raises:
        ValueError: If shapes, dtypes or devices do not fit, a sequence is empty, the mask is not boolean or does not
            broadcast to the scores, or ``score`` or ``normalise`` is no function or returns another shape.

    Source: Vaswani et al., 2017, equation 1, arXiv 1706.03762.
    Chapter: Attention.
    Differs from torch: returns the weights too.
    """
    check_callable("attention", "score", score, "as in score=dot_scores, without quotation marks")
    check_callable("attention", "normalise", normalise, "as in normalise=relu_weights, without quotation marks")
    check_query_key("attention", query, key, same_width=False)
    check_value("attention", value, key)
    scores = score(query, key)  # (..., N, M)
    _check_result("what score returns", scores, (query.shape[-2], key.shape[-2]), query)
    broadcast_batch("attention", "value", value, scores.shape[:-2])
    if mask is not None:
        check_mask("attention", mask, tuple(scores.shape), scores)
        if not harmless(query, key, value):

            def mix(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, ...]:
                weights = normalise(score(query, key), mask)
                return weights @ value, weights

            return kept_apart(mix, query, key, value, mask)  # type: ignore[return-value]
    weights = normalise(scores, mask)  # (..., N, M)
    _check_result("what normalise returns", weights, (query.shape[-2], key.shape[-2]), query)
    return weights @ value, weights  # (..., N, d_v), (..., N, M)


def fused_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None = None,
    *,
    is_causal: bool = False,
    scale: float | None = None,
    dropout: float = 0.0,
) -> Tensor:
    r"""The output of :func:`attention` without storing the ``(..., N, M)`` weights.

    Args:
        query: ``(..., N, d)``.
        key: ``(..., M, d)``.
        value: ``(..., M, d_v)``.
        mask: Boolean, broadcastable to ``(..., N, M)``; True = may attend.
        is_causal: Also hide the future, as ``causal_mask(N, M)`` would (the last query stands at the last key).
        scale: Factor for the dot products; :math:`1/\sqrt d` if left out.
        dropout: Probability with which each weight is set to 0 (and the others scaled up). Pass 0 when not training.

    Returns:
        Output ``(..., N, d_v)``, equal to ``attention(...)[0]`` up to rounding; dead rows are 0, and what is hidden,
        by the mask or as the future, has no influence, as there.

    Raises:
        ValueError: As :func:`attention`; also if ``dropout`` is outside ``[0, 1)`` or a causal query has no key.

    Source: Vaswani et al., 2017, equation 1, arXiv 1706.03762; computed as in Rabe & Staats, 2021, arXiv 2112.05682,
        and Dao et al., 2022, arXiv 2205.14135.
    Chapter: Attention.
    Differs from torch: ``is_causal`` aligns the last query with the last key, and may be joined with a mask.
    """
    check_query_key("fused_attention", query, key)
    check_value("fused_attention", value, key)
    batch = broadcast_batch("fused_attention", "key", key, query.shape[:-2])
    broadcast_batch("fused_attention", "value", value, batch)
    num_queries, num_keys = query.shape[-2], key.shape[-2]
    if mask is not None:
        check_mask("fused_attention", mask, (*batch, num_queries, num_keys), query)
    if is_causal and num_keys < num_queries:
        raise error("fused_attention", "key", f"of at least N = {num_queries} rows when is_causal", describe(key))
    check_between("fused_attention", "dropout", dropout, 0.0, 1.0)
    if scale is not None:
        check_finite("fused_attention", "scale", scale)
    return sdpa(query, key, value, mask, is_causal=is_causal, scale=scale, dropout=dropout)


def kernel_smoother(
    query: Tensor, key: Tensor, value: Tensor, bandwidth: float | Tensor = 1.0
) -> tuple[Tensor, Tensor]:
    r"""Nadaraya–Watson regression: attention with a Gaussian kernel of the distance.

    .. math:: a_{ij} \propto \exp\!\left(-\frac{\lVert q_i - k_j \rVert^2}{2 b^2}\right)

    Args:
        query: Where the curve is wanted, ``(..., N, d)``.
        key: Where it was measured, ``(..., M, d)``.
        value: What was measured there, ``(..., M, d_v)``.
        bandwidth: :math:`b > 0`: how far a measurement reaches. A number, or a tensor that broadcasts to
            ``(..., N, M)``.

    Returns:
        ``(estimate, weights)`` of shapes ``(..., N, d_v)`` and ``(..., N, M)``.

    Raises:
        ValueError: If shapes do not fit, or the bandwidth is not positive or does not broadcast.

    Source: Nadaraya, 1964; Watson, 1964.
    Chapter: Attention.
    """
    check_query_key("kernel_smoother", query, key)
    check_value("kernel_smoother", value, key)
    scores_batch = broadcast_batch("kernel_smoother", "key", key, query.shape[:-2])
    broadcast_batch("kernel_smoother", "value", value, scores_batch)
    scores_shape = (*scores_batch, query.shape[-2], key.shape[-2])
    check_positive("kernel_smoother", "bandwidth", bandwidth, scores_shape, query)

    def gaussian(query: Tensor, key: Tensor) -> Tensor:
        # In half precision, the square of 256 would be infinite.
        half = query.dtype in (torch.float16, torch.bfloat16)
        apart = query[..., :, None, :] - key[..., None, :, :]
        squared = (apart.float() if half else apart).square().sum(-1)  # (..., N, M)
        scaled = squared / (2 * bandwidth**2)
        # Only differences count: from the nearest key on, a query far from all of them keeps one.
        return (scaled.detach().amin(-1, keepdim=True) - scaled).type_as(query)

    return attention(query, key, value, score=gaussian)


def _check_result(name: str, value: Tensor, wanted: tuple[int, int], query: Tensor) -> None:
    """Look at what a function that was handed in returned: it may be a learner's."""
    if not isinstance(value, Tensor) or value.shape[-2:] != wanted:
        num_queries, num_keys = wanted
        raise error("attention", name, f"of shape (..., {num_queries}, {num_keys})", describe(value))
    check_same_device("attention", name, value, query, "the query's", "make it there: device=query.device")
