"""Checks of `hidden_order`: properties, tried with layers drawn at random."""

from __future__ import annotations

import torch
from torch import Tensor

from course_attn._checks import describe
from course_attn.attention import attention
from course_attn.grading.diagnosis import tensor
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student


def sorted_rows(x: Tensor) -> list[list[float]]:
    """The rows in an order of their own."""
    return sorted(x.tolist())


def pooled(x: Tensor, seed: int) -> Tensor:
    """Mean of the output rows of a self-attention layer drawn at random."""
    matrices = torch.randn(3, x.shape[1], x.shape[1], generator=seeded(seed), dtype=torch.float64)
    query, key, value = (x.double() @ matrix for matrix in matrices)
    return attention(query, key, value)[0].mean(0)


def judge(student: Student, x: Tensor, unmoved: str) -> None:
    """Another sequence, with the same rows."""
    got = student(x)
    tensor("the sequence", got)
    same = got.shape == x.shape and got.dtype == x.dtype
    assert same, f"The sequence must have the shape and dtype of x, {describe(x)}, got {describe(got)}"
    assert not torch.equal(got, x), (
        f"This is the sequence that was given. {unmoved}\n"
        f"x is {[[round(number, 2) for number in row] for row in x.tolist()]}"
    )
    if sorted_rows(got) == sorted_rows(x):
        return
    gap = max((pooled(got, seed) - pooled(x, seed)).abs().max().item() for seed in range(5))
    columns = sorted(got.T.tolist()) == sorted(x.T.tolist())
    why = (
        "The columns were permuted: they are the entries of a word, not its place, and weights tell them apart."
        if columns
        else "The rows are not those of x in another order: some row is new, missing or repeated."
    )
    raise AssertionError(f"{why}\nfor a layer drawn at random the means differ by {gap:.3f}")


def test_random_rows(student: Student) -> None:
    """Seven different rows."""
    judge(student, torch.randn(7, 3, generator=seeded(1)), "The answer has to differ from x.")


def test_reads_the_same_backwards(student: Student) -> None:
    """A sequence that reads the same backwards."""
    half = torch.randn(3, 2, generator=seeded(2))
    judge(student, torch.cat([half, half.flip(0)]), "It reads the same backwards: turning it round changes nothing.")


def test_equal_neighbours(student: Student) -> None:
    """Only one row differs from the others."""
    for place in (0, 2, 4):
        x = torch.ones(5, 2)
        x[place] = 3.0
        judge(student, x, "The rows that changed places are equal: at least one must land on a row that differs.")
