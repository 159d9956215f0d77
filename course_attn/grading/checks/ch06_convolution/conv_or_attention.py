"""Checks of `conv_or_attention`: the right numbers are those that torch counts in real layers, as a test shows."""

from __future__ import annotations

from torch import Tensor

from course_attn.grading.diagnosis import compare_number, parts
from course_attn.grading.student import Student

N, C = 1024, 64


# Not counted here by torch.utils.flop_counter: it loads torch._dynamo, a second for every check.
def convolution(pixels: int = N) -> int:
    """Each of C outputs at each pixel takes 3 × 3 × C products."""
    return pixels * C * 3 * 3 * C


def attention(pixels: int = N) -> int:
    """Four projections (N, C) @ (C, C), the scores (N, C) @ (C, N), the sums (N, N) @ (N, C)."""
    return 4 * pixels * C * C + pixels * C * pixels + pixels * pixels * C


def judge(student: Student, place: int, expected: float, suspects: dict[str, float]) -> None:
    """Compare one of the three predictions."""
    result = student()
    if isinstance(result, Tensor):
        result = result.tolist()
    got = parts("three numbers", result, 3)[place]
    compare_number(f"prediction {place + 1}", got, expected, suspects, tolerance=0, reveal=False)


def test_convolution(student: Student) -> None:
    """The convolution."""
    suspects = {
        "every output channel looks at one input channel only: it looks at all 64": N * 9 * C,
        "the kernel is counted as 3, not 3 × 3": N * 3 * C * C,
        "one place of the kernel is counted: it has 3 × 3": N * C * C,
        "the pixels are left out: the kernel's numbers are used once for each": 9 * C * C,
        "additions are counted too": 2 * N * 9 * C * C,
        "the pixels at the border are left out: with padding they are computed as well": 30 * 30 * 9 * C * C,
        "32 pixels are counted, not 32 × 32": 32 * 9 * C * C,
        "the two counts stand in the wrong order": attention(),
    }
    judge(student, 0, convolution(), suspects)


def test_attention(student: Student) -> None:
    """Attention over all pixels."""
    project, pairs = N * C * C, N * N * C
    suspects = {
        "the projections are forgotten": 2 * pairs,
        "the output projection is forgotten": 3 * project + 2 * pairs,
        "only the scores are counted: the weighted sums cost as much": 4 * project + pairs,
        "the pairs of pixels are forgotten": 4 * project,
        "a score is counted as one multiplication: it is a dot product of 64": 4 * project + 2 * N * N,
        "additions are counted too": 2 * (4 * project + 2 * pairs),
        "the pairs are counted once for both directions: i asks j and j asks i": 4 * project + pairs + N * C,
    }
    judge(student, 1, attention(), suspects)


def test_crossing(student: Student) -> None:
    """From how many pixels on attention needs more."""
    suspects = {
        "at this number both need the same: attention needs more from the next on": 160,
        "the side of the image is given, not its number of pixels": 13,
        "the projections are forgotten: 2 N > 9 C": 9 * C // 2 + 1,
        "the pixels of the example are given: it is asked from where on": N,
        "only the scores are counted, without the weighted sums: N > 5 C": 5 * C + 1,
        "the output projection is forgotten: 2 N > 6 C": 3 * C + 1,
        "the inequality is solved with C on one side only: 2 N > 5 C, not 2 N > 5": 3,
    }
    expected = next(pixels for pixels in range(1, N) if attention(pixels) > convolution(pixels))
    judge(student, 2, expected, suspects)
