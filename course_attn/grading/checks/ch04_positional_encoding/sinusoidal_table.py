"""Checks of `sinusoidal_table`."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from course_attn.grading.diagnosis import compare
from course_attn.grading.student import Student
from course_attn.positional.absolute import sinusoidal_encoding


def angles(n: int, d: int, exponent: Callable[[Tensor], Tensor], start: int = 0) -> Tensor:
    """Place times frequency, (N, D / 2); ``exponent`` turns 0, 1, 2 ... into the power of 1/10000."""
    pairs = torch.arange(d // 2, dtype=torch.float64)
    return torch.arange(start, start + n, dtype=torch.float64)[:, None] * 10000.0 ** -exponent(pairs)


def woven(sines: Tensor, cosines: Tensor) -> Tensor:
    """Columns in turn."""
    return torch.stack([sines, cosines], dim=-1).flatten(1).float()


def table(n: int, d: int, exponent: Callable[[Tensor], Tensor], start: int = 0) -> Tensor:
    """The table with another exponent or another first place."""
    found = angles(n, d, exponent, start)
    return woven(found.sin(), found.cos())


def usual(d: int) -> Callable[[Tensor], Tensor]:
    """The exponent asked for."""
    return lambda i: 2 * i / d


def by_column(n: int, d: int, factor: float = 1.0) -> Tensor:
    """Every column with a frequency of its own."""
    columns = torch.arange(d, dtype=torch.float64)
    found = torch.arange(n, dtype=torch.float64)[:, None] * 10000.0 ** (-factor * columns / d)
    return torch.where(columns % 2 == 0, found.sin(), found.cos()).float()


SUSPECTS: dict[str, Callable[[int, int], Tensor]] = {
    "all sines come first and all cosines after: they alternate, in pairs of one frequency": lambda n, d: torch.cat(
        [angles(n, d, usual(d)).sin(), angles(n, d, usual(d)).cos()], dim=-1
    ).float(),
    "the cosine comes first in each pair: even columns are sines": lambda n, d: woven(
        angles(n, d, usual(d)).cos(), angles(n, d, usual(d)).sin()
    ),
    "both columns of a pair are sines": lambda n, d: woven(angles(n, d, usual(d)).sin(), angles(n, d, usual(d)).sin()),
    "the exponent is i/D instead of 2i/D: the wavelengths reach only √10000 = 100 times the first": lambda n, d: table(
        n, d, lambda i: i / d
    ),
    "the exponent is 4i/D: `torch.arange(0, d_model, 2)` is 2i already": lambda n, d: table(n, d, lambda i: 4 * i / d),
    "every column has a frequency of its own: sine and cosine of a pair share one": by_column,
    "i is the number of the column: it is the number of the pair, and columns 2i and 2i + 1 share it": lambda n, d: (
        by_column(n, d, 2.0)
    ),
    "all pairs turn equally fast: the frequency ω is left out": lambda n, d: table(n, d, lambda i: 0 * i),
    "frequencies grow along the row: the exponent is negative": lambda n, d: table(n, d, lambda i: -2 * i / d),
    "the exponent divides by 4, the width of the example, and not by D": lambda n, d: table(n, d, lambda i: 2 * i / 4),
    "the places are counted from 1: the first is 0": lambda n, d: table(n, d, usual(d), start=1),
    "rows and columns are swapped: one row for each place": lambda n, d: sinusoidal_encoding(n, d).T,
    "the angles are turned from degrees into radians: they are radians already": lambda n, d: woven(
        (angles(n, d, usual(d)) * math.pi / 180).sin(), (angles(n, d, usual(d)) * math.pi / 180).cos()
    ),
}


def test_two_places(student: Student) -> None:
    """Two places of width 4."""
    expected = torch.tensor([[0.0, 1.0, 0.0, 1.0], [0.841471, 0.540302, 0.00999983, 0.99995]])
    compare("table", student(2, 4), expected, SUSPECTS, (2, 4))


def test_more_places(student: Student) -> None:
    """Seven places of width 10."""
    compare("table", student(7, 10), sinusoidal_encoding(7, 10), SUSPECTS, (7, 10))


def test_far_places(student: Student) -> None:
    """Five hundred and three places of width 2: the formula has no end."""
    compare("table", student(503, 2), sinusoidal_encoding(503, 2), SUSPECTS, (503, 2))
