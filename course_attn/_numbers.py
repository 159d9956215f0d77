"""Checks of a tensor's numbers, where they can be read; and calls that cannot go without, which say so.

As those of :mod:`course_attn._checks`, and made by it.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from course_attn._checks import check_same_device, describe, error
from course_attn._readable import is_mapped, is_tracing, numbers_can_be_read


def check_rows(where: str, rows: Any, batch: int, like: Tensor) -> None:
    """Require row numbers of a batch: int64 ``(B_new,)`` from 0 to ``batch - 1``, on the device of ``like``."""
    if not isinstance(rows, Tensor) or rows.dim() != 1 or rows.dtype != torch.long or rows.numel() == 0:
        raise error(where, "rows", "int64 numbers of shape (B,)", describe(rows))
    check_same_device(where, "rows", rows, like, "the batch's")
    if numbers_can_be_read(rows) and (int(rows.min()) < 0 or int(rows.max()) >= batch):
        raise error(where, "rows", f"from 0 to {batch - 1}", f"{int(rows.min())} to {int(rows.max())}")


def check_tokens(where: str, name: str, value: Any, vocabulary: int, like: Tensor | None) -> None:
    """Require token numbers ``(B, N)``, int64, from 0 to ``vocabulary - 1``, on the device of ``like`` if any."""
    if not isinstance(value, Tensor) or value.dtype != torch.long or value.dim() != 2 or value.numel() == 0:
        raise error(where, name, "int64 numbers of shape (B, N)", describe(value))
    if like is not None:
        check_same_device(where, name, value, like)
    if numbers_can_be_read(value) and (int(value.min()) < 0 or int(value.max()) >= vocabulary):
        raise error(where, name, f"from 0 to {vocabulary - 1}", f"{int(value.min())} to {int(value.max())}")


def check_numbers(where: str, name: str, value: Any) -> None:
    """Require a tensor whose numbers can be read, for a call that goes on by what they are."""
    if isinstance(value, Tensor) and not numbers_can_be_read(value):
        got = "one that is compiled, exported, traced or mapped, or has none"
        advice = "call it outside of torch.compile, export, jit.trace, vmap, FakeTensorMode and meta"
        raise error(where, name, "a tensor whose numbers can be read", got, advice)


def check_kept(where: str, name: str, value: Any) -> None:
    """Require a tensor that can be kept for the next call, which a graph recorded once, or a mapped one, cannot be."""
    recorded = is_tracing() or torch.compiler.is_exporting()
    mapped = not torch.compiler.is_compiling() and isinstance(value, Tensor) and is_mapped(value)
    if recorded or mapped:
        got, advice = "one that is exported, traced or mapped", "call it outside of torch.export, jit.trace and vmap"
        raise error(where, name, "a tensor that the next call can find again", got, advice)


def check_derivable(where: str, name: str, value: Any) -> None:
    """Require a tensor that a function may derive by, by itself: torch does it neither in a graph nor in torch.func."""
    recorded = torch.compiler.is_compiling() or is_tracing()
    if recorded or torch._C._functorch.maybe_current_level() is not None:
        got = "one that is compiled, exported, traced, mapped or derived"
        advice = "call it outside of torch.compile, export, jit.trace and torch.func"
        raise error(where, name, "a tensor to derive by", got, advice)


def check_steps(where: str, name: str, length: int) -> None:
    """Refuse an open length in torch.export for a call that goes through it step by step: a graph has so many steps."""
    if isinstance(length, torch.SymInt):
        advice = "call it with that axis fixed: it goes step by step"
        raise error(where, name, "of a length that stays", "one of dynamic length", advice)


def check_untraced(where: str, name: str) -> None:
    """Refuse jit.trace where a length is rounded: its graph would keep that of today."""
    if is_tracing():
        advice = "call it outside of torch.jit.trace; torch.export takes any length"
        raise error(where, name, "of a length that stays", "one that is traced", advice)
