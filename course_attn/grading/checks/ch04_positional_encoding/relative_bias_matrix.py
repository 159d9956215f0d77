"""Checks of `relative_bias_matrix`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from course_attn.grading.diagnosis import compare
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student
from course_attn.positional.bias import relative_distance


def right(table: Tensor, n: int, m: int, move: int = 0, sign: int = 1) -> Tensor:
    """What is asked for; ``move`` is added to the column, ``sign`` turns the distance round."""
    reach = table.shape[1] // 2
    column = (sign * relative_distance(n, m)).clamp(-reach, reach) + reach + move
    return table[:, column % table.shape[1]]


def from_zero(table: Tensor, n: int, m: int) -> Tensor:
    """Queries counted from 0."""
    reach = table.shape[1] // 2
    distance = torch.arange(m)[None] - torch.arange(n)[:, None]
    return table[:, distance.clamp(-reach, reach) + reach]


def wrapped(table: Tensor, n: int, m: int) -> Tensor:
    """Distances beyond R begin again at the other end."""
    return table[:, (relative_distance(n, m) + table.shape[1] // 2) % table.shape[1]]


def outside_zero(table: Tensor, n: int, m: int) -> Tensor:
    """No bias beyond R."""
    return right(table, n, m) * (relative_distance(n, m).abs() <= table.shape[1] // 2)


SUSPECTS: dict[str, Callable[[Tensor, int, int], Tensor]] = {
    "the distance is i − j: the distance of key j from query i is j − i": lambda t, n, m: right(t, n, m, sign=-1),
    "R is not added: column 0 belongs to distance −R, and a negative index counts from the end": lambda t, n, m: right(
        t, n, m, move=t.shape[1] - t.shape[1] // 2
    ),
    "distance 0 is taken one column too far: it belongs to column R": lambda t, n, m: right(t, n, m, move=1),
    "distances beyond R begin again at the other end of the table: cut them off": wrapped,
    "distances beyond R get no bias: they share the number of R": outside_zero,
    "only the size of the distance counts: before and after have numbers of their own": lambda t, n, m: t[
        :, relative_distance(n, m).abs().clamp(max=t.shape[1] // 2) + t.shape[1] // 2
    ],
    "the heads come last: the result is (h, N, M)": lambda t, n, m: right(t, n, m).permute(1, 2, 0),
    "the queries are counted from 0, although they are the last of the keys": from_zero,
    "only the first head's numbers are used": lambda t, n, m: right(t[:1], n, m).expand(len(t), n, m),
}


def judge(student: Student, heads: int, reach: int, n: int, m: int, seed: int) -> None:
    """Compare for a table drawn at random."""
    table = torch.randn(heads, 2 * reach + 1, generator=seeded(seed))
    compare("bias", student(table, n, m), right(table, n, m), SUSPECTS, (table, n, m))


def test_within_reach(student: Student) -> None:
    """Three places, every distance has its own number."""
    judge(student, 2, 2, 3, 3, seed=1)


def test_beyond_reach(student: Student) -> None:
    """Seven places, distances beyond 2 share a number."""
    judge(student, 3, 2, 7, 7, seed=2)


def test_more_keys(student: Student) -> None:
    """Three queries at the end of seven keys."""
    judge(student, 2, 3, 3, 7, seed=3)


def test_gradient(student: Student) -> None:
    """Each number of the table gets the gradients of all pairs at its distance."""
    table, cotangent = torch.randn(2, 5, generator=seeded(4)), torch.randn(2, 3, 7, generator=seeded(5))
    leaf = table.clone().requires_grad_()
    (expected,) = torch.autograd.grad((right(leaf, 3, 7) * cotangent).sum(), leaf)
    (gradient,) = student.vjp([table, 3, 7], cotangent)
    compare("gradient of table", gradient, expected)
