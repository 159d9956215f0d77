"""Checks of `grouped_query_output`."""

from __future__ import annotations

import torch
from torch import Tensor

from course_attn.attention import attention
from course_attn.grading.diagnosis import compare
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student
from course_attn.scores import dot_scores


def share(query: Tensor, x: Tensor) -> Tensor:
    """Each head of ``x`` for its group of neighbours."""
    return x.repeat_interleave(query.shape[1] // x.shape[1], dim=1)


def alternate(query: Tensor, x: Tensor) -> Tensor:
    """The heads of ``x`` dealt out in turn."""
    return x.repeat(1, query.shape[1] // x.shape[1], 1, 1)


def right(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """What is asked for."""
    return attention(query, share(query, key), share(query, value))[0]


def one(x: Tensor, place: int) -> Tensor:
    """A single head, kept as an axis."""
    return x[:, place : place + 1] if place >= 0 else x[:, place:]


SUSPECTS = {
    "the heads of keys are dealt out in turn (0, 1, 0, 1): neighbours share one (0, 0, 1, 1)": lambda q, k, v: (
        attention(q, alternate(q, k), alternate(q, v))[0]
    ),
    "the keys are shared by neighbours, but the values are dealt out in turn": lambda q, k, v: attention(
        q, share(q, k), alternate(q, v)
    )[0],
    "all query heads use the first head of keys and values": lambda q, k, v: attention(q, one(k, 0), one(v, 0))[0],
    "all query heads use the mean of the keys and values": lambda q, k, v: attention(
        q, k.mean(1, keepdim=True), v.mean(1, keepdim=True)
    )[0],
    "the query heads of a group are averaged: each of them has an output of its own": lambda q, k, v: attention(
        q.unflatten(1, (k.shape[1], -1)).mean(2), k, v
    )[0],
    "the groups are right, but not laid out again one behind the other: the places g and h / g changed order": (
        lambda q, k, v: right(q, k, v).unflatten(1, (k.shape[1], -1)).transpose(1, 2).flatten(1, 2)
    ),
    "the scores are not divided by √d": lambda q, k, v: attention(q, share(q, k), share(q, v), score=dot_scores)[0],
    "the keys are mixed instead of the values": lambda q, k, v: attention(q, share(q, k), share(q, k))[0],
    "the softmax runs over the queries (dim=-2) instead of the keys (dim=-1)": lambda q, k, v: (
        torch.softmax(dot_scores(q, share(q, k)) / q.shape[-1] ** 0.5, dim=-2) @ share(q, v)
    ),
}


def draw(batch: int, heads: int, groups: int, queries: int, keys: int, width: int, seed: int) -> tuple[Tensor, ...]:
    """Queries, keys and values."""
    generator = seeded(seed)
    shapes = ((batch, heads, queries, width), (batch, groups, keys, width), (batch, groups, keys, width))
    return tuple(torch.randn(shape, generator=generator) for shape in shapes)


def test_two_groups(student: Student) -> None:
    """Four query heads, two heads of keys and values."""
    given = draw(1, 4, 2, 3, 5, 7, seed=1)
    compare("output", student(*given), right(*given), SUSPECTS, given)


def test_groups_of_three(student: Student) -> None:
    """A batch of two, six query heads in groups of three."""
    given = draw(2, 6, 2, 3, 5, 7, seed=2)
    compare("output", student(*given), right(*given), SUSPECTS, given)


def test_no_sharing(student: Student) -> None:
    """As many heads of keys as of queries: plain multi-head attention."""
    given = draw(2, 3, 3, 5, 7, 2, seed=3)
    compare("output", student(*given), attention(*given)[0], SUSPECTS, given)


def test_gradient(student: Student) -> None:
    """A shared head gets the gradient of its whole group."""
    given, cotangent = draw(2, 6, 2, 3, 5, 7, seed=4), torch.randn(2, 6, 3, 7, generator=seeded(5))
    leaves = [value.clone().requires_grad_() for value in given]
    expected = torch.autograd.grad((right(*leaves) * cotangent).sum(), leaves)
    for name, got, wanted in zip(("query", "key", "value"), student.vjp(given, cotangent), expected, strict=True):
        compare(f"gradient of {name}", got, wanted)
