"""Checks of `recovered_shift`: tables with a linear shift, and one without."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from course_attn.grading.diagnosis import compare, compare_number, parts
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student
from course_attn.positional.absolute import sinusoidal_encoding


def fit(now: Tensor, later: Tensor) -> Tensor:
    """R with R now ≈ later, for encodings as rows."""
    return torch.linalg.lstsq(now, later).solution.T


def right(table: Tensor, k: int) -> Tensor:
    """What is asked for."""
    return fit(table[:-k], table[k:])


SUSPECTS: dict[str, Callable[[Tensor, int], Tensor]] = {
    "the solution is not transposed: `lstsq` finds what stands to the right of the rows": lambda t, k: right(t, k).T,
    "the way back is found, from place p + k to place p": lambda t, k: fit(t[k:], t[:-k]),
    "the last places are taken to be followed by the first: `roll` goes round": lambda t, k: fit(t, t.roll(-k, 0)),
    "k is not used: this is the shift by 1": lambda t, k: right(t, 1),
    "only the first D places are fitted, not all of them": lambda t, k: fit(t[: t.shape[1]], t[k : k + t.shape[1]]),
    "every column is fitted by itself: the numbers of a pair mix": lambda t, k: torch.diag(
        (t[:-k] * t[k:]).sum(0) / t[:-k].square().sum(0)
    ),
}
ERRORS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "the mean of the absolute differences is taken, not the largest": lambda a, b: (a - b).abs().mean(),
    "the squares are averaged: the largest absolute difference is asked for": lambda a, b: (a - b).square().mean(),
    "the root of the mean square is taken: the largest absolute difference is asked for": lambda a, b: (
        (a - b).square().mean().sqrt()
    ),
    "the largest square is taken: the absolute difference is asked for": lambda a, b: (a - b).square().max(),
    "the absolute value is missing: a difference may be negative": lambda a, b: (a - b).max(),
    "the error is taken to be 0 without a look: here it is not": lambda a, b: torch.zeros(()),
    "the differences are summed": lambda a, b: (a - b).abs().sum(),
    "the longest row of differences is taken, not the largest single number": lambda a, b: (a - b).norm(dim=1).max(),
}


def judge(student: Student, table: Tensor, k: int) -> None:
    """The matrix first, then its error."""
    found, error = parts("the pair (R, error)", student(table, k), 2)
    expected = right(table, k)
    compare("R", found, expected, SUSPECTS, (table, k))
    moved, later = table[:-k] @ expected.T, table[k:]
    suspects = {text: wrong(moved, later).item() for text, wrong in ERRORS.items()}
    compare_number("error", error, (moved - later).abs().max().item(), suspects, tolerance=1e-4)


def test_fading_sines(student: Student) -> None:
    """Sines that fade, width 6: the shift turns and shrinks, and fits without error."""
    fading = 0.97 ** torch.arange(61, dtype=torch.float64)[:, None]
    judge(student, fading * sinusoidal_encoding(61, 6, base=20.0, dtype=torch.float64), 3)


def test_no_such_map(student: Student) -> None:
    """A table drawn at random: no linear map fits, and the error says so."""
    table = torch.randn(53, 3, generator=seeded(1), dtype=torch.float64)
    table[-1, 0] = 9.0  # far above what any map gives: the largest difference is negative
    judge(student, table, 2)
