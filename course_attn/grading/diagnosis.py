"""Comparing a result with the right one, and naming the mistake that explains the difference."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from course_attn._checks import describe
from course_attn.grading.calling import Unusable
from course_attn.grading.explain import AnswerError

Suspects = Mapping[str, Callable[..., Any]]
TOLERANCE = {torch.float64: 1e-9, torch.float32: 1e-5, torch.bfloat16: 2e-2, torch.float16: 2e-3}
SHOWN = 8  # numbers of a row that fit into a message


@contextlib.contextmanager
def meaning(texts: Mapping[str, str]) -> Iterator[None]:
    """Say what an error of the answer means in this exercise, in place of the advice that goes with it everywhere.

    Args:
        texts: A pattern of the error's text → what it means. It must be true whatever line raised: sizes that are
            distinct primes let a pattern tell which tensors met. Groups of the pattern may be used, as in "{0} rows".

    Raises:
        AnswerError: What was raised within, with the meaning of the first pattern that is found in it.
    """
    try:
        yield
    except AnswerError as reason:
        for pattern, text in texts.items():
            found = re.search(pattern, str(reason))
            if found:
                told = re.sub(r"(\ncalled with [^\n]*)\n.*", r"\1", str(reason), flags=re.DOTALL)
                raise AnswerError(f"{told}\n{text.format(*found.groups())}") from None
        raise


def compare(
    what: str, got: Any, expected: Tensor, suspects: Suspects | None = None, args: tuple[Any, ...] = ()
) -> None:
    """Require ``got`` to be ``expected``; else say what it looks like.

    Args:
        what: The name of the result in messages, such as "scores".
        got: What the learner's function returned.
        expected: The right answer.
        suspects: Text of a mistake → function of ``args`` that computes what this mistake gives. The text
            ends the sentence "This is what you get when ...".
        args: What the learner's function was called with.

    Raises:
        AssertionError: With the name of the mistake, or shapes and values.
    """
    tensor(what, got)
    if _close(got, expected) and got.dtype == expected.dtype:
        return
    if _close(got, expected):
        wanted = _dtype(expected)
        raise AssertionError(f"{what}: dtype must be {wanted}, as the input has it, got {_dtype(got)}")
    named = []
    for text, mistake in (suspects or {}).items():
        wrong = _outcome(mistake, args)
        if wrong is not None and not _close(wrong, expected) and _close(got, wrong):
            named.append(text)
    # Two mistakes that give the same numbers are both named: the wrong blame is worse than a doubtful one.
    blame = f"This is what you get when {', or when '.join(named)}.\n" if named else ""
    raise AssertionError(blame + _difference(what, got, expected))


def compare_number(
    what: str,
    got: Any,
    expected: float,
    suspects: Mapping[str, float] | None = None,
    tolerance: float = 1e-4,
    *,
    reveal: bool = True,
) -> None:
    """Require ``got`` to be the number ``expected``; else say what it looks like.

    Args:
        what: The name of the number in messages, such as "slope".
        got: What the learner's function returned; a tensor of one number is as good as the number.
        expected: The right number.
        suspects: Text of a mistake → the number that it gives, as in `compare`.
        tolerance: How far from a number, relative to it where it is larger than 1, still counts as that number.
        reveal: Whether the message may show the right number; not where it is to be predicted.

    Raises:
        AssertionError: With the name of the mistake, and the numbers.
    """
    got = got.item() if isinstance(got, Tensor) and got.numel() == 1 else got
    if not isinstance(got, int | float) or isinstance(got, bool):
        advice = " (did you forget `return`?)" if got is None else ""
        raise AssertionError(f"{what} must be one number, got {describe(got)}{advice}")
    if _near(got, expected, tolerance):
        return
    named = [
        text
        for text, wrong in (suspects or {}).items()
        if _near(got, wrong, tolerance) and not _near(wrong, expected, tolerance)
    ]
    blame = f"This is what you get when {', or when '.join(named)}.\n" if named else ""
    wanted = f"expected {_number(expected)}, " if reveal else ""
    raise AssertionError(f"{blame}{what}: {wanted}got {_number(got)}{'' if reveal else ', which is not right'}")


def tensor(what: str, got: Any) -> None:
    """Require a tensor."""
    if not isinstance(got, Tensor):
        advice = " (did you forget `return`?)" if got is None else ""
        shown = repr(got) if isinstance(got, Unusable) else describe(got)
        if isinstance(got, tuple | list) and any(isinstance(part, Tensor) for part in got):
            shown = f"{type(got).__name__} of {len(got)} parts"
        raise AssertionError(f"{what} must be a torch.Tensor, got {shown}{advice}")


def parts(what: str, got: Any, count: int) -> list[Any]:
    """Require a result of several parts and return them as a list."""
    if isinstance(got, tuple | list) and len(got) == count:
        return list(got)
    shown = f"{len(got)} parts" if isinstance(got, tuple | list) else describe(got)
    raise AssertionError(f"The function must return {what}, got {shown}")


def _outcome(mistake: Callable[..., Any], args: tuple[Any, ...]) -> Tensor | None:
    """What a mistake gives for these arguments; None where it cannot even be computed."""
    try:
        wrong = mistake(*args)
    except (RuntimeError, IndexError, ValueError):
        return None
    return wrong if isinstance(wrong, Tensor) else None


def _close(one: Tensor, other: Tensor) -> bool:
    if one.shape != other.shape:
        return False
    tolerance = max(TOLERANCE.get(one.dtype, 1e-5), TOLERANCE.get(other.dtype, 1e-5))
    return torch.allclose(one.double(), other.double(), rtol=tolerance, atol=tolerance, equal_nan=True)


def _near(one: float, other: float, tolerance: float) -> bool:
    return abs(one - other) <= tolerance * max(1.0, abs(other))


def _difference(what: str, got: Tensor, expected: Tensor) -> str:
    """Where a result first differs, in at most five lines."""
    if got.shape != expected.shape:
        return f"{what}: shape must be {tuple(expected.shape)}, got {tuple(got.shape)}"
    bad = torch.isnan(got)
    if bad.any() and not torch.isnan(expected).any():
        return f"{what}: must not hold NaN, but {_place(what, bad)} is NaN"
    if got.dtype == torch.float64 and _close(got.float(), expected):
        return f"{what}: right in single precision only: a step on the way was computed in float32, not float64"
    gap = (got.double() - expected.double()).abs()
    tolerance = TOLERANCE.get(got.dtype, 1e-5)
    wrong = ~(gap <= tolerance + tolerance * expected.double().abs())
    index = tuple(torch.nonzero(wrong)[0].tolist())
    row = index[:-1]
    text = f"{int(wrong.sum())} of {wrong.numel()} numbers differ, first {_place(what, wrong)}"
    if not index:
        return f"{what}: expected {expected.item():.4f}, got {got.item():.4f}"
    first = 0 if index[-1] < SHOWN else index[-1] - 2
    return f"{text}\n  expected {_numbers(expected[row], first)}\n  got      {_numbers(got[row], first)}"


def _place(what: str, wrong: Tensor) -> str:
    index = torch.nonzero(wrong)[0].tolist()
    return f"{what}[{', '.join(str(number) for number in index)}]"


def _numbers(row: Tensor, first: int) -> str:
    """At most ``SHOWN`` numbers of a row, from the place ``first`` on."""
    whole = not (row.is_floating_point() or row.is_complex())  # indices stay whole; + 0.0 takes the sign off a -0.0
    part = row[first : first + SHOWN].tolist()
    shown = [str(number) if whole else f"{round(number, 4) + 0.0:.4f}" for number in part]
    before, after = ["..."] if first else [], ["..."] if first + SHOWN < len(row) else []
    more = f" (row of {len(row)})" if len(row) > SHOWN else ""
    return f"[{', '.join([*before, *shown, *after])}]{more}"


def _number(value: float) -> str:
    """Six figures, but whole numbers whole, as a count is written."""
    return f"{value:.0f}" if float(value).is_integer() and abs(value) < 1e15 else f"{value:.6g}"


def _dtype(value: Tensor) -> str:
    return str(value.dtype).removeprefix("torch.")
