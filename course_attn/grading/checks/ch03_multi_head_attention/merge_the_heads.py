"""Checks of `merge_the_heads`."""

import torch

from course_attn.grading.diagnosis import compare
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student
from course_attn.head_axis import merge_heads

SUSPECTS = {
    "the heads are reshaped without the transpose: rows then mix places of one head": lambda x: x.reshape(
        x.shape[0], x.shape[2], -1
    ),
    "the heads are summed: they must stand side by side": lambda x: x.sum(1),
    "the heads are averaged: they must stand side by side": lambda x: x.mean(1),
    "only one head is kept": lambda x: x[:, 0],
    "the numbers of the heads alternate: all of head 0 comes first, then all of head 1": lambda x: x.permute(
        0, 2, 3, 1
    ).flatten(2),
    "the heads are stacked below each other, along the places, instead of side by side": lambda x: x.flatten(1, 2),
    "the last two axes were not joined: (B, N, h, d)": lambda x: x.transpose(1, 2),
}


def test_worked_by_hand(student: Student) -> None:
    """Two heads, three places, width 2, worked by hand."""
    x = torch.tensor([[[[1.0, 2.0], [5.0, 6.0], [9.0, 10.0]], [[3.0, 4.0], [7.0, 8.0], [11.0, 12.0]]]])
    expected = torch.tensor([[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 12.0]]])
    compare("rows", student(x), expected, SUSPECTS, (x,))


def test_batch(student: Student) -> None:
    """A batch of two, three heads, seven places, width 5."""
    x = torch.randn(2, 3, 7, 5, generator=seeded(1))
    compare("rows", student(x), merge_heads(x), SUSPECTS, (x,))


def test_gradient(student: Student) -> None:
    """The gradient finds its way back to the same numbers."""
    x, cotangent = torch.randn(2, 3, 5, 2, generator=seeded(2)), torch.randn(2, 5, 6, generator=seeded(3))
    (gradient,) = student.vjp([x], cotangent)
    compare("gradient of x", gradient, cotangent.reshape(2, 5, 3, 2).transpose(1, 2))
