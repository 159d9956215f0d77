"""Checks of `split_into_heads`."""

import torch
from torch import Tensor

from course_attn.grading.diagnosis import compare
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student
from course_attn.head_axis import split_heads


def cut(x: Tensor, num_heads: int) -> Tensor:
    """The width cut, places still first: (B, N, h, d)."""
    return x.reshape(*x.shape[:2], num_heads, x.shape[-1] // num_heads)


SUSPECTS = {
    "one reshape goes straight to (B, h, N, d): it cuts the sequence, not the width, and mixes places": (
        lambda x, h: x.reshape(x.shape[0], h, x.shape[1], x.shape[2] // h)
    ),
    "heads and places have not changed places yet: (B, N, h, d)": cut,
    "each head takes every h-th column instead of d columns in a row": lambda x, h: x.reshape(
        *x.shape[:2], x.shape[-1] // h, h
    ).permute(0, 3, 1, 2),
    "the last two axes are swapped: a head is N rows of d numbers": lambda x, h: split_heads(x, h).mT,
    "the heads stand before the batch: the order is (B, h, N, d)": lambda x, h: split_heads(x, h).transpose(0, 1),
    "h and d are swapped: h is the number of heads, d = D / h the width of one": lambda x, h: split_heads(
        x, x.shape[-1] // h
    ),
    "the number of heads is fixed at 2": lambda x, h: split_heads(x, 2),
}


def test_worked_by_hand(student: Student) -> None:
    """Three places of width 4, two heads, worked by hand."""
    x = torch.tensor([[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0], [9.0, 10.0, 11.0, 12.0]]])
    expected = torch.tensor([[[[1.0, 2.0], [5.0, 6.0], [9.0, 10.0]], [[3.0, 4.0], [7.0, 8.0], [11.0, 12.0]]]])
    simple = {text: wrong for text, wrong in SUSPECTS.items() if "swapped: h" not in text and "fixed" not in text}
    compare("heads", student(x, 2), expected, simple, (x, 2))


def test_more_heads(student: Student) -> None:
    """A batch of two, seven places, three heads of width 4."""
    x = torch.randn(2, 7, 12, generator=seeded(1))
    compare("heads", student(x, 3), split_heads(x, 3), SUSPECTS, (x, 3))


def test_gradient(student: Student) -> None:
    """The gradient finds its way back to the same numbers."""
    x, cotangent = torch.randn(2, 5, 6, generator=seeded(2)), torch.randn(2, 3, 5, 2, generator=seeded(3))
    (gradient,) = student.vjp([x, 3], cotangent)
    compare("gradient of x", gradient, cotangent.transpose(1, 2).reshape(2, 5, 6))
