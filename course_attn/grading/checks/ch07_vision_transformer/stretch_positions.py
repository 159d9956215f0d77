"""Checks of `stretch_positions`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from course_attn.grading.diagnosis import compare
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student

Grid = tuple[int, int]


def stretched(image: Tensor, new: Grid, mode: str = "bilinear", corners: bool | None = False) -> Tensor:
    """An image (D, h, w) as rows (h' w', D)."""
    options = {} if mode == "nearest" else {"align_corners": corners}
    return F.interpolate(image[None], size=new, mode=mode, **options)[0].flatten(1).T  # type: ignore[arg-type]


def right(table: Tensor, old: Grid, new: Grid, mode: str = "bilinear", corners: bool | None = False) -> Tensor:
    """What is asked for."""
    return torch.cat([table[:1], stretched(table[1:].T.unflatten(1, old), new, mode, corners)])


def as_one_line(table: Tensor, old: Grid, new: Grid) -> Tensor:
    """The places taken for one long line."""
    line = F.interpolate(table[1:].T[None], size=new[0] * new[1], mode="linear")[0].T
    return torch.cat([table[:1], line])


SUSPECTS: dict[str, Callable[[Tensor, Grid, Grid], Tensor]] = {
    "the patches are stretched along one line: they stand in a grid": as_one_line,
    "the rows are reshaped to (D, h, w) without a transpose: places and channels are mixed up": lambda t, old, new: (
        torch.cat([t[:1], stretched(t[1:].reshape(-1, *old), new)])
    ),
    "the result is reshaped to (h' w', D) without a transpose: places and channels are mixed up": lambda t, old, new: (
        torch.cat([t[:1], stretched(t[1:].T.unflatten(1, old), new).T.reshape(-1, t.shape[1])])
    ),
    "the class token's row is lost": lambda t, old, new: right(t, old, new)[1:],
    "the class token's row stands last: it is the first": lambda t, old, new: right(t, old, new).roll(-1, 0),
    "the last row is taken for the class token's: it is the first": lambda t, old, new: torch.cat(
        [t[-1:], stretched(t[:-1].T.unflatten(1, old), new)]
    ),
    "the nearest row is repeated: between two places there is a mixture of both": lambda t, old, new: right(
        t, old, new, mode="nearest"
    ),
    "the corners are aligned: align_corners=False was asked for": lambda t, old, new: right(t, old, new, corners=True),
    "the mode is bicubic: bilinear was asked for": lambda t, old, new: right(t, old, new, mode="bicubic"),
    "the new grid is read as (columns, rows)": lambda t, old, new: right(t, old, new[::-1]),
    "the old grid is read as (columns, rows)": lambda t, old, new: right(t, old[::-1], new),
    "the table is cut or repeated, not stretched": lambda t, old, new: torch.cat(
        [t[:1], t[1:].repeat(9, 1)[: new[0] * new[1]]]
    ),
}


def judge(student: Student, width: int, old: Grid, new: Grid, seed: int) -> None:
    """Compare for a table drawn at random."""
    table = torch.randn(1 + old[0] * old[1], width, generator=seeded(seed))
    compare("table", student(table, old, new), right(table, old, new), SUSPECTS, (table, old, new))


def test_larger(student: Student) -> None:
    """From a grid of 3 × 2 to one of 5 × 7, width 5."""
    judge(student, 5, (3, 2), (5, 7), seed=1)


def test_smaller(student: Student) -> None:
    """From a grid of 5 × 7 to one of 3 × 2, width 2."""
    judge(student, 2, (5, 7), (3, 2), seed=2)


def test_gradient(student: Student) -> None:
    """The gradient reaches every row of the table."""
    table, cotangent = torch.randn(7, 3, generator=seeded(3)), torch.randn(21, 3, generator=seeded(4))
    leaf = table.clone().requires_grad_()
    (expected,) = torch.autograd.grad((right(leaf, (2, 3), (4, 5)) * cotangent).sum(), leaf)
    (gradient,) = student.vjp([table, (2, 3), (4, 5)], cotangent)
    compare("gradient of table", gradient, expected)
