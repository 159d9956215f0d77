"""Which way to compute: the only module that asks what the machine or the library can do.

Readable code calls these functions and does not know which way was taken; tests hold every way to one meaning.
The thresholds were measured by ``python -m benchmarks.paths`` on an AMD processor without matrix units (AMX), where
torch's default library (MKL) runs at less than half the speed of oneDNN in float32, and the fused attention
kernel is slow in bfloat16. On a machine they do not fit, only speed is lost.
"""

from __future__ import annotations

import math
from functools import cache, partial
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.modules.module import _has_any_global_hook

from course_attn._hidden import cleared, harmless, hides, kept_apart, may_look
from course_attn._onednn import OneDNNLinear, onednn_linear
from course_attn._readable import root
from course_attn._unequal import UnequalWidths
from course_attn._ways import (
    causal_and,
    explicit,
    fused,
    mask_to_four_dims,
    plain_eager,
    plainly,
    share_heads,
    to_four_dims,
    transformed,
)

__all__ = [
    "derivative_by_hand_pays",
    "is_plain_linear",
    "linear",
    "one_query",
    "rows_in_one_piece",
    "sdpa",
    "sdpa_of_heads",
    "through",
    "with_weights",
]

# oneDNN's linear is slower below this many floating-point operations, and from there on 0.75 to 0.45 of the time.
ONEDNN_FROM_FLOPS = 6_000_000
# The same where no derivative will be asked for: 1.0 of the time at 3 to 4 million, 0.83 to 0.63 from 4 million on.
ONEDNN_FORWARD_FROM_FLOPS = 4_000_000
# bfloat16 on a CPU without AMX: two matrix products and a softmax beat the fused kernel, in 0.53 of its time at 512
# keys (d = 64) and 0.73 at 1024 (0.90 for d = 32), both ways; 0.62 (0.85) at 2048, but there the scores get large.
BF16_EXPLICIT_UP_TO = 1024
# Values wider or narrower than keys, for which torch has no fused kernel. Below this many scores (32 MB of them), all
# heads and sequences together, they are stored: 0.7 to 0.95 of the time of zeros that fill up the narrower; 1.2 to 2.0
# from 8 million on, at 784 to 1000 places.
UNEQUAL_EXPLICIT_BELOW_SCORES = 1 << 23
# With a derivative, without a mask, blocks with their derivative by hand: 0.8 to 1.0 of the time of stored scores from
# 4 million on, 1.0 to 1.5 below. (SAGAN's block, 64 channels; 128 channels gain less.)
UNEQUAL_BY_HAND_FROM_SCORES = 1 << 22


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """``F.linear``, through oneDNN where that is as exact and faster.

    Args:
        x: ``(..., d_in)``.
        weight: ``(d_out, d_in)``.
        bias: ``(d_out,)`` or None.

    Returns:
        ``x @ weight.T + bias``, ``(..., d_out)``.
    """
    flops = 2 * x.numel() * weight.shape[0]
    if flops < ONEDNN_FORWARD_FROM_FLOPS or not _onednn_pays(x, weight):  # the number first, for steps of decoding
        return F.linear(x, weight, bias)
    if not torch.is_grad_enabled() or not any(t is not None and t.requires_grad for t in (x, weight, bias)):
        return onednn_linear(x, weight, bias)
    return OneDNNLinear.apply(x, weight, bias) if flops >= ONEDNN_FROM_FLOPS else F.linear(x, weight, bias)


def through(part: nn.Module, x: Tensor) -> Tensor:
    """``part(x)``, by :func:`linear` where the part is a plain linear map that nobody watches.

    So whatever stands in its place is really called: an adapter, a quantised map, a hook, a pruned or normed weight.
    """
    return linear(x, part.weight, part.bias) if is_plain_linear(part) else part(x)  # type: ignore[arg-type]


def is_plain_linear(part: nn.Module) -> bool:
    """Whether a call of the part is nothing but its weight and bias: ``nn.Linear`` itself, without a hook."""
    return (
        type(part) is nn.Linear  # one with parametrizations is of a class of its own
        and not (part._forward_pre_hooks or part._forward_hooks or part._backward_pre_hooks or part._backward_hooks)
        and "forward" not in part.__dict__
        and not _has_any_global_hook()
    )


def sdpa(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    *,
    is_causal: bool,
    scale: float | None,
    dropout: float,
    looked_at: bool = False,
) -> Tensor:
    """Attention's output for any batch shape, with the package's meaning of causal and of dead rows.

    Args:
        query: ``(..., N, d)``.
        key: ``(..., M, d)``.
        value: ``(..., M, d_v)``.
        mask: Boolean, broadcastable to ``(..., N, M)``, or None.
        is_causal: The last query stands at the last key.
        scale: Factor for the dot products, or None for one over the root of ``d``.
        dropout: Probability of dropping a weight.
        looked_at: Whether the caller knows that the numbers are harmless, so that a look at them is spared.

    Returns:
        Output ``(..., N, d_v)``.
    """
    batch = query.shape[:-2]
    if not batch == key.shape[:-2] == value.shape[:-2]:  # torch.broadcast_shapes takes longer than a small attention
        batch = torch.broadcast_shapes(batch, key.shape[:-2], value.shape[:-2])
    query, key, value = to_four_dims(query, batch), to_four_dims(key, batch), to_four_dims(value, batch)
    mask = None if mask is None else mask_to_four_dims(mask, batch)
    options = {"is_causal": is_causal, "scale": scale, "dropout": dropout, "looked_at": looked_at}
    output = sdpa_of_heads(query, key, value, mask, **options)  # type: ignore[arg-type]
    if len(batch) == 2:
        return output
    return output[:, 0] if len(batch) == 1 else output.reshape(*batch, *output.shape[-2:])


def sdpa_of_heads(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    *,
    is_causal: bool = False,
    scale: float | None = None,
    dropout: float = 0.0,
    looked_at: bool = False,
) -> Tensor:
    """:func:`sdpa` for ``(B, h, N, d)``; ``key`` and ``value`` may have fewer heads, each for ``h / h_kv`` in turn."""
    if scale is None and isinstance(query.shape[-1], int):
        scale = 1 / math.sqrt(query.shape[-1])
    elif scale is None:  # while a graph is recorded: a kernel would keep the size of today
        query, scale = query / root(query.shape[-1]), 1.0
    hiding = mask is not None or is_causal
    if hiding and not looked_at and not harmless(query, key, value):
        if may_look(query):
            mask = causal_and(mask, query, key) if is_causal else mask
            return with_weights(query, key, value, mask, scale=scale, dropout=dropout)[0]
        if mask is not None:
            query, key, value = cleared(query, key, value, mask)
    if not torch.compiler.is_compiling() and transformed():
        key, value = share_heads(key, query.shape[1]), share_heads(value, query.shape[1])
        mask = causal_and(mask, query, key) if is_causal else mask
        return plainly(query, key, value, mask, scale=scale, dropout=dropout)[0]
    explicitly = _explicit_pays(query, key, value, dropout)
    if key.shape[1] != query.shape[1] and (explicitly or query.device.type != "cpu"):
        key, value = share_heads(key, query.shape[1]), share_heads(value, query.shape[1])
    if mask is not None and mask.dim() < 4:
        mask = mask.reshape((1,) * (4 - mask.dim()) + mask.shape)
    if not explicitly:
        query, key, value = rows_in_one_piece(query), rows_in_one_piece(key), rows_in_one_piece(value)
        if not hiding and not dropout and _unequal_by_hand_pays(query, key, value):
            output = UnequalWidths.apply(query, key, value, scale)
        else:
            output = fused(query, key, value, mask, is_causal=is_causal, scale=scale, dropout=dropout)
        if hiding or not hides(output, query, key):  # where something is hidden, the numbers were looked at before
            return output
        key, value = share_heads(key, query.shape[1]), share_heads(value, query.shape[1])
    mask = causal_and(mask, query, key) if is_causal else mask
    return explicit(query, key, value, mask, scale=scale, dropout=dropout)[0]


def with_weights(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    *,
    scale: float,
    dropout: float = 0.0,
    bias: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Output and weights for the shapes of :func:`sdpa_of_heads`; what the mask hides has no influence.

    Args:
        query: ``(B, h, N, d)``.
        key: ``(B, h_kv, M, d)``.
        value: ``(B, h_kv, M, d_v)``.
        mask: Boolean, broadcastable to ``(B, h, N, M)``, or None.
        scale: Factor for the dot products.
        dropout: Probability of dropping a weight.
        bias: To be added to the scores, ``(h, N, M)``, or None.

    Returns:
        Output ``(B, h, N, d_v)`` and the weights before dropout ``(B, h, N, M)``.
    """
    key, value = share_heads(key, query.shape[1]), share_heads(value, query.shape[1])
    by_formula = partial(plainly, mask=mask, scale=scale, dropout=dropout, bias=bias)
    if mask is not None and not harmless(query, key, value):
        return kept_apart(by_formula, query, key, value, mask)  # type: ignore[return-value]
    if bias is not None:
        return by_formula(query, key, value)
    return explicit(query, key, value, mask, scale=scale, dropout=dropout)


def one_query(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Tensor:
    """:func:`sdpa_of_heads` for one query, ``(B, h, 1, d)``, and no derivative: a step of decoding.

    No way beat the fused kernel at every batch and length measured (1 to 32 sequences, 8 to 2048 keys: products and
    softmax apart took 0.75 to 2.2 of its time), so nothing is weighed here. Nor is the output looked at for a NaN that
    the kernel hid: the sum around the layer carries it on.
    """
    if query.device.type != "cpu":
        return sdpa_of_heads(query, key, value, mask)
    query, key, value = rows_in_one_piece(query), rows_in_one_piece(key), rows_in_one_piece(value)
    shared = key.shape[1] != query.shape[1]
    return F.scaled_dot_product_attention(query, key, value, attn_mask=mask, enable_gqa=shared)


def rows_in_one_piece(x: Tensor) -> Tensor:
    """``x`` with the numbers of a row side by side in memory, copied only if they are not.

    If those of any of the three are not, as in an image whose pixels became rows by a transpose, torch leaves its fused
    kernels and stores the weights: 3 to 4 times the time from 1024 keys on. With the copy it is 1.01 to 1.11 of the
    time of rows that lie right from there on; with 64 to 256 keys the copy itself is 0.2 to 0.4 of it. Heads split off
    a projection are views that pass: it is their sequences that lie apart, not their rows.
    """
    # Not contiguous(): rows of a single number it calls contiguous wherever they lie, and the kernels do not.
    return x if x.stride(-1) == 1 else x.clone(memory_format=torch.contiguous_format)


def _explicit_pays(query: Tensor, key: Tensor, value: Tensor, dropout: float) -> bool:
    if query.device.type != "cpu":
        return False
    if dropout:
        return True  # the fused CPU kernel has no dropout and falls back to a slower way that also stores the weights
    if query.dtype == torch.bfloat16:
        return not _has_amx() and key.shape[-2] <= BF16_EXPLICIT_UP_TO
    unequal = query.shape[-1] != value.shape[-1] and query.dtype in (torch.float32, torch.float64)
    return unequal and _num_scores(query, key) < UNEQUAL_EXPLICIT_BELOW_SCORES


def _unequal_by_hand_pays(query: Tensor, key: Tensor, value: Tensor) -> bool:
    if query.shape[-1] == value.shape[-1] or _num_scores(query, key) < UNEQUAL_BY_HAND_FROM_SCORES:
        return False
    derived = torch.is_grad_enabled() and (query.requires_grad or key.requires_grad or value.requires_grad)
    return derived and query.shape[1] == key.shape[1] and derivative_by_hand_pays(query)


def _num_scores(query: Tensor, key: Tensor) -> int:
    return query.shape[0] * query.shape[1] * query.shape[2] * key.shape[2]


def derivative_by_hand_pays(x: Tensor) -> bool:
    """Whether a loop that writes in place, with its derivative written by hand, may stand in for a formula.

    Linear attention's took 0.4 to 0.8 of the formula's time (float32, 1024 to 16384 places, forward and both ways).
    In half precision the loop's running sums would be too coarse; other devices than a CPU were not measured.
    """
    exact = x.dtype in (torch.float32, torch.float64)
    return exact and x.device.type == "cpu" and not torch.is_autocast_enabled("cpu") and plain_eager()


def _onednn_pays(x: Tensor, weight: Tensor) -> bool:
    return (
        x.device.type == "cpu"
        and x.dtype == torch.float32 == weight.dtype
        and _slow_default_matmul()
        and not torch.is_autocast_enabled("cpu")
        and plain_eager()
    )


@cache
def _has_amx() -> bool:
    return bool(torch.cpu._is_amx_tile_supported())


@cache
def _slow_default_matmul() -> bool:
    """An AMD processor with AVX-512 and a torch that has oneDNN's linear: there MKL falls back to AVX2."""
    if not torch.backends.mkldnn.is_available() or not hasattr(torch.ops.mkldnn, "_linear_pointwise"):
        return False
    if torch.backends.cpu.get_cpu_capability() != "AVX512":
        return False
    try:
        return "AuthenticAMD" in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
