"""The one place where error texts are written.

Every message has the same shape: ``where: name must be WANTED, got GOT``, and, where a mistake is common,
what to do about it. Functions of the package call these checks where they use a value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import torch
from torch import Tensor, nn

from course_attn._error import error as error
from course_attn._readable import is_tracing, numbers_can_be_read


def describe(value: Any) -> str:
    """Say in a few words what a value is: shape and dtype for a tensor, else type and value."""
    if isinstance(value, Tensor):
        return f"shape {tuple(value.shape)}, {str(value.dtype).removeprefix('torch.')}"
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 40 else text[:37] + '...'}"


def check_floating(where: str, name: str, value: Any, min_dims: int = 1) -> None:
    """Require a floating-point tensor with at least ``min_dims`` dimensions, none of them empty."""
    if not isinstance(value, Tensor):
        raise error(where, name, "a torch.Tensor", describe(value))
    if not value.is_floating_point():
        raise error(where, name, "a floating-point tensor", describe(value), f"convert it: {name}.float()")
    if value.dim() < min_dims:
        raise error(where, name, f"a tensor of at least {min_dims} dimensions", describe(value))
    if value.numel() == 0:
        raise error(where, name, "a non-empty tensor", describe(value))


def check_shape(where: str, name: str, value: Tensor, shape: tuple[int, ...], like: Tensor) -> None:
    """Require a floating-point tensor of exactly this shape, with the dtype and device of ``like``."""
    check_floating(where, name, value, min_dims=0)
    if tuple(value.shape) != shape:
        raise error(where, name, f"of shape {shape}", describe(value))
    _check_alike(where, name, value, like)


def check_axes(
    where: str,
    name: str,
    value: Any,
    *axes: int | str,
    advice: str = "",
    like: Tensor | nn.Module | None = None,
    whose: str = "the layer's",
) -> None:
    """Require a floating-point tensor with these axes: a number is a size, a word any size, "..." in front any axes.

    ``check_axes("Here", "image", image, "B", 3, "H", "W")`` wants four axes, the second of size 3. With ``like``, a
    part of the layer or a weight of it (or what ``whose`` says), the tensor must also fit its dtype and device. A part
    whose weight is no floating-point tensor, a quantised one, takes what it can.
    """
    # Layers ask this at every call: what fits is let through first, in half of the time of asking part by part.
    if not isinstance(value, Tensor) or not value.is_floating_point() or not value.numel():
        check_floating(where, name, value, min_dims=0)
    if not _has_axes(value.shape, axes):
        shape = f"({', '.join(map(str, axes))}{',' if len(axes) == 1 else ''})"
        raise error(where, name, f"of shape {shape}", describe(value), advice)
    if isinstance(like, nn.Module):
        like = _weight_of(like)
    if like is not None and (value.dtype != like.dtype or value.device != like.device):
        _check_fits(where, name, value, like, whose)


def _weight_of(part: nn.Module) -> Tensor | None:
    weight = getattr(part, "weight", None)
    return weight if isinstance(weight, Tensor) and weight.is_floating_point() else None


def _has_axes(shape: torch.Size, axes: tuple[int | str, ...]) -> bool:
    if axes[0] == "...":
        axes = axes[1:]
        if len(shape) < len(axes):
            return False
        shape = shape[len(shape) - len(axes) :]
    elif len(shape) != len(axes):
        return False
    for axis, size in zip(axes, shape, strict=True):  # noqa: SIM110 - a generator takes longer than all the rest
        if not isinstance(axis, str) and axis != size:
            return False
    return True


def check_same_device(
    where: str, name: str, value: Tensor, like: Tensor, whose: str = "the layer's", advice: str = ""
) -> None:
    """Require a tensor on the device of another one, which ``whose`` names. Asked at every call: one comparison."""
    if value.device != like.device:
        wanted, got = f"on {whose} device, {like.device}", f"device {value.device}"
        raise error(where, name, wanted, got, advice or f"move one: {name}.to(...)")


def _check_fits(where: str, name: str, value: Tensor, weight: Tensor, whose: str) -> None:
    """Say it where a layer's weights are of another device or dtype, unless autocast converts both anyway."""
    check_same_device(where, name, value, weight, whose)
    converted = torch.is_autocast_enabled(value.device.type) or not weight.is_floating_point()
    if not converted:
        dtype = str(weight.dtype).removeprefix("torch.")
        owner = whose.removesuffix("'s")
        advice = f"convert it, {name}.to(torch.{dtype}), or {owner}"
        raise error(where, name, f"of {whose} dtype, {dtype}", describe(value), advice)


def check_positive(
    where: str, name: str, value: Any, scores_shape: tuple[int, ...] | None = None, like: Tensor | None = None
) -> None:
    """Require a number greater than zero, or a tensor of such numbers (they may be learned).

    With ``scores_shape``, a tensor must also broadcast to the scores without enlarging them; with ``like``, it must be
    on that tensor's device, unless it is a single number on the CPU, which every device reads.
    """
    if isinstance(value, Tensor):
        positive = not numbers_can_be_read(value) or bool((value > 0).all())
        if not value.is_floating_point() or value.numel() == 0 or not positive:
            raise error(where, name, "greater than 0 in every entry", describe(value))
        if scores_shape is not None and not _broadcasts_to(value, scores_shape):
            raise error(where, name, f"a number, or broadcastable to the scores, {scores_shape}", describe(value))
        if like is not None and (value.dim() or value.device.type != "cpu"):
            check_same_device(where, name, value, like, "the query's")
    elif isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        raise error(where, name, "a number greater than 0", describe(value))


def check_finite(where: str, name: str, value: Any) -> None:
    """Require a number that is neither infinite nor NaN, of either sign."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise error(where, name, "a finite number", describe(value))


def check_callable(where: str, name: str, value: Any, advice: str = "") -> None:
    """Require a function, or a module."""
    if not callable(value):
        raise error(where, name, "a function", describe(value), advice)


def check_device(where: str, value: Any) -> None:
    """Require a device that can hold a tensor here, or None. A ``torch.device`` is taken as it is: a tensor has it."""
    if value is None or isinstance(value, torch.device):
        return
    try:
        torch.empty(0, device=value)
    except (RuntimeError, TypeError, AssertionError):  # torch has one of each, for "gpu", [], and a missing CUDA
        wanted, advice = "a device of this machine", "course_attn.device() picks one"
        raise error(where, "device", wanted, describe(value), advice) from None


def check_dtype(where: str, value: Any) -> None:
    """Require a floating-point dtype, or None."""
    if value is not None and not (isinstance(value, torch.dtype) and value.is_floating_point):
        raise error(where, "dtype", "a floating-point dtype, as torch.float32 is", describe(value))


def whole_numbers(where: str, name: str, value: Any, shape: str) -> Tensor:
    """Return a tensor, or what makes one (a list, an array), as int64 numbers; ``shape`` says the wanted one."""
    try:
        numbers = torch.as_tensor(value)
    except (RuntimeError, TypeError, ValueError):  # of words, of None, of rows of unequal length
        raise error(where, name, f"whole numbers of shape {shape}", describe(value)) from None
    if numbers.numel() and (numbers.is_floating_point() or numbers.is_complex() or numbers.dtype == torch.bool):
        raise error(where, name, f"whole numbers of shape {shape}", describe(numbers))
    return numbers.long()


def check_count(where: str, name: str, value: Any, least: int = 1) -> None:
    """Require a whole number, positive if not said otherwise: a size, a length, a number of heads."""
    # Where a graph is recorded, a tensor's size may be no int: SymInt in export, a tensor in jit.trace.
    whole = isinstance(value, (int, torch.SymInt)) or (isinstance(value, Tensor) and is_tracing())
    if isinstance(value, bool) or not whole or value < least:
        raise error(where, name, f"a whole number of at least {least}", describe(value))


def check_multiple(where: str, name: str, value: Any, of: int) -> None:
    """Require a positive whole number that ``of`` divides: an even width, an image that patches tile."""
    check_count(where, name, value)
    if value % of:
        raise error(where, name, f"a multiple of {of}", str(value))


def check_between(where: str, name: str, value: Any, low: float, high: float) -> None:
    """Require a number from ``low`` (allowed) to ``high`` (not allowed): a dropout, a slope."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value < high:
        raise error(where, name, f"a number from {low} to below {high}", describe(value))


def check_choice(where: str, name: str, value: Any, choices: Sequence[str]) -> None:
    """Require one of these words."""
    if value not in choices:
        raise error(where, name, "one of " + ", ".join(map(repr, choices)), describe(value))


def check_pair(where: str, name: str, value: Any) -> None:
    """Require two positive whole numbers, a height and a width."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise error(where, name, "a pair (height, width)", describe(value))
    for side in value:
        check_count(where, name, side)


def check_query_key(where: str, query: Any, key: Any, same_width: bool = True) -> None:
    """Require ``query (..., N, d)`` and ``key (..., M, d)`` of one dtype, on one device, that fit together."""
    check_floating(where, "query", query, min_dims=2)
    check_floating(where, "key", key, min_dims=2)
    _check_alike(where, "key", key, query)
    if same_width and query.shape[-1] != key.shape[-1]:
        advice = "did you transpose it already? scores do that themselves"
        raise error(where, "key", f"as wide as query, (..., M, {query.shape[-1]})", describe(key), advice)
    broadcast_batch(where, "key", key, query.shape[:-2])


def check_value(where: str, value: Any, key: Tensor) -> None:
    """Require ``value (..., M, d_v)`` with one row for each key."""
    check_floating(where, "value", value, min_dims=2)
    _check_alike(where, "value", value, key)
    if value.shape[-2] != key.shape[-2]:
        advice = "keys and values belong together in pairs"
        wanted = f"of one row for each key, (..., {key.shape[-2]}, d_v)"
        raise error(where, "value", wanted, describe(value), advice)


def check_mask(where: str, mask: Any, scores_shape: tuple[int, ...], like: Tensor) -> None:
    """Require a boolean mask that broadcasts to the scores without enlarging them, on the device of ``like``."""
    if not isinstance(mask, Tensor):
        raise error(where, "mask", "a torch.Tensor of dtype bool", describe(mask))
    if mask.dtype != torch.bool:
        advice = "convert it: mask.bool() or mask == 1"
        raise error(where, "mask", "of dtype bool, True = may attend", describe(mask), advice)
    if not _broadcasts_to(mask, scores_shape):
        no_heads = len(scores_shape) == 4 and mask.dim() == 3
        last = "the last two axes are queries and keys"
        advice = "did you forget the heads axis? use mask[:, None]" if no_heads else last
        raise error(where, "mask", f"broadcastable to the scores, {tuple(scores_shape)}", describe(mask), advice)
    if mask.device != like.device:
        advice = "move it, mask.to(x.device), or make it there, causal_mask(N, device=x.device)"
        check_same_device(where, "mask", mask, like, "the scores'", advice)


def check_head_mask(where: str, mask: Any, scores_shape: tuple[int, ...], like: Tensor) -> None:
    """Require a mask for scores ``(B, h, N, M)``; three axes could mean batch or heads, and are refused."""
    if isinstance(mask, Tensor) and mask.dtype == torch.bool and mask.dim() == 3:
        advice = "did you forget the heads axis? use mask[:, None] for (B, N, M), mask[None] for (h, N, M)"
        raise error(where, "mask", f"broadcastable to (B, h, N, M) = {tuple(scores_shape)}", describe(mask), advice)
    check_mask(where, mask, scores_shape, like)


def broadcast_batch(where: str, name: str, value: Tensor, batch: torch.Size) -> torch.Size:
    """Return the common batch shape of ``value`` and ``batch``, or say that there is none."""
    common = common_batch(value.shape[:-2], batch)
    if common is None:
        raise error(where, name, f"of batch shape broadcastable to {tuple(batch)}", describe(value))
    return common


def common_batch(*batches: Sequence[int]) -> torch.Size | None:
    """The shape that all of these broadcast to, None if there is none."""
    # By hand: torch.broadcast_shapes takes longer than a small attention, and its first call loads sympy, 0.3 s. By
    # comparing alone: where a graph is recorded, sizes may be SymInts or tensors.
    common: list[int] = []
    for axis in zip_longest(*(batch[::-1] for batch in batches), fillvalue=1):
        size = 1
        for other in axis:
            if size == 1:
                size = other
            elif other not in (1, size):
                return None
        common.append(size)
    return torch.Size(reversed(common))


def _broadcasts_to(value: Tensor, shape: tuple[int, ...]) -> bool:
    sizes = zip(value.shape[::-1], shape[::-1], strict=False)
    return value.dim() <= len(shape) and all(size in (1, wanted) for size, wanted in sizes)


def _check_alike(where: str, name: str, value: Tensor, other: Tensor) -> None:
    if value.dtype != other.dtype:
        raise error(where, name, f"of dtype {str(other.dtype).removeprefix('torch.')}", describe(value))
    if value.device != other.device:
        raise error(where, name, f"on device {other.device}", f"device {value.device}", f"move it: {name}.to(...)")
