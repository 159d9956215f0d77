"""Checks of `rollout_of_layers`."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import torch
from torch import Tensor

from course_attn.grading.diagnosis import compare
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student
from course_attn.vision.rollout import attention_rollout


def right(weights: Tensor) -> Tensor:
    """What is asked for."""
    return attention_rollout(list(weights[:, None]))[0]


def chain(weights: Tensor, share: float = 0.5, pool: Callable[[Tensor], Tensor] = lambda w: w.mean(1)) -> Tensor:
    """The product with another share of the residual path, or another mean."""
    eye = torch.eye(weights.shape[-1], dtype=weights.dtype)
    return reduce(lambda below, layer: ((1 - share) * layer + share * eye) @ below, pool(weights), eye)


def summed(weights: Tensor) -> Tensor:
    """Weights plus identity, not halved."""
    eye = torch.eye(weights.shape[-1], dtype=weights.dtype)
    return reduce(lambda below, layer: (layer + eye) @ below, weights.mean(1), eye)


SUSPECTS: dict[str, Callable[[Tensor], Tensor]] = {
    "the layers are multiplied in the wrong order: the last layer stands on the left": lambda w: right(w.flip(0)),
    "the residual path is left out": lambda w: chain(w, share=0.0),
    "the identity is added, but the sum is not halved: rows no longer sum to 1": summed,
    "the heads are summed, not averaged": lambda w: chain(w * w.shape[1]),
    "the largest head is taken, not the mean": lambda w: chain(w, pool=lambda v: v.amax(1)),
    "only the first head is used": lambda w: right(w[:, :1]),
    "the layers are averaged: they follow each other, so their matrices are multiplied": lambda w: (
        (w.mean((0, 1)) + torch.eye(w.shape[-1], dtype=w.dtype)) / 2
    ),
    "only the last layer is used": lambda w: right(w[-1:]),
    "the result is transposed: row i says what output i is made of": lambda w: right(w).T,
    "every layer's matrix is transposed: queries stand on rows": lambda w: chain(w.mT),
    "the matrices are multiplied entry by entry": lambda w: reduce(
        torch.mul, (w.mean(1) + torch.eye(w.shape[-1], dtype=w.dtype)) / 2
    ),
    "the first layer is left out": lambda w: right(w[1:]),
}


def draw(layers: int, heads: int, tokens: int, seed: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Weights that sum to one in each row."""
    scores = 1.5 * torch.randn(layers, heads, tokens, tokens, generator=seeded(seed), dtype=dtype)
    return torch.softmax(scores, dim=-1)


def test_three_layers(student: Student) -> None:
    """Three layers of one head, worked by hand."""
    weights = torch.tensor([[[[0.5, 0.5], [0.0, 1.0]]], [[[1.0, 0.0], [1.0, 0.0]]], [[[0.0, 1.0], [0.5, 0.5]]]])
    expected = torch.tensor([[0.5625, 0.4375], [0.46875, 0.53125]])
    compare("rollout", student(weights), expected, SUSPECTS, (weights,))


def test_heads(student: Student) -> None:
    """Three layers of two heads, five tokens."""
    weights = draw(3, 2, 5, seed=1)
    compare("rollout", student(weights), right(weights), SUSPECTS, (weights,))


def test_keeps_precision(student: Student) -> None:
    """Double precision stays double precision."""
    weights = draw(5, 3, 7, seed=2, dtype=torch.float64)
    compare("rollout", student(weights), right(weights), SUSPECTS, (weights,))
