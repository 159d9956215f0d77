"""From an exception in the learner's code to a few lines that help: what, where, for which shapes."""

from __future__ import annotations

import inspect
import linecache
import re
import traceback
from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from course_attn._checks import describe

TEXT_WIDTH = 160
TWO_DTYPES = ("the same dtype", "expected scalar type")
MISFIT = ("cannot be multiplied", "Expected size for first two")


class AnswerError(Exception):
    """The answer could not be used: it raised, or handed over something that no check can look at."""


class NotAttempted(AnswerError):
    """The answer is still the stub."""


def explain(
    reason: BaseException, function: Callable[..., Any], parameters: Sequence[str], args: Sequence[Any]
) -> AnswerError:
    """The error that tells a learner what their function raised.

    Args:
        reason: What was raised.
        function: The learner's function.
        parameters: Names of its parameters.
        args: What it was called with.

    Returns:
        `NotAttempted` for the stub's own ``raise NotImplementedError``, else `AnswerError`.
    """
    number, line = own_line(reason, function)
    if isinstance(reason, NotImplementedError) and (not str(reason) or "NotImplementedError" in line):
        return NotAttempted(f"line {number} is still `{line}`")
    where = f"\nline {number}: {line}" if line else ""
    if isinstance(reason, RecursionError):
        return AnswerError(f"the function calls itself without end{where}")
    if isinstance(reason, SystemExit):
        return AnswerError(f"the function ends the program (exit); let it return its result{where}")
    called = ", ".join(f"{name} {_brief(value)}" for name, value in zip(parameters, args, strict=False))
    called = f"\ncalled with {called}" if called else ""
    advice = _advice(reason, line, args) or _dtype_advice(reason, parameters, args)
    return AnswerError(f"it raised {type(reason).__name__}: {first_line(reason)}{where}{called}{advice}")


def own_line(reason: BaseException, function: Callable[..., Any]) -> tuple[int, str]:
    """Number and text of the learner's own line that raised, or (0, '')."""
    file = _file_of(inspect.unwrap(function))
    frames = traceback.extract_tb(reason.__traceback__)
    own = [frame for frame in frames if file and frame.filename == file]
    if not own:
        return 0, ""
    number = own[-1].lineno or 0
    return number, (linecache.getline(own[-1].filename, number) or own[-1].line or "").strip()


def _file_of(function: Any) -> str:
    """Where a function stands; a class, or an object of one, stands where its methods do."""
    owner = function if isinstance(function, type) else type(function)
    for part in (function, *vars(owner).values()):
        code = getattr(part, "__code__", None)
        if inspect.iscode(code):
            return code.co_filename
    return ""


def first_line(reason: BaseException) -> str:
    """The first line of an exception's text, cut to what can be read."""
    lines = str(reason).strip().splitlines() or [""]
    return lines[0] if len(lines[0]) <= TEXT_WIDTH else lines[0][: TEXT_WIDTH - 3] + "..."


def _advice(reason: BaseException, line: str, args: Sequence[Any]) -> str:
    """A sentence on the usual cause, where the error or the line has one."""
    text = str(reason)
    batched = any(isinstance(value, Tensor) and value.dim() > 2 for value in args)
    if batched and re.search(r"\.T\b|\.t\(\)", line):
        return "\n`.T` turns around all axes of a batch; `.transpose(-2, -1)` swaps only the last two."
    if isinstance(reason, NameError) and reason.name in ("torch", "math"):
        return f"\nWrite `import {reason.name}` at the top."
    if any(part in text for part in MISFIT):
        return "\nThe sizes do not fit: are the last two axes (`.transpose(-2, -1)`) where they must be?"
    if "must match the size of tensor b" in text:
        return (
            "\nThe sizes do not fit: shapes are lined up from their last axes, and two sizes that meet must be equal, "
            "or one of them 1. Is an axis missing (`[:, None]` makes one), or two swapped?"
        )
    if "without overflow" in text:
        return "\nThat number does not fit into half precision: use float('-inf') and treat the dead rows apart."
    if "does not match the shape of the indexed tensor" in text:
        return (
            "\nA mask may have fewer axes than the scores: `masked_fill` and `torch.where` broadcast, "
            "`scores[mask]` does not."
        )
    return ""


def _dtype_advice(reason: BaseException, parameters: Sequence[str], args: Sequence[Any]) -> str:
    """Where two dtypes met, the one that the answer's own tensors should have."""
    floating = [n for n, v in zip(parameters, args, strict=False) if isinstance(v, Tensor) and v.is_floating_point()]
    if not floating or not any(part in str(reason) for part in TWO_DTYPES):
        return ""
    return (
        f"\nTwo dtypes met: torch.zeros, torch.arange and the like make tensors of their own dtype, whatever that of "
        f"`{floating[0]}` is. Give it to them: `dtype={floating[0]}.dtype`."
    )


def _brief(value: Any) -> str:
    if isinstance(value, tuple) and all(type(part) is int for part in value):
        return f"tuple {value}"
    if isinstance(value, tuple | list):
        return f"of {len(value)} parts"
    return str(tuple(value.shape)) if isinstance(value, Tensor) else describe(value)
