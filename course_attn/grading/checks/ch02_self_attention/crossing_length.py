"""Checks of `crossing_length`: the right numbers are computed, the wrong ones each from its mistake."""

import torch

from course_attn.grading.diagnosis import compare_number, parts
from course_attn.grading.student import Student

NARROW, WIDE, LENGTH = 512, 1024, 50
MATRICES = 8  # of the LSTM
PROJECTIONS = 3  # of self-attention
PAIRS = 2  # multiplications for a pair of words, over D: one dot product, one share in a mixture


def crossing(width: int, matrices: int = MATRICES, projections: int = PROJECTIONS, pairs: int = PAIRS) -> float:
    """The N that solves ``matrices · N D² = projections · N D² + pairs · N² D``."""
    return (matrices - projections) * width / pairs


def share(width: int = NARROW, projections: int = PROJECTIONS, pairs: int = PAIRS) -> float:
    """The part of the multiplications that is there for each pair of words."""
    return pairs * LENGTH / (projections * width + pairs * LENGTH)


def lengths(width: int) -> dict[str, float]:
    """What each mistake in the count gives as a length."""
    return {
        "the queries, keys and values are taken as free: each costs a D × D matrix a word": crossing(
            width, projections=0
        ),
        "a single projection is counted: queries, keys and values have a matrix each": crossing(width, projections=1),
        "an output projection is counted too: here there is none": crossing(width, projections=4),
        "only the dot products are counted for each pair of words, or only the mixing: both are there": crossing(
            width, pairs=1
        ),
        "the LSTM's gates are given one matrix each: the state is multiplied too": crossing(width, matrices=4),
        "three gates are counted in the LSTM: input, forget, output, and the candidate as the fourth": crossing(
            width, matrices=6
        ),
        "a single gate is counted: that is a plain recurrent network, which is always cheaper": crossing(
            width, matrices=2
        ),
        "N² D is set equal to N D²: that says how they grow, not how many there are": float(width),
    }


SCALING = {
    "the crossing stays where it was: a wider D makes the LSTM's matrices grow faster than the pairs": crossing(NARROW),
    "the crossing moves with D²: one D on either side cancels": 4 * crossing(NARROW),
    "the crossing moves to the shorter side when D grows: the LSTM has D² where the pairs have D": crossing(NARROW) / 2,
}
SHARES = {
    "the pairs are divided by the rest, not by all multiplications": PAIRS * LENGTH / (PROJECTIONS * NARROW),
    "only the dot products are counted for each pair of words, or only the mixing: both are there": share(pairs=1),
    "half of the pairs' multiplications is left out above the line, but not below": share() / 2,
    "the share of the projections is given, the other part": 1 - share(),
    "the share is given in per cent": 100 * share(),
    "the queries, keys and values are taken as free: each costs a D × D matrix a word": 1.0,
    "a single projection is counted: queries, keys and values have a matrix each": share(projections=1),
    "an output projection is counted too: here there is none": share(projections=4),
    "N is divided by D: that compares one pair with one matrix, constants left out": LENGTH / NARROW,
}


def predicted(student: Student, place: int) -> object:
    """One of the three numbers."""
    result = student()
    return parts("three numbers", result.tolist() if isinstance(result, torch.Tensor) else result, 3)[place]


def test_at_width_512(student: Student) -> None:
    """The length at D = 512."""
    got = predicted(student, 0)
    compare_number("prediction 1", got, crossing(NARROW), lengths(NARROW), tolerance=1e-3, reveal=False)


def test_at_width_1024(student: Student) -> None:
    """The length at D = 1024."""
    got = predicted(student, 1)
    compare_number("prediction 2", got, crossing(WIDE), SCALING, tolerance=1e-3, reveal=False)


def test_share_at_50_words(student: Student) -> None:
    """The share at 50 words."""
    compare_number("prediction 3", predicted(student, 2), share(), SHARES, tolerance=6e-4, reveal=False)
