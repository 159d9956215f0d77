"""Checks of `longest_wavelength`: the right numbers are computed from the formula."""

from __future__ import annotations

import math

from torch import Tensor

from course_attn.grading.diagnosis import compare_number, parts
from course_attn.grading.student import Student
from course_attn.positional.absolute import frequencies

OMEGA = frequencies("longest_wavelength", 512, 10000.0).tolist()
TURN = 2 * math.pi


def judge(student: Student, place: int, expected: float, suspects: dict[str, float], tolerance: float) -> None:
    """Compare one of the three predictions."""
    result = student()
    if isinstance(result, Tensor):
        result = result.tolist()
    got = parts("three numbers", result, 3)[place]
    compare_number(f"prediction {place + 1}", got, expected, suspects, tolerance, reveal=False)


def test_fastest(student: Student) -> None:
    """The fastest pair."""
    suspects = {
        "2π is left out: ω is in radians, and a full turn has 2π of them": 1.0,
        "the frequency is given in turns per place, not the wavelength in places": 1 / TURN,
        "half a turn is counted as a whole one": math.pi,
        "a turn is taken to have 360 units: ω is in radians": 360.0,
        "the slowest pair is given first": TURN / OMEGA[-1],
    }
    judge(student, 0, TURN, suspects, tolerance=1e-3)


def test_slowest(student: Student) -> None:
    """The slowest pair."""
    suspects = {
        "2π is left out: ω is in radians, and a full turn has 2π of them": 1 / OMEGA[-1],
        "i is taken to reach 256: the last of 256 pairs has i = 255": TURN * 10000,
        "i is taken to reach 256, and 2π is left out": 10000.0,
        "the exponent is i/D instead of 2i/D": TURN * 10000 ** (255 / 512),
        "the exponent is (2i + 1)/D, that of the last column: sine and cosine of a pair share 2i/D": (
            TURN * 10000 ** (511 / 512)
        ),
        "the frequency is given, not the wavelength": OMEGA[-1],
        "half a turn is counted as a whole one": math.pi / OMEGA[-1],
    }
    judge(student, 1, TURN / OMEGA[-1], suspects, tolerance=1e-5)


def test_turning(student: Student) -> None:
    """Pairs that turn round within 128 places."""
    turning = sum(TURN / omega <= 128 for omega in OMEGA)
    suspects = {
        "the last i is given: counted from 0, there is one pair more": turning - 1,
        "2π is left out: a pair has to turn by 2π, not by 1": sum(1 / omega <= 128 for omega in OMEGA),
        "half a turn is counted as a whole one": sum(math.pi / omega <= 128 for omega in OMEGA),
        "columns are counted, two for each pair": 2 * turning,
        "the pairs that do not turn round are counted": 256 - turning,
    }
    judge(student, 2, turning, suspects, tolerance=0)
