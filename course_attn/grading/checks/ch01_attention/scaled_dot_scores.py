"""Checks of `scaled_dot_scores`."""

import torch
from torch import Tensor

from course_attn.grading.diagnosis import compare
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student
from course_attn.scores import dot_scores, scaled_dot_scores

SUSPECTS = {
    "the scores are not divided by √d": dot_scores,
    "the scores are divided by d instead of √d": lambda q, k: dot_scores(q, k) / q.shape[-1],
    "the divisor is fixed at 2, which is √d for d = 4 only": lambda q, k: dot_scores(q, k) / 2,
    "the scores are multiplied by √d instead of divided": lambda q, k: dot_scores(q, k) * q.shape[-1] ** 0.5,
    "the scores are divided by the square root of the number of keys, not of the width": lambda q, k: (
        dot_scores(q, k) / k.shape[-2] ** 0.5
    ),
    "the scores are divided by the square root of the number of queries, not of the width": lambda q, k: (
        dot_scores(q, k) / q.shape[-2] ** 0.5
    ),
    "rows and columns are swapped: rows belong to queries, columns to keys": lambda q, k: scaled_dot_scores(
        q, k
    ).transpose(-2, -1),
    "the softmax is already taken: scores come before it": lambda q, k: torch.softmax(scaled_dot_scores(q, k), dim=-1),
    "each vector is first scaled to length 1: that is the cosine": lambda q, k: dot_scores(
        torch.nn.functional.normalize(q, dim=-1), torch.nn.functional.normalize(k, dim=-1)
    ),
}


def draw(*shape: int, seed: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Numbers from a normal distribution, the same in every run."""
    return torch.randn(*shape, generator=seeded(seed), dtype=dtype)


def test_worked_by_hand(student: Student) -> None:
    """Two queries, three keys of width 4, worked by hand."""
    query = torch.tensor([[1.0, 2.0, 2.0, 0.0], [0.0, 0.0, 1.0, 1.0]])
    key = torch.tensor([[2.0, 0.0, 1.0, 5.0], [1.0, 1.0, 1.0, 1.0], [0.0, 3.0, 0.0, 2.0]])
    expected = torch.tensor([[2.0, 2.5, 3.0], [3.0, 1.0, 1.0]])
    compare("scores", student(query, key), expected, SUSPECTS, (query, key))


def test_more_queries(student: Student) -> None:
    """Three queries, five keys of width 7."""
    query, key = draw(3, 7, seed=1), draw(5, 7, seed=2)
    compare("scores", student(query, key), scaled_dot_scores(query, key), SUSPECTS, (query, key))


def test_batches(student: Student) -> None:
    """With two batch axes in front."""
    query, key = draw(2, 3, 5, 11, seed=3), draw(2, 3, 7, 11, seed=4)
    compare("scores", student(query, key), scaled_dot_scores(query, key), SUSPECTS, (query, key))


def test_keeps_precision(student: Student) -> None:
    """Double precision stays double precision."""
    query, key = draw(3, 7, seed=5, dtype=torch.float64), draw(5, 7, seed=6, dtype=torch.float64)
    compare("scores", student(query, key), scaled_dot_scores(query, key), SUSPECTS, (query, key))


def test_gradient(student: Student) -> None:
    """The gradient reaches queries and keys."""
    query, key = draw(3, 7, seed=7), draw(5, 7, seed=8)
    cotangent = draw(3, 5, seed=9)
    to_query, to_key = student.vjp([query, key], cotangent)
    compare("gradient of query", to_query, cotangent @ key / 7**0.5)
    compare("gradient of key", to_key, cotangent.mT @ query / 7**0.5)
