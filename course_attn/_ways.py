"""The ways to compute attention's output: :mod:`course_attn._paths` chooses among them."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from course_attn._readable import is_tracing, numbers_can_be_read
from course_attn._twice import derived_twice
from course_attn._unequal import one_width

# Scores that no derivative asks for are overwritten by their weights from this many on (4 MB).
IN_PLACE_FROM_SCORES = 1 << 20
FLASH = 1  # torch.nn.attention.SDPBackend.FLASH_ATTENTION, of which the CPU has its own


def explicit(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, *, scale: float, dropout: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Attention with its weights, in as few passes over the ``(N, M)`` scores as eager torch allows.

    Args:
        query: ``(B, h, N, d)``.
        key: ``(B, h, M, d)``.
        value: ``(B, h, M, d_v)``.
        mask: Boolean or a float bias to add, broadcastable to ``(B, h, N, M)``, or None.
        scale: Factor for the dot products.
        dropout: Probability of dropping a weight.

    Returns:
        Output ``(B, h, N, d_v)`` and the weights before dropout ``(B, h, N, M)``.
    """
    b, h, n, d = query.shape
    m = key.shape[-2]
    q, k, v = query.reshape(b * h, n, d), key.reshape(b * h, m, d), value.reshape(b * h, m, value.shape[-1])
    # The scale is applied inside the product; with beta=0 the first argument is not read.
    scores = torch.baddbmm(q.new_empty(1, 1, 1), q, k.transpose(1, 2), beta=0, alpha=scale).view(b, h, n, m)
    dead = None
    in_place = may_overwrite(scores)  # fresh memory costs more than the arithmetic on it
    fill = Tensor.masked_fill_ if in_place else Tensor.masked_fill
    if mask is not None and mask.dtype == torch.bool:
        scores = fill(scores, ~mask, -math.inf)
        dead = ~mask.any(-1, keepdim=True)  # (..., N, 1): small beside the scores
        if numbers_can_be_read(dead) and not bool(dead.any()):
            dead = None
    elif mask is not None:
        scores = scores + mask
    if dead is not None:  # equal scores first and zeros last: no NaN, forward or backward
        scores = fill(scores, dead, 0.0)
    weights = torch.softmax(scores, dim=-1, out=scores) if in_place else torch.softmax(scores, dim=-1)
    if dead is not None:
        weights = fill(weights, dead, 0.0)
    used = F.dropout(weights, dropout) if dropout else weights
    return torch.bmm(used.view(b * h, n, m), v).view(b, h, n, -1), weights


def plainly(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    *,
    scale: float,
    dropout: float = 0.0,
    bias: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """:func:`explicit` by the formula: a pass for each step, whatever the numbers are, and a bias beside the mask.

    No gradient passes a hidden weight, not even an infinite one, as comes from a value that overflows.
    """
    scores = (query * scale) @ key.mT  # (B, h, N, M)
    scores = scores if bias is None else scores + bias
    if mask is None:
        weights = torch.softmax(scores, dim=-1)
    else:
        dead = ~mask.any(-1, keepdim=True)  # (..., N, 1)
        scores = scores.masked_fill(~mask, -math.inf).masked_fill(dead, 0.0)
        weights = torch.softmax(scores, dim=-1).masked_fill(~mask, 0.0)
    return (F.dropout(weights, dropout) if dropout else weights) @ value, weights


def fused(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    *,
    is_causal: bool,
    scale: float,
    dropout: float = 0.0,
) -> Tensor:
    """``F.scaled_dot_product_attention`` with its exceptions kept out.

    Args:
        query: ``(B, h, N, d)``.
        key: ``(B, h_kv, M, d)``, ``h_kv`` a divisor of ``h``; on other devices than a CPU ``h`` itself.
        value: ``(B, h_kv, M, d_v)``.
        mask: Boolean, broadcastable to ``(B, h, N, M)``, or None.
        is_causal: The last query stands at the last key.
        scale: Factor for the dot products.
        dropout: Probability of dropping a weight; on a CPU 0.

    Returns:
        Output ``(B, h, N, d_v)``; a query that may ask nobody gets zeros.
    """
    on_cpu = query.device.type == "cpu"
    if is_causal and not _may_be_causal(query, key, value, mask):
        mask, is_causal = causal_and(mask, query, key), False
    d_v = value.shape[-1]
    if on_cpu:
        query, key, value = one_width(query, key, value)
    # Heads that share keys: the CPU's kernel reads them where they are, in 0.7 to 1.0 of the time of copies made by
    # share_heads (forward and backward, float32 and bfloat16). Other devices were not measured and get copies.
    shared = {"enable_gqa": True} if key.shape[1] != query.shape[1] else {}  # in a graph, what is compared is no bool
    output = F.scaled_dot_product_attention(
        query, key, value, attn_mask=mask, is_causal=is_causal, scale=scale, dropout_p=dropout, **shared
    )
    if on_cpu and plain_eager():
        output = derived_twice(output)
    output = output if output.shape[-1] == d_v else output[..., :d_v]
    if mask is None or on_cpu:
        return output  # the CPU's kernel gives rows that may ask nobody zeros, in value and gradient (tested)
    return output.masked_fill(~mask.any(-1, keepdim=True), 0.0)  # no promise is made for other devices


def _may_be_causal(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> bool:
    """Whether the kernel's own causal mask will do: it aligns the first query with the first key.

    With another mask beside it only torch's fused kernels take it, and on a CPU with the right result (tested). A joint
    mask would be ``(N, M)`` numbers, ten times the memory at 4096 places.
    """
    if is_tracing() or torch.compiler.is_exporting():
        return False  # with other sizes than those of today, the first query may be another's neighbour
    if query.shape[-2] != key.shape[-2]:
        return False
    if mask is None:
        return True
    if query.device.type != "cpu" or query.shape[-1] != value.shape[-1] or not plain_eager():
        return False
    shared = key.shape[1] != query.shape[1]
    return torch._fused_sdp_choice(query, key, value, mask, 0.0, True, enable_gqa=shared) == FLASH


def causal_and(mask: Tensor | None, query: Tensor, key: Tensor) -> Tensor:
    """A boolean mask and causality in one, ``(..., N, M)``."""
    n, m = query.shape[-2], key.shape[-2]
    lower = torch.ones(n, m, dtype=torch.bool, device=query.device).tril(m - n)
    return lower if mask is None else mask & lower


def may_overwrite(scores: Tensor) -> bool:
    """Whether scores just made are nobody else's, no derivative will ask for them, and there are many."""
    alone = scores.device.type == "cpu" and not scores.requires_grad and plain_eager()
    return alone and scores.numel() >= IN_PLACE_FROM_SCORES


def plain_eager() -> bool:
    """Neither recording a graph, nor mapping (torch.func), nor deriving forward: none of these sees every way through.

    Nor may a mode look at each operation: FakeTensorMode, one that counts, one that records.
    """
    recording = torch.compiler.is_compiling() or is_tracing() or torch._C._len_torch_dispatch_stack()
    return not recording and not transformed()


def transformed() -> bool:
    """Whether a function of torch.func is at work, or a forward derivative: torch's kernel knows neither."""
    return torch._C._functorch.maybe_current_level() is not None or torch.autograd.forward_ad._current_level >= 0


def full_precision(x: Tensor) -> AbstractContextManager[Any]:
    """No autocast on this device: sums over many keys are not to be rounded to half precision on the way."""
    kind = x.device.type
    on = kind != "meta" and torch.is_autocast_enabled(kind)
    return torch.autocast(kind, enabled=False) if on else nullcontext()


def share_heads(x: Tensor, num_heads: int) -> Tensor:
    """Give each query head its group's keys or values, ``(B, h_kv, M, d)`` to ``(B, h, M, d)``."""
    return x if x.shape[1] == num_heads else x.repeat_interleave(num_heads // x.shape[1], dim=1)


def to_four_dims(x: Tensor, batch: torch.Size) -> Tensor:
    """Shape ``(B, h, N, d)``: the fused kernels take no other rank."""
    if x.shape[:-2] != batch:
        x = x.expand(*batch, *x.shape[-2:])
    if len(batch) == 2:
        return x
    return x[:, None] if len(batch) == 1 else x.reshape(math.prod(batch), 1, *x.shape[-2:])


def mask_to_four_dims(mask: Tensor, batch: torch.Size) -> Tensor:
    """Shape that broadcasts to ``(B, h, N, M)`` without copying where the batch allows it."""
    if mask.dim() < len(batch) + 2:
        mask = mask.reshape((1,) * (len(batch) + 2 - mask.dim()) + mask.shape)
    if len(batch) == 2:
        return mask
    if len(batch) == 1:
        return mask[:, None]
    if all(size == 1 for size in mask.shape[:-2]):
        return mask.reshape(1, 1, *mask.shape[-2:])
    return mask.expand(*batch, *mask.shape[-2:]).reshape(math.prod(batch), 1, *mask.shape[-2:])
