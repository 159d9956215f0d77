"""Checks of `centre_of_gaze`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from course_attn.grading.diagnosis import compare
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student


def places(height: int, width: int) -> Tensor:
    """Row and column of each pixel."""
    return torch.cartesian_prod(torch.arange(float(height)), torch.arange(float(width)))


def right(weights: Tensor, height: int, width: int) -> Tensor:
    """What is asked for."""
    return (weights @ places(height, width) - places(height, width)).mean(1)


def largest(weights: Tensor, height: int, width: int) -> Tensor:
    """The step to the key with the largest weight."""
    place = places(height, width)
    return (place[weights.argmax(-1)] - place).mean(1)


def by_columns(weights: Tensor, height: int, width: int) -> Tensor:
    """Pixels counted column by column."""
    place = places(width, height).flip(-1)
    return (weights @ place - place).mean(1)


SUSPECTS: dict[str, Callable[[Tensor, int, int], Tensor]] = {
    "the step is taken from the key to the query": lambda w, y, x: -right(w, y, x),
    "rows and columns are swapped: (rows, columns), as indices stand": lambda w, y, x: right(w, y, x).flip(-1),
    "the place of the query is not taken off: a step is a difference": lambda w, y, x: (w @ places(y, x)).mean(1),
    "queries and keys are swapped: queries stand on rows, and each row sums to 1": lambda w, y, x: (
        w.mT @ places(y, x) - places(y, x)
    ).mean(1),
    "the steps are summed over the queries, not averaged": lambda w, y, x: right(w, y, x) * y * x,
    "only the key with the largest weight is counted: all are, by their weights": largest,
    "pixels are counted column by column": by_columns,
    "the heads are averaged: each has a centre of its own": lambda w, y, x: right(w, y, x).mean(0),
    "the sizes of the steps are averaged: left and right must cancel": lambda w, y, x: (
        (w[..., None] * (places(y, x)[None] - places(y, x)[:, None]).abs()).sum(2).mean(1)
    ),
}


def judge(student: Student, heads: int, height: int, width: int, seed: int) -> None:
    """Compare for weights drawn at random, that sum to one in each row."""
    scores = 2 * torch.randn(heads, height * width, height * width, generator=seeded(seed))
    weights = torch.softmax(scores, dim=-1)
    compare("steps", student(weights, height, width), right(weights, height, width), SUSPECTS, (weights, height, width))


def test_one_head(student: Student) -> None:
    """One head that looks up by one row, from the first row down."""
    n = torch.arange(12)
    weights = torch.nn.functional.one_hot(torch.where(n >= 4, n - 4, n + 4), 12).float()[None]
    few = {text: wrong for text, wrong in SUSPECTS.items() if "largest" not in text}
    compare("steps", student(weights, 3, 4), torch.tensor([[-1 / 3, 0.0]]), few, (weights, 3, 4))


def test_three_heads(student: Student) -> None:
    """Three heads over an image of 3 × 5 pixels."""
    judge(student, 3, 3, 5, seed=1)


def test_two_heads(student: Student) -> None:
    """Two heads over an image of 5 × 2 pixels, in double precision."""
    weights = torch.softmax(2 * torch.randn(2, 10, 10, generator=seeded(2), dtype=torch.float64), dim=-1)
    place = places(5, 2).double()
    compare("steps", student(weights, 5, 2), (weights @ place - place).mean(1))
