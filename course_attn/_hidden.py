r"""What a mask hides takes no part, whatever it holds: NaN, infinity, or a number whose products overflow.

A weight of 0 is not enough for that, since 0 times NaN is NaN: in the output, which multiplies weights by values, and
in the gradients, which multiply by queries, keys and values again.

Ordinary numbers are only looked at. Where some are not finite, or too large, :func:`kept_apart` computes twice: once
with zeros in their place, for the queries that see none of them, and once as they are, for the others. Where numbers
may not be looked at, only what no query sees is replaced (:func:`cleared`).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from course_attn._ways import plain_eager

Compute = Callable[[Tensor, Tensor, Tensor], tuple[Tensor, ...]]


def harmless(*tensors: Tensor) -> bool:
    """Whether all numbers are known to be finite, and small enough for every dot product to be so.

    By the root of the sum of their squares, which bounds each number and (Cauchy and Schwarz) each product of rows.
    Where numbers may not be asked for it is not known, and the answer is no.
    """
    return may_look(tensors[0]) and all(math.isfinite(_length(x)) for x in tensors)


def _length(x: Tensor) -> float:
    # At least float32: in float16 the root of a long sequence would overflow.
    return torch.linalg.vector_norm(x.detach(), dtype=torch.promote_types(x.dtype, torch.float32)).item()


def finite(*tensors: Tensor) -> bool:
    """Whether all numbers are known to be finite, by their sum: for products with zeros alone. Else as above."""
    return may_look(tensors[0]) and math.isfinite(sum(x.detach().sum() for x in tensors))


def may_look(x: Tensor) -> bool:
    """Whether numbers may be asked for: no graph is being recorded, and no other device would have to be waited for."""
    return x.device.type == "cpu" and plain_eager()


def hides(output: Tensor, query: Tensor, key: Tensor) -> bool:
    """Whether NaN or infinity may have become zeros: the CPU's kernel takes a row without a maximum for a dead one.

    That is a row of NaN if there are fewer than 16 keys, and one of minus infinity in any case. Zeros in the first
    column are rare, so the inputs are rarely looked through.
    """
    if not may_look(output) or not bool((output.detach()[..., 0] == 0).any()):
        return False
    return not harmless(query, key)


def cleared(query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Zeros in place of queries that may ask nobody, and of keys and values that nobody may ask.

    Args:
        query: ``(..., N, d)``.
        key: ``(..., M, d)``, with fewer heads than the queries if groups share them.
        value: ``(..., M, d_v)``.
        mask: Boolean, broadcastable to ``(..., N, M)``.
    """
    mask = torch.atleast_2d(mask)
    dead, unseen = ~mask.any(-1), ~mask.any(-2)  # (..., N), (..., M)
    if mask.dim() == 4 and mask.shape[1] > key.shape[1]:
        unseen = unseen.unflatten(1, (key.shape[1], -1)).all(2)
    query, unseen = query.masked_fill(dead[..., None], 0.0), unseen[..., None]
    return query, key.masked_fill(unseen, 0.0), value.masked_fill(unseen, 0.0)


def kept_apart(compute: Compute, query: Tensor, key: Tensor, value: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
    """What ``compute`` makes of queries, keys and values that are not :func:`harmless`.

    Args:
        compute: From the three to tensors with a row for each query, ``(..., N, any)``. It knows the mask.
        query: ``(..., N, d)``.
        key: ``(..., M, d)``.
        value: ``(..., M, d_v)``.
        mask: Boolean, broadcastable to ``(..., N, M)``.

    Returns:
        A row whose query, or one of whose visible keys and values, is not finite (queries and keys: or so large that
        their product may not be): as it comes, without a derivative. All other rows: as if what they do not see were 0.
    """
    query, key, value = cleared(query, key, value, mask)
    if not may_look(query):
        return compute(query, key, value)
    as_it_comes, apart, query_bad, key_bad = both_ways(compute, query, key, value)
    seen = torch.atleast_2d(mask) & key_bad[..., None, :]  # (..., N, M)
    touched = (query_bad | seen.any(-1))[..., None]  # (..., N, 1)
    return tuple(torch.where(touched, a, b) for a, b in zip(as_it_comes, apart, strict=True))


def both_ways(
    compute: Compute, query: Tensor, key: Tensor, value: Tensor, *, sums_of_values: bool = False
) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...], Tensor, Tensor]:
    """What ``compute`` makes of the three as they are, and with zeros in place of numbers that are not finite.

    Where ``compute`` makes sums of values, larger than each, values are replaced where queries and keys are.

    Returns:
        The first without a derivative, the second; and which rows held such numbers: of the queries ``(..., N)``, and
        of the keys and values ``(..., M)``. Queries and keys are also replaced where their products may not be finite.
    """
    bound = torch.finfo(torch.promote_types(query.dtype, torch.float32)).max ** 0.5
    good = query.abs() < bound, key.abs() < bound, value.abs() < (bound if sums_of_values else math.inf)
    with torch.no_grad():
        as_it_comes = compute(query, key, value)
    apart = compute(*(x.masked_fill(~of_x, 0.0) for x, of_x in zip((query, key, value), good, strict=True)))
    query_bad, key_bad, value_bad = (~x.all(-1) for x in good)
    return as_it_comes, apart, query_bad, key_bad | value_bad


def by_rows(compute: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """``compute(x)``, a map of each row ``(..., d)`` by itself, before or after a mask hides some of them.

    A row that is not finite, or too large, comes as it does, without a derivative: one of 0 would be multiplied by it.
    """
    if not may_look(x) or harmless(x):
        return compute(x)
    bad = ~(x.abs() < torch.finfo(torch.promote_types(x.dtype, torch.float32)).max ** 0.5).all(-1, keepdim=True)
    with torch.no_grad():
        as_it_comes = compute(x)
    return torch.where(bad, as_it_comes, compute(x.masked_fill(bad, 0.0)))


def without_unseen(context: Tensor, mask: Tensor) -> Tensor:
    """Zeros in place of rows ``(B, M, D)`` that no query of any head may ask: not even the projection meets them."""
    seen = mask.reshape((1,) * (4 - mask.dim()) + mask.shape).flatten(1, 2).any(1)  # (B, M)
    return context.masked_fill(~seen[..., None], 0.0)
