"""Attention rollout: from maps of single layers to one map from the output to the patches."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from course_attn._checks import check_axes, check_same_device, describe, error
from course_attn._readable import numbers_can_be_read

TOLERANCE = 1e-2  # bfloat16 rounds each weight by up to a 500th part, and so at most the sum of a row


def attention_rollout(weights: Iterable[Tensor]) -> Tensor:
    r"""Follow the weights of all layers down to the input, the residual path counted as half.

    .. math:: R_l = \tfrac12 (\bar W_l + I)\, R_{l-1}, \qquad R_0 = I, \qquad
        \bar W_l \text{ the mean over heads}

    What it leaves out: values, output projections, feed-forward layers and norms. It follows the weights as if each
    layer only mixed rows.

    Args:
        weights: One ``(B, h, N, N)`` for each layer, first layer first; rows sum to 1. A list, a tensor
            ``(L, B, h, N, N)``, or anything else that gives one after another.

    Returns:
        ``(B, N, N)``: row ``i`` says how output ``i`` is made up of the input tokens; rows sum to 1. Of the
        weights' dtype, computed in float32 at least.

    Raises:
        ValueError: If there is no layer, the layers' maps are not square and of one size, or the rows of one do not
            sum to 1 (to within a hundredth, for weights in half precision).

    Source: Abnar & Zuidema, 2020, equation 1, arXiv 2005.00928.
    Chapter: Vision transformer.
    """
    where = "attention_rollout"
    if not isinstance(weights, Iterable) or (isinstance(weights, Tensor) and weights.dim() != 5):
        raise error(where, "weights", "one (B, h, N, N) for each layer", describe(weights), "a list of them")
    layers = list(weights)
    if not layers:
        raise error(where, "weights", "of at least one layer", describe(layers))
    check_axes(where, "weights", layers[0], "B", "h", "N", "N")
    batch, _, num_tokens, _ = layers[0].shape
    for number, layer in enumerate(layers):
        check_axes(where, "weights", layer, batch, "h", num_tokens, num_tokens)
        check_same_device(where, "weights", layer, layers[0], "the first layer's")
        sums = layer.float().sum(-1)
        if numbers_can_be_read(sums) and not bool(((sums - 1).abs() <= TOLERANCE).all()):
            raise error(
                where,
                "weights",
                "of rows that sum to 1",
                f"sums from {float(sums.min()):.4g} to {float(sums.max()):.4g} in layer {number}",
                "are these scores, or was dropout or a mask at work?",
            )
    dtype = layers[0].dtype
    identity = torch.eye(num_tokens, dtype=torch.promote_types(dtype, torch.float32), device=layers[0].device)
    rollout = identity.expand(batch, -1, -1)
    for layer in layers:
        rollout = (layer.to(identity.dtype).mean(1) + identity) / 2 @ rollout  # (B, N, N)
    return rollout.to(dtype)
