"""Checks of `parameters_of_layer`: the right number is counted in a real layer."""

from __future__ import annotations

from collections.abc import Callable

from course_attn.grading.diagnosis import compare_number
from course_attn.grading.student import Student
from course_attn.multi_head import MultiHeadAttention

Count = Callable[[int, int, int, bool], int]


def truth(d_model: int, num_heads: int, num_kv_heads: int, bias: bool) -> int:
    """Counted, not calculated."""
    layer = MultiHeadAttention(d_model, num_heads, num_kv_heads=num_kv_heads, bias=bias)
    return sum(parameter.numel() for parameter in layer.parameters())


def formula(d: int, h: int, g: int, bias: bool, *, output: int = 1, kv: int = 2, square: bool = False) -> int:
    """The count with parts left out or added."""
    narrow = d if square else d // h * g
    return (1 + output) * (d * d + bias * d) + kv * (d * narrow + bias * narrow)


SUSPECTS: dict[str, Count] = {
    "the output projection is forgotten": lambda d, h, g, b: formula(d, h, g, b, output=0),
    "keys and values are counted once: they have a projection each": lambda d, h, g, b: formula(d, h, g, b, kv=1),
    "keys and values are counted for all heads, although only num_kv_heads have their own": lambda d, h, g, b: formula(
        d, h, g, b, square=True
    ),
    "the count is multiplied by the number of heads: each head has only d = D / h columns": lambda d, h, g, b: (
        h * formula(d, h, g, b)
    ),
    "the count is divided by the number of heads: there are h of them": lambda d, h, g, b: formula(d, h, g, b) // h,
    "the biases are forgotten": lambda d, h, g, b: formula(d, h, g, False),
    "all four biases are taken to be as long as D: those of keys and values are shorter here": lambda d, h, g, b: (
        formula(d, h, g, False) + 4 * d * b
    ),
    "only one bias is counted: every projection has one": lambda d, h, g, b: formula(d, h, g, False) + d * b,
    "each head has its own copy of keys and values of width D": lambda d, h, g, b: 2 * d * d + 2 * d * d * g,
}


def judge(student: Student, d_model: int, num_heads: int, num_kv_heads: int, bias: bool) -> None:
    """Compare the count."""
    given = (d_model, num_heads, num_kv_heads, bias)
    case = f"count for d_model={d_model}, num_heads={num_heads}, num_kv_heads={num_kv_heads}, bias={bias}"
    suspects = {text: wrong(*given) for text, wrong in SUSPECTS.items()}
    compare_number(case, student(*given), truth(*given), suspects, tolerance=0)


def test_grouped(student: Student) -> None:
    """Six heads share the keys and values of two."""
    judge(student, 42, 6, 2, False)


def test_biases(student: Student) -> None:
    """The same with biases."""
    judge(student, 42, 6, 2, True)
