"""Checks of `step_with_cache`: step by step it must give the rows of causal attention over the whole sequence."""

from __future__ import annotations

import torch
from torch import Tensor

from course_attn.attention import attention
from course_attn.grading.diagnosis import compare, parts, tensor
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student
from course_attn.masks import causal_mask
from course_attn.scores import dot_scores

OUTPUT = {
    "the new token does not see itself: its own key and value belong to the row": lambda q, k, v, ok, ov: attention(
        q, ok, ov
    )[0],
    "the new token sees only itself: the old keys and values are not used": lambda q, k, v, ok, ov: v,
    "a causal mask of the wrong corner lets the newest token see only the oldest": lambda q, k, v, ok, ov: torch.cat(
        [ov, v], dim=2
    )[:, :, :1],
    "the scores are not divided by √d": lambda q, k, v, ok, ov: attention(
        q, torch.cat([ok, k], dim=2), torch.cat([ov, v], dim=2), score=dot_scores
    )[0],
    "the keys are mixed instead of the values": lambda q, k, v, ok, ov: attention(
        q, torch.cat([ok, k], dim=2), torch.cat([ok, k], dim=2)
    )[0],
    "the keys are kept in one order and the values in the other": lambda q, k, v, ok, ov: attention(
        q, torch.cat([ok, k], dim=2), torch.cat([v, ov], dim=2)
    )[0],
}
KEPT = {
    "the new token stands before the old ones: it belongs behind them": lambda new, old: torch.cat([new, old], dim=2),
    "only the new token is kept: the next step needs the old ones too": lambda new, old: new,
    "the new token is not kept: the next step will miss it": lambda new, old: old,
    "the oldest token is dropped": lambda new, old: torch.cat([old, new], dim=2)[:, :, 1:],
}


def draw(batch: int, heads: int, places: int, width: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values of a whole sequence."""
    query, key, value = torch.randn(3, batch, heads, places, width, generator=seeded(seed))
    return query, key, value


def judge(student: Student, new: tuple[Tensor, Tensor, Tensor], old: tuple[Tensor, Tensor], right: Tensor) -> list:  # type: ignore[type-arg]
    """Compare one step, what is kept first, and return what the learner's function kept."""
    output, *kept = parts("(output, keys, values)", student(*new, *old), 3)
    for name, got, fresh, before in zip(("keys", "values"), kept, new[1:], old, strict=True):
        tensor(name, got)
        compare(name, got, torch.cat([before, fresh], dim=2), KEPT, (fresh, before))
    compare("output", output, right, OUTPUT, (*new, *old))
    return kept


def test_one_more_token(student: Student) -> None:
    """Five tokens are there, the sixth arrives."""
    query, key, value = draw(2, 3, 6, 7, seed=1)
    whole = attention(query, key, value, causal_mask(6))[0]
    new, old = (query[:, :, 5:], key[:, :, 5:], value[:, :, 5:]), (key[:, :, :5], value[:, :, :5])
    judge(student, new, old, whole[:, :, 5:])


def test_from_the_first_token(student: Student) -> None:
    """Four tokens, one after the other, starting with nothing kept."""
    query, key, value = draw(1, 2, 4, 5, seed=2)
    whole = attention(query, key, value, causal_mask(4))[0]
    kept = [key[:, :, :0], value[:, :, :0]]
    for i in range(4):
        new = (query[:, :, i : i + 1], key[:, :, i : i + 1], value[:, :, i : i + 1])
        kept = judge(student, new, (kept[0], kept[1]), whole[:, :, i : i + 1])


def test_gradient(student: Student) -> None:
    """The gradient reaches the new token and what was kept."""
    query, key, value = draw(1, 2, 4, 5, seed=3)
    given = (query[:, :, 3:], key[:, :, 3:], value[:, :, 3:], key[:, :, :3], value[:, :, :3])
    cotangent = torch.randn(1, 2, 1, 5, generator=seeded(4))
    leaves = [part.clone().requires_grad_() for part in given]
    q, k, v, old_k, old_v = leaves
    result = attention(q, torch.cat([old_k, k], dim=2), torch.cat([old_v, v], dim=2))[0]
    expected = torch.autograd.grad((result * cotangent).sum(), leaves)
    names = ("query", "key", "value", "old_keys", "old_values")
    for name, got, wanted in zip(names, student.vjp(list(given), cotangent, part=0), expected, strict=True):
        compare(f"gradient of {name}", got, wanted)
