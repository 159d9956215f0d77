"""Checks of `shift_rotation`."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from course_attn.grading.diagnosis import compare
from course_attn.grading.student import Student
from course_attn.positional.absolute import shift_matrix, sinusoidal_encoding


def blocks(k: int, d: int, block: Callable[[float], list[list[float]]], exponent: float = 1.0) -> Tensor:
    """One block for each pair, along the diagonal."""
    return torch.block_diag(*[torch.tensor(block(k * 10000.0 ** (-exponent * c / d))) for c in range(0, d, 2)])


def turn(angle: float) -> list[list[float]]:
    """The right block."""
    return [[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]]


def halves(k: int, d: int) -> Tensor:
    """For a table that has all sines first."""
    order = torch.cat([torch.arange(0, d, 2), torch.arange(1, d, 2)])
    return shift_matrix(k, d).float()[order][:, order]


SUSPECTS: dict[str, Callable[[int, int], Tensor]] = {
    "the matrix turns the other way: it leads from PE_(p+k) back to PE_p (look at the signs of the sines)": (
        lambda k, d: shift_matrix(-k, d).float()
    ),
    "ω is left out: every pair turns by k": lambda k, d: blocks(k, d, turn, exponent=0.0),
    "both sines have the same sign: then the matrix does not keep lengths": lambda k, d: blocks(
        k, d, lambda a: [[math.cos(a), math.sin(a)], [math.sin(a), math.cos(a)]]
    ),
    "sine and cosine are swapped inside the blocks": lambda k, d: blocks(
        k, d, lambda a: [[math.sin(a), math.cos(a)], [math.cos(a), -math.sin(a)]]
    ),
    "only the diagonal is filled: sine and cosine of a pair mix": lambda k, d: blocks(
        k, d, lambda a: [[math.cos(a), 0.0], [0.0, math.cos(a)]]
    ),
    "the encoding of place k was put on the diagonal: a shift mixes the two numbers of each pair": lambda k, d: (
        torch.diag(sinusoidal_encoding(abs(k) + 1, d)[-1])
    ),
    "the matrix is laid out for a table with all sines first: here sine and cosine alternate": halves,
    "the exponent is 4i/D: the columns 0, 2, 4 ... are 2i already": lambda k, d: blocks(k, d, turn, exponent=2.0),
    "the exponent is i/D instead of 2i/D": lambda k, d: blocks(k, d, turn, exponent=0.5),
    "the matrix of a shift by 1 is returned, whatever k is": lambda k, d: shift_matrix(1, d).float(),
    "k is taken without its sign": lambda k, d: shift_matrix(abs(k), d).float(),
}


def judge(student: Student, k: int, d: int) -> None:
    """Compare the matrix. Once shifts forward are right, only a lost sign can turn one back the wrong way."""
    suspects = {text: wrong for text, wrong in SUSPECTS.items() if k > 0 or "the other way" not in text}
    compare("R", student(k, d), shift_matrix(k, d).float(), suspects, (k, d))


def test_one_step(student: Student) -> None:
    """A shift by one place, width 6."""
    judge(student, 1, 6)


def test_three_steps(student: Student) -> None:
    """A shift by three places, width 10."""
    judge(student, 3, 10)


def test_backwards(student: Student) -> None:
    """A shift by two places back, width 4."""
    judge(student, -2, 4)
