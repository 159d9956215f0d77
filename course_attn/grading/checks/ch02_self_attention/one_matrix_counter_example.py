"""Checks of `one_matrix_counter_example`: properties, since there are endless right answers."""

import torch
from torch import Tensor

from course_attn.grading.diagnosis import parts, tensor
from course_attn.grading.student import Student
from course_attn.normalisers import softmax_weights
from course_attn.scores import scaled_dot_scores

GAP = 0.1


def pair(student: Student) -> tuple[Tensor, Tensor]:
    """Words and matrix, in double precision."""
    x, w = parts("the pair (x, w)", student(), 2)
    tensor("x", x)
    tensor("w", w)
    return x.double(), w.double()


def relation(student: Student) -> tuple[Tensor, Tensor]:
    """Scores and weights, both ``(N, N)``."""
    x, w = pair(student)
    scores = scaled_dot_scores(x @ w, x @ w)
    return scores, softmax_weights(scores)


def test_words_and_matrix(student: Student) -> None:
    """At least two words, and a matrix that takes them."""
    x, w = pair(student)
    for name, value, shape in (("x", x, "(N, D)"), ("w", w, "(D, d)")):
        matrix = value.dim() == 2 and value.numel() > 0
        assert matrix, f"{name} must have shape {shape}, got {tuple(value.shape)}"
        assert bool(value.isfinite().all()), f"{name} must hold finite numbers, got {value.tolist()}"
    assert len(x) >= 2, (
        f"x is one word only: there is no other to look at. Words are rows; x has shape {tuple(x.shape)}"
    )
    assert x.shape[1] == w.shape[0], (
        f"x @ w does not fit: the words have width {x.shape[1]}, w takes words of width {w.shape[0]}"
    )


def test_words_are_told_apart(student: Student) -> None:
    """The scores are not all the same."""
    x, w = pair(student)
    vectors = x @ w
    assert not bool((vectors == 0).all()), "x @ w is zero: every score is 0, every weight 1/N, both ways alike."
    same = torch.allclose(vectors, vectors[:1].expand_as(vectors))
    assert not same, "All words have the same vector x @ w: every weight is 1/N, both ways alike."


def test_directions_differ(student: Student) -> None:
    """One looks at the other more than it is looked at."""
    scores, weights = relation(student)
    gaps = (weights - weights.T).abs().fill_diagonal_(-1)  # a word and itself are no pair
    i, j = divmod(int(gaps.argmax()), len(gaps))
    there, back = weights[i, j].item(), weights[j, i].item()
    if gaps[i, j] > GAP:
        return
    shown = f"largest gap: word {i} gives word {j} {there:.4f}, word {j} gives word {i} {back:.4f}"
    others = weights.masked_fill(torch.eye(len(weights), dtype=torch.bool), 0)
    assert others.max() > 0.01, (
        f"Each word looks at itself and hardly at any other: nothing is left to compare.\n{shown}"
    )
    lengths = scores.diagonal()
    even = torch.allclose(lengths, lengths[:1].expand_as(lengths))
    assert not (even and len(lengths) == 2), (
        "Both words have the same score with themselves, so both rows are divided by the same total. "
        f"(That score is the squared length of x @ w, over √d.)\n{shown}"
    )
    totals = torch.logsumexp(scores, dim=-1)
    assert not torch.allclose(totals, totals[:1].expand_as(totals)), (
        "The exponentials of each row add up to the same total, and the scores are symmetric: so are the weights. "
        f"Make the totals differ.\n{shown}"
    )
    raise AssertionError(
        f"The directions differ, but by no more than {GAP}: let the totals of the rows differ more.\n{shown}"
    )
