"""Checks of `previous_token_score`."""

from __future__ import annotations

import torch
from torch import Tensor

from course_attn.grading.diagnosis import compare
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student


def right(weights: Tensor) -> Tensor:
    """Mean of the diagonal below the main one."""
    return weights.diagonal(offset=-1, dim1=-2, dim2=-1).mean(dim=(0, 2))


def shifted(weights: Tensor, offset: int) -> Tensor:
    """Mean of another diagonal."""
    return weights.diagonal(offset=offset, dim1=-2, dim2=-1).mean(dim=(0, 2))


SUSPECTS = {
    "the next token is measured: queries are rows, so the previous token stands below the main diagonal": (
        lambda w: shifted(w, 1)
    ),
    "every token's weight on itself is measured": lambda w: shifted(w, 0),
    "the token two places back is measured": lambda w: shifted(w, -2),
    "the sum is divided by N: only N − 1 queries have a previous token": lambda w: (
        right(w) * (w.shape[-1] - 1) / w.shape[-1]
    ),
    "the weights are summed over the queries, not averaged": lambda w: right(w) * (w.shape[-1] - 1),
    "the heads are averaged as well: each has a score of its own": lambda w: right(w).mean(),
    "the texts of the batch are not averaged": lambda w: w.diagonal(offset=-1, dim1=-2, dim2=-1).mean(-1),
    "only the first text of the batch is measured": lambda w: right(w[:1]),
    "the diagonal is taken over texts and heads: `diagonal` takes the first two axes, unless dim1 and dim2 say "
    "otherwise": lambda w: w.diagonal(offset=-1).mean(dim=(0, 2)),
    "only the largest weight of a row is counted, when it falls on the previous token": lambda w: (
        (w[..., 1:, :].argmax(-1) == torch.arange(w.shape[-1] - 1)).float().mean(dim=(0, 2))
    ),
    "the first query is counted too, and wraps round to the last token": lambda w: torch.cat(
        [w[..., 0, -1:], w.diagonal(offset=-1, dim1=-2, dim2=-1)], dim=-1
    ).mean(dim=(0, 2)),
}


def draw(batch: int, heads: int, places: int, seed: int) -> Tensor:
    """Weights that sum to one in each row."""
    return torch.softmax(1.5 * torch.randn(batch, heads, places, places, generator=seeded(seed)), dim=-1)


def test_one_text(student: Student) -> None:
    """One text of seven tokens, three heads."""
    weights = draw(1, 3, 7, seed=1)
    simple = {text: wrong for text, wrong in SUSPECTS.items() if "first text" not in text}
    compare("scores", student(weights), right(weights), simple, (weights,))


def test_two_texts(student: Student) -> None:
    """Two texts of five tokens, three heads."""
    weights = draw(2, 3, 5, seed=2)
    compare("scores", student(weights), right(weights), SUSPECTS, (weights,))
