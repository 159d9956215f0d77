"""Linear attention: with a kernel that is a dot product of features, the sums over the keys can be done first."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_attn._checks import check_callable, check_count, check_mask, check_query_key, check_value, describe, error
from course_attn._hidden import finite, harmless, kept_apart, may_look
from course_attn._paths import derivative_by_hand_pays
from course_attn._readable import numbers_can_be_read
from course_attn._ways import full_precision
from course_attn.efficient.exponents import mix_by_halves, past_alone, shifted
from course_attn.efficient.mixtures import mix_features, sound
from course_attn.normalisers import softmax_weights

FeatureMap = Callable[[Tensor], Tensor]


def elu_plus_one(x: Tensor) -> Tensor:
    r"""The feature map :math:`\phi(x) = \mathrm{elu}(x) + 1`: :math:`e^x` below zero, :math:`x + 1` above.

    Written so, since elu(x) + 1 would be 0 from -18 on in float32, and a query there would see nobody.

    Source: Katharopoulos et al., 2020, equation 7, arXiv 2006.16236.
    Chapter: Beyond.
    """
    if derivative_by_hand_pays(x):
        return _EluPlusOne.apply(x)
    return x.clamp(max=0).exp() + x.relu()


class _EluPlusOne(torch.autograd.Function):
    r"""In few passes over memory; the derivative is :math:`\min(\phi(x), 1)`."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        output = x.clamp(max=0).exp_().add_(x.clamp(min=0))
        ctx.save_for_backward(output)
        return output

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (output,) = ctx.saved_tensors
        return output.clamp(max=1) * grad


def linear_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None = None,
    *,
    is_causal: bool = False,
    feature_map: FeatureMap = elu_plus_one,
    chunk_size: int = 64,
) -> Tensor:
    r"""Attention whose weights are shares of :math:`\phi(q_i) \cdot \phi(k_j)`, in time linear in ``N``.

    .. math:: y_i = \frac{\phi(q_i)^\top \sum_j \phi(k_j)\, v_j^\top}{\phi(q_i)^\top \sum_j \phi(k_j)}

    Exact for its kernel: equal to :func:`kernel_weights` times the values, which takes ``N M`` steps. It is
    not the softmax's kernel, and does not approximate it.

    Args:
        query: ``(..., N, d)``.
        key: ``(..., M, d)``.
        value: ``(..., M, d_v)``.
        mask: Boolean, the same keys for every query: ``(..., 1, M)``, as from
            :func:`~course_attn.masks.padding_mask`.
        is_causal: Hide the future; needs ``N == M``.
        feature_map: :math:`\phi`, from ``(..., d)`` to ``(..., m)``, positive.
        chunk_size: Causal only: places within a chunk are compared directly, chunks through their sums.

    Returns:
        Output ``(..., N, d_v)``; a query whose keys are all hidden gets zeros. What is hidden, by the mask or as the
        future, has no influence. Sums are kept in float32 at least, and no denominator becomes 0 by rounding: on a CPU,
        but for causal calls in a graph of ``torch.jit.trace``, or of ``torch.export`` for any length, which take the
        features as they are.

    Raises:
        ValueError: If the shapes do not fit, the mask differs from query to query, or ``N != M`` when causal.

    Source: Katharopoulos et al., 2020, equations 4 to 6, arXiv 2006.16236; chunks as in Hua et al., 2022,
        section 3.2, arXiv 2202.10447.
    Chapter: Beyond.
    """
    where = "linear_attention"
    check_query_key(where, query, key)
    check_value(where, value, key)
    check_count(where, "chunk_size", chunk_size)
    check_callable(where, "feature_map", feature_map, "as in feature_map=elu_plus_one")
    if is_causal and query.shape[-2] != key.shape[-2]:
        raise error(where, "key", f"of as many places as query, {query.shape[-2]}, when is_causal", describe(key))
    dtype, dead, seen = value.dtype, None, None
    feature_map = _in_dtype(feature_map, dtype)
    query, key, value = (x.to(work_dtype(x)) for x in (query, key, value))
    if mask is not None:
        batch = torch.broadcast_shapes(query.shape[:-2], key.shape[:-2])
        check_mask(where, mask, (*batch, 1, key.shape[-2]), key)
        seen = torch.atleast_2d(mask).mT  # (..., M, 1)
        if not finite(key, value):
            key, value = key.masked_fill(~seen, 0.0), value.masked_fill(~seen, 0.0)
        dead = (seen.cumsum(-2) == 0) if is_causal else ~seen.any(-2, keepdim=True)  # (..., N or 1, 1)
        if numbers_can_be_read(dead) and not bool(dead.any()):
            dead = None

    with full_precision(query):
        features = _features(query, feature_map), _features(key, feature_map)
        if seen is not None:  # a hidden key adds nothing to either sum
            features = features[0], features[1] * seen
        output, total = mix_features(*features, value, chunk_size if is_causal else None)
        if sound(total, dead, is_causal):
            return output.to(dtype)
        query = query if dead is None else query.masked_fill(dead, 0.0)

        def mix(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
            query, key = _logarithms(query, feature_map), _logarithms(key, feature_map)
            key = key if seen is None else key.masked_fill(~seen, -math.inf)
            return mix_by_halves(query, key, value) if is_causal else mix_features(*shifted(query, key), value)[0]

        output = past_alone(mix, query, key, value) if is_causal else mix(query, key, value)
        return output.to(dtype)


def work_dtype(x: Tensor) -> torch.dtype:
    """float32 at least: sums over many keys overflow, or stand still, in half precision."""
    return torch.promote_types(x.dtype, torch.float32)


def _in_dtype(feature_map: FeatureMap, dtype: torch.dtype) -> FeatureMap:
    """A map of one's own may have weights: it is given what came. The exponentials of ours need the longer range."""
    return feature_map if feature_map is elu_plus_one else lambda x: feature_map(x.to(dtype))


def _features(x: Tensor, feature_map: FeatureMap) -> Tensor:
    return feature_map(x).to(work_dtype(x))


def _logarithms(x: Tensor, feature_map: FeatureMap) -> Tensor:
    """Of the features. Those of :func:`elu_plus_one` are never computed: its powers may all be 0."""
    if feature_map is elu_plus_one:
        return x.clamp(max=0) + x.relu().log1p()
    features = _features(x, feature_map)
    return features.clamp(min=torch.finfo(features.dtype).tiny).log()


def kernel_weights(
    query: Tensor, key: Tensor, mask: Tensor | None = None, feature_map: FeatureMap = elu_plus_one
) -> Tensor:
    r"""The weights that :func:`linear_attention` uses and never writes down.

    .. math:: w_{ij} = \phi(q_i) \cdot \phi(k_j) \Big/ \sum_{j'} \phi(q_i) \cdot \phi(k_{j'})

    Args:
        query: ``(..., N, d)``.
        key: ``(..., M, d)``.
        mask: Boolean, broadcastable to ``(..., N, M)``, any mask.
        feature_map: :math:`\phi`.

    Returns:
        Weights ``(..., N, M)``; rows sum to 1, a row without keys is 0.

    Raises:
        ValueError: If the shapes do not fit.

    Source: Katharopoulos et al., 2020, equation 3, arXiv 2006.16236.
    Chapter: Beyond.
    """
    check_query_key("kernel_weights", query, key)
    check_callable("kernel_weights", "feature_map", feature_map, "as in feature_map=elu_plus_one")
    batch = torch.broadcast_shapes(query.shape[:-2], key.shape[:-2])
    if mask is not None:
        check_mask("kernel_weights", mask, (*batch, query.shape[-2], key.shape[-2]), key)
    dtype = query.dtype
    feature_map = _in_dtype(feature_map, dtype)
    query, key = query.to(work_dtype(query)), key.to(work_dtype(key))

    def weights(query: Tensor, key: Tensor, _: Tensor) -> tuple[Tensor]:
        looking = may_look(query)
        if looking:
            pair = _features(query, feature_map), _features(key, feature_map)
        else:  # the safe way goes through the features one by one: a graph would keep how many there are
            logarithms = _logarithms(key, feature_map)
            hidden_too = logarithms.nan_to_num(-math.inf, posinf=-math.inf)
            pair = shifted(_logarithms(query, feature_map), logarithms, hidden_too)
        kernel = pair[0] @ pair[1].mT  # (..., N, M)
        dead = None
        if mask is not None:
            kernel, dead = kernel.masked_fill(~mask, 0.0), ~mask.any(-1, keepdim=True)
        total = kernel.sum(-1, keepdim=True)
        if looking and not sound(total.detach(), dead):
            scores = _log_kernel(_logarithms(query, feature_map), _logarithms(key, feature_map))
            return (softmax_weights(scores, mask),)
        return (kernel / total.masked_fill(total == 0, 1.0),)

    with full_precision(query):
        if mask is None or harmless(query, key):
            (found,) = weights(query, key, key)
        else:
            (found,) = kept_apart(weights, query, key, key, mask)
    return found.to(dtype)


def _log_kernel(query: Tensor, key: Tensor) -> Tensor:
    """The logarithm of the kernel ``(..., N, M)``, feature by feature, from those of the features."""
    terms = (query[..., :, None, m] + key[..., None, :, m] for m in range(query.shape[-1]))
    return functools.reduce(torch.logaddexp, terms)
