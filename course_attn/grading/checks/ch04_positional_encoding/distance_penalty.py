"""Checks of `distance_penalty`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from course_attn.grading.diagnosis import compare
from course_attn.grading.student import Student
from course_attn.positional.bias import AlibiBias, relative_distance


def right(h: int, n: int) -> Tensor:
    """What is asked for."""
    return AlibiBias(h)(n, n)


def sloped(slopes: Tensor, n: int) -> Tensor:
    """The bias for other slopes."""
    return -slopes[:, None, None] * relative_distance(n, n).abs()


SUSPECTS: dict[str, Callable[[int, int], Tensor]] = {
    "the sign is missing: far keys would be preferred": lambda h, n: -right(h, n),
    "the distance has a sign: keys that come later are rewarded": lambda h, n: (
        AlibiBias(h).slopes[:, None, None] * relative_distance(n, n)
    ),
    "the distance has a sign: keys that came earlier are rewarded": lambda h, n: (
        -AlibiBias(h).slopes[:, None, None] * relative_distance(n, n)
    ),
    "the heads are counted from 0, so that the first slope is 1: t runs from 1 to h": lambda h, n: sloped(
        2.0 ** (-8 * torch.arange(h) / h), n
    ),
    "the exponent is not divided by the number of heads": lambda h, n: sloped(
        2.0 ** (-8.0 * torch.arange(1, h + 1)), n
    ),
    "the slopes are 2^(−t), whatever h is": lambda h, n: sloped(2.0 ** (-1.0 * torch.arange(1, h + 1)), n),
    "the slopes are powers of e, not of 2": lambda h, n: sloped(torch.exp(-8 * torch.arange(1, h + 1) / h), n),
    "the heads come in reverse: the first has the steepest slope": lambda h, n: right(h, n).flip(0),
    "all heads have the slope of the first": lambda h, n: right(h, n)[:1].expand(h, n, n),
    "the distance is squared": lambda h, n: right(h, n) * relative_distance(n, n).abs(),
    "later keys are hidden as well: the mask is another's business": lambda h, n: right(h, n).masked_fill(
        relative_distance(n, n) > 0, float("-inf")
    ),
    "the heads come last: the result is (h, N, N)": lambda h, n: right(h, n).permute(1, 2, 0),
}


def test_two_heads(student: Student) -> None:
    """Two heads, three places."""
    compare("bias", student(2, 3), right(2, 3), SUSPECTS, (2, 3))


def test_eight_heads(student: Student) -> None:
    """Eight heads, seven places."""
    compare("bias", student(8, 7), right(8, 7), SUSPECTS, (8, 7))
