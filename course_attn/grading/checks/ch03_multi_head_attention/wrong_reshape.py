"""Checks of `wrong_reshape`: every subset of the three faults has its own name."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from course_attn.grading.diagnosis import compare
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student

Middle = Callable[[Tensor, Tensor, Tensor, int], Tensor]


def variant(split: bool, scale: bool, merge: bool) -> Middle:
    """The function with the parts repaired that are True."""

    def middle(query: Tensor, key: Tensor, value: Tensor, h: int) -> Tensor:
        batch, places, width = query.shape

        def cut(x: Tensor) -> Tensor:
            rows = x.unflatten(-1, (h, -1)).transpose(1, 2)
            return rows if split else x.reshape(batch, h, -1, width // h)

        scores = cut(query) @ cut(key).mT / (width // h if scale else width) ** 0.5
        mixed = torch.softmax(scores, dim=-1) @ cut(value)
        return (mixed.transpose(1, 2) if merge else mixed).reshape(batch, places, width)

    return middle


right = variant(True, True, True)
SUSPECTS: dict[str, Middle] = {
    "nothing is repaired yet: split, scale and merge are all wrong": variant(False, False, False),
    "the scale is right now, but split and merge still reshape without a transpose": variant(False, True, False),
    "only the split is repaired: scale and merge are wrong": variant(True, False, False),
    "only the merge is repaired: split and scale are wrong": variant(False, False, True),
    "one fault is left, in the split: a view to (B, h, N, d) cuts the sequence": variant(False, True, True),
    "one fault is left, in the scale: √D, the width of the model, in place of √d, the width of a head": (
        variant(True, False, True)
    ),
    "one fault is left, in the merge: heads and places must change back before the reshape": (
        variant(True, True, False)
    ),
    "the scale is gone altogether: the scores have to be divided by √d": lambda q, k, v, h: right(
        q * (q.shape[-1] // h) ** 0.5, k, v, h
    ),
}


def draw(batch: int, queries: int, keys: int, width: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values."""
    generator = seeded(seed)
    shapes = ((batch, queries, width), (batch, keys, width), (batch, keys, width))
    query, key, value = (torch.randn(shape, generator=generator) for shape in shapes)
    return query, key, value


def test_two_heads(student: Student) -> None:
    """Three places of width 4, two heads."""
    given = (*draw(1, 3, 3, 4, seed=1), 2)
    compare("output", student(*given), right(*given), SUSPECTS, given)


def test_two_lengths(student: Student) -> None:
    """Five queries and seven keys, three heads, a batch of two."""
    given = (*draw(2, 5, 7, 6, seed=2), 3)
    compare("output", student(*given), right(*given), SUSPECTS, given)


def test_gradient(student: Student) -> None:
    """The gradient reaches query, key and value."""
    given, cotangent = draw(2, 5, 7, 6, seed=3), torch.randn(2, 5, 6, generator=seeded(4))
    leaves = [value.clone().requires_grad_() for value in given]
    expected = torch.autograd.grad((right(*leaves, 3) * cotangent).sum(), leaves)
    for name, got, wanted in zip(("query", "key", "value"), student.vjp([*given, 3], cotangent), expected, strict=True):
        compare(f"gradient of {name}", got, wanted)
