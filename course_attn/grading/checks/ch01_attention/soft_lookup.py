"""Checks of `soft_lookup`."""

import torch
from torch import Tensor

from course_attn.attention import attention
from course_attn.grading.diagnosis import compare, parts, tensor
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student
from course_attn.masks import causal_mask
from course_attn.scores import dot_scores, scaled_dot_scores


def rows(scores: Tensor) -> Tensor:
    """Softmax over the keys."""
    return torch.softmax(scores, dim=-1)


WEIGHTS = {
    "the scores are not divided by √d": lambda q, k, v: rows(dot_scores(q, k)),
    "the scores are divided by √d_v, the width of the values, instead of √d": lambda q, k, v: rows(
        dot_scores(q, k) / v.shape[-1] ** 0.5
    ),
    "the divisor is fixed at 2, which is √d for d = 4 only": lambda q, k, v: rows(dot_scores(q, k) / 2),
    "the scores are divided by d instead of √d": lambda q, k, v: rows(dot_scores(q, k) / q.shape[-1]),
    "the softmax runs over the queries (dim=-2) instead of the keys (dim=-1)": lambda q, k, v: torch.softmax(
        scaled_dot_scores(q, k), dim=-2
    ),
    "the scores are returned in place of the weights: the softmax is missing": lambda q, k, v: scaled_dot_scores(q, k),
    "only the best key is looked up, the rest gets nothing: that is a hard look-up": lambda q, k, v: (
        torch.nn.functional.one_hot(scaled_dot_scores(q, k).argmax(-1), k.shape[-2]).to(q)
    ),
}
BATCHED = {
    "the softmax runs over the first axis (dim=0), a batch axis here, instead of the keys (dim=-1)": (
        lambda q, k, v: torch.softmax(scaled_dot_scores(q, k), dim=0)
    )
} | WEIGHTS
OUTPUT = {
    "the keys are mixed instead of the values: weights @ value": lambda q, k, v: attention(q, k, v)[1] @ k,
    "the scores themselves mix the values: the softmax must come before": lambda q, k, v: scaled_dot_scores(q, k) @ v,
    "the values are summed without weights": lambda q, k, v: v.sum(-2, keepdim=True).expand(*q.shape[:-1], v.shape[-1]),
    "the output is divided by the number of keys: the weights already sum to 1": lambda q, k, v: (
        attention(q, k, v)[0] / k.shape[-2]
    ),
}
MASKED = {
    "the mask is ignored": lambda q, k, v, m: attention(q, k, v)[1],
    "the mask is read the other way round: True means the key may be seen": lambda q, k, v, m: attention(q, k, v, ~m)[
        1
    ],
    "the weights are masked after the softmax: the rest of the row no longer sums to 1": lambda q, k, v, m: (
        attention(q, k, v)[1] * m
    ),
    "the mask hides a key from itself too: it is off by one": lambda q, k, v, m: attention(q, k, v, m.tril(-1))[1],
    "a query that may see nothing gets NaN: fill with −inf only where something is left": lambda q, k, v, m: rows(
        scaled_dot_scores(q, k).masked_fill(~m, float("-inf"))
    ),
    "a query that may see nothing gets equal weights from one large negative number": lambda q, k, v, m: rows(
        scaled_dot_scores(q, k).masked_fill(~m, -1e9)
    ),
}


def draw(*shape: int, seed: int) -> Tensor:
    """Numbers from a normal distribution, the same in every run."""
    return torch.randn(*shape, generator=seeded(seed))


def two(result: object) -> tuple[Tensor, Tensor]:
    """The two parts of a result, both tensors."""
    output, weights = parts("the pair (output, weights)", result, 2)
    tensor("output", output)
    tensor("weights", weights)
    return output, weights


def look(student: Student, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> None:
    """Compare weights first, since a wrong weight spoils the output too."""
    output, weights = two(student(query, key, value, mask))
    right_output, right_weights = attention(query, key, value, mask)
    swapped = output.shape == right_weights.shape and weights.shape == right_output.shape
    assert not (swapped and torch.allclose(output, right_weights)), (
        "The two parts come in the wrong order: return (output, weights), not (weights, output)."
    )
    given = (query, key, value)
    if mask is None:
        compare("weights", weights, right_weights, BATCHED if query.dim() > 2 else WEIGHTS, given)
        compare("output", output, right_output, OUTPUT, given)
    else:
        compare("weights", weights, right_weights, MASKED, (*given, mask))
        compare("output", output, right_output)


def test_one_query(student: Student) -> None:
    """One query, two keys: the weights are 1/4 and 3/4."""
    query, key = torch.tensor([[1.0, 0.0, 0.0, 0.0]]), torch.zeros(2, 4)
    key[1, 0] = 2 * torch.log(torch.tensor(3.0))
    value = torch.tensor([[0.0, 8.0, 4.0], [4.0, 0.0, 4.0]])
    output, weights = two(student(query, key, value, None))
    look(student, query, key, value)
    compare("weights", weights, torch.tensor([[0.25, 0.75]]))
    compare("output", output, torch.tensor([[3.0, 2.0, 4.0]]))


def test_more_queries(student: Student) -> None:
    """Three queries, five keys of width 7, values of width 2."""
    look(student, draw(3, 7, seed=1), draw(5, 7, seed=2), draw(5, 2, seed=3))


def test_batches(student: Student) -> None:
    """With two batch axes in front."""
    look(student, draw(2, 3, 5, 11, seed=4), draw(2, 3, 7, 11, seed=5), draw(2, 3, 7, 13, seed=6))


def test_random_mask(student: Student) -> None:
    """Some keys hidden from each query."""
    mask = torch.rand(3, 5, generator=seeded(20)) < 0.5
    mask[:, 0], mask[:, 1] = True, False
    look(student, draw(2, 3, 7, seed=21), draw(2, 5, 7, seed=22), draw(2, 5, 3, seed=23), mask)


def test_causal_mask(student: Student) -> None:
    """Each query sees the keys up to its own place."""
    look(student, draw(2, 5, 7, seed=10), draw(2, 5, 7, seed=11), draw(2, 5, 3, seed=12), causal_mask(5))


def test_dead_query(student: Student) -> None:
    """A query that may see nothing gets zeros."""
    mask = torch.tensor([[True, False, True], [False, False, False]])
    look(student, draw(2, 5, seed=13), draw(3, 5, seed=14), draw(3, 7, seed=15), mask)


def test_gradient(student: Student) -> None:
    """The gradient reaches query, key and value."""
    query, key, value = draw(3, 7, seed=16), draw(5, 7, seed=17), draw(5, 2, seed=18)
    cotangent = draw(3, 2, seed=19)
    weights = attention(query, key, value)[1]
    to_weights = cotangent @ value.mT
    to_scores = weights * (to_weights - (weights * to_weights).sum(-1, keepdim=True)) / 7**0.5
    found = student.vjp([query, key, value, None], cotangent, part=0)
    expected = (to_scores @ key, to_scores.mT @ query, weights.mT @ cotangent)
    for name, got, right in zip(("query", "key", "value"), found, expected, strict=False):
        compare(f"gradient of {name}", got, right)
