"""Linear attention: with a kernel that is a dot product of features, the sums over the keys can be done first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_attn._checks import check_callable, check_count, check_mask, check_query_key, check_value, describe, error
from course_attn._paths import derivative_by_hand_pays
from course_attn.efficient.mixtures import mix_features

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
        Output ``(..., N, d_v)``; a query whose keys are all hidden gets zeros.

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
    query, key = feature_map(query), feature_map(key)
    if mask is not None:
        batch = torch.broadcast_shapes(query.shape[:-2], key.shape[:-2])
        check_mask(where, mask, (*batch, 1, key.shape[-2]), key)
        key = key * mask.transpose(-2, -1)  # (..., M, m): a hidden key adds nothing to either sum
    return mix_features(query, key, value, chunk_size if is_causal else None)


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
    kernel = feature_map(query) @ feature_map(key).transpose(-2, -1)  # (..., N, M)
    if mask is not None:
        check_mask("kernel_weights", mask, tuple(kernel.shape), kernel)
        kernel = kernel.masked_fill(~mask, 0.0)
    total = kernel.sum(-1, keepdim=True)
    return kernel / total.masked_fill(total == 0, 1.0)
