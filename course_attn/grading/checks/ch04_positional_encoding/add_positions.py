"""Checks of `add_positions`: what is still wrong is told by name."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import torch
from torch import Tensor

from course_attn.grading.diagnosis import compare, meaning
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student

Adder = Callable[[Tensor, Tensor, int], Tensor]


def variant(by_batch: bool, off_by_one: bool, no_start: bool) -> Adder:
    """The function with the faults that are True."""

    def add(x: Tensor, table: Tensor, start: int) -> Tensor:
        first = (0 if no_start else start) + int(off_by_one)
        if by_batch:
            return x + table[first : first + x.shape[0]][:, None]
        return x + table[first : first + x.shape[1]]

    return add


FAULTS = (
    "the places are counted along the batch: every word of sentence b gets the encoding of place b",
    "the first place is taken for 1: places count from 0",
    "`start` is not used: the words stand at start, start + 1, ...",
)
COUNTS = "Each sentence needs one row of the table for each of its N words, rows start to start + N − 1; these are {0}."
right = variant(False, False, False)
SUSPECTS: dict[str, Adder] = {
    " and ".join(text for text, there in zip(FAULTS, faults, strict=True) if there): variant(*faults)
    for faults in product((False, True), repeat=3)
    if any(faults)
} | {
    "all words get the encoding of the first place": lambda x, table, start: x + table[start],
    "the slice ends at N: it ends at start + N": lambda x, table, start: x + table[start : x.shape[1]],
    "the slice begins at place 0: it begins at start": lambda x, table, start: x + table[: start + x.shape[1]],
    "the words themselves are lost: only their places are returned": lambda x, table, start: table[
        start : start + x.shape[1]
    ].expand_as(x),
}


def judge(student: Student, batch: int, places: int, start: int, seed: int) -> None:
    """Compare for words and a table drawn at random. At place 0 nobody can tell whether `start` was used."""
    x, table = torch.randn(batch, places, 5, generator=seeded(seed)), torch.randn(31, 5, generator=seeded(seed + 1))
    given = (x, table, start)
    misfit = {  # three words and another number of places, whichever stands first; no other axis is as long
        rf"tensor a \({places}\) must match the size of tensor b \((\d+)\) at non-singleton dimension 1": COUNTS,
        rf"tensor a \((\d+)\) must match the size of tensor b \({places}\) at non-singleton dimension 1": COUNTS,
    }
    suspects = {text: wrong for text, wrong in SUSPECTS.items() if start or FAULTS[2] not in text}
    with meaning(misfit):
        got = student(*given)
    compare("rows", got, right(*given), suspects, given)


def test_from_the_beginning(student: Student) -> None:
    """Two sentences of three words, from place 0."""
    judge(student, 2, 3, 0, seed=1)


def test_word_by_word(student: Student) -> None:
    """Three sentences, one word each, at place 7."""
    judge(student, 3, 1, 7, seed=3)


def test_later_words(student: Student) -> None:
    """Two sentences, seven words from place 11 on."""
    judge(student, 2, 7, 11, seed=5)


def test_gradient(student: Student) -> None:
    """The gradient reaches the words and the table."""
    x, table = torch.randn(2, 3, 5, generator=seeded(7)), torch.randn(11, 5, generator=seeded(8))
    cotangent = torch.randn(2, 3, 5, generator=seeded(9))
    to_x, to_table = student.vjp([x, table, 4], cotangent)
    expected = torch.zeros(11, 5)
    expected[4:7] = cotangent.sum(0)
    compare("gradient of x", to_x, cotangent)
    compare("gradient of table", to_table, expected)
