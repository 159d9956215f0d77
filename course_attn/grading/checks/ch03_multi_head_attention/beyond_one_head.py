"""Checks of `beyond_one_head`: properties, since there are endless right answers."""

from __future__ import annotations

import torch
from torch import Tensor

from course_attn._checks import describe
from course_attn.grading.diagnosis import parts, tensor
from course_attn.grading.student import Student

WIDTHS = (1, 2, 5, 13)
CLEAR = 0.01


def pair(student: Student, d: int) -> tuple[Tensor, Tensor]:
    """Queries and keys, in double precision."""
    query, key = parts("the pair (query, key)", student(d), 2)
    for name, value in (("query", query), ("key", key)):
        tensor(name, value)
        assert value.dim() == 2, f"{name} must have two axes, (N, {d + 1}), got {describe(value)}"
        assert value.shape[1] != d, (
            f"{name} has width d = {d}: then the scores have rank {d} at most, and one head of width {d} gives them. "
            f"Take width d + 1 = {d + 1}."
        )
        assert value.shape[1] == d + 1, f"{name} must have width d + 1 = {d + 1}, got {describe(value)}"
        assert bool(value.isfinite().all()), f"{name} must hold finite numbers"
    assert len(query) == len(key), f"query and key must have as many places, got {len(query)} and {len(key)}"
    return query.double(), key.double()


def judge(student: Student, d: int) -> None:
    """The rank, told apart by what keeps it down."""
    query, key = pair(student, d)
    assert len(query) > d, (
        f"With N = {len(query)} places the scores have rank {len(query)} at most, and a head of width {d} can give any "
        f"such matrix: take at least d + 1 = {d + 1} places."
    )
    values = torch.linalg.svdvals(query @ key.mT)[: d + 1]
    if values[-1] >= CLEAR * values[0] and values[0] > 0:
        return
    rank = int((values > 1e-9 * values[0]).sum()) if values[0] > 0 else 0
    shown = f"d = {d}: the smallest of the {d + 1} singular values is {values[-1]:.2g}, the largest {values[0]:.2g}"
    assert rank > d, f"The scores have rank {rank}, so a head of width {max(rank, 1)} gives them too.\n{shown}"
    raise AssertionError(
        f"The rank is d + 1, but only just: a head of width {d} comes within {values[-1] / values[0]:.1%} of these "
        f"scores.\n{shown}"
    )


def test_width_one(student: Student) -> None:
    """A head of width 1."""
    judge(student, 1)


def test_other_widths(student: Student) -> None:
    """Heads of width 2, 5 and 13."""
    for d in WIDTHS[1:]:
        judge(student, d)
