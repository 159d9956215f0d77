"""Checks of `word_circle`: properties, since there are endless right answers."""

import torch
from torch import Tensor

from course_attn.grading.diagnosis import parts, tensor
from course_attn.grading.student import Student
from course_attn.normalisers import softmax_weights
from course_attn.scores import scaled_dot_scores

ENOUGH = 0.9
WORDS = 3
NEXT = torch.tensor([1, 2, 0])
BEFORE = torch.tensor([2, 0, 1])


def matrices(student: Student) -> tuple[Tensor, Tensor]:
    """Both matrices, in double precision."""
    w_q, w_k = parts("the pair (w_q, w_k)", student(), 2)
    tensor("w_q", w_q)
    tensor("w_k", w_k)
    return w_q.double(), w_k.double()


def relation(student: Student) -> tuple[Tensor, Tensor]:
    """Scores and weights of the three words, both (3, 3)."""
    w_q, w_k = matrices(student)
    scores = scaled_dot_scores(w_q, w_k)  # the words are the rows of eye(3): X W is W
    return scores, softmax_weights(scores)


def shown(weights: Tensor) -> str:
    """The weights, one row for each word that looks."""
    rows = [f"  word {place + 1} looks at  {'  '.join(f'{w:.3f}' for w in row)}" for place, row in enumerate(weights)]
    return "\n".join(["weights on words 1, 2, 3:", *rows])


def test_two_matrices(student: Student) -> None:
    """Two matrices for three words."""
    found = matrices(student)
    for name, matrix in zip(("w_q", "w_k"), found, strict=True):
        fits = matrix.dim() == 2 and len(matrix) == WORDS and matrix.numel() > 0
        assert fits, f"{name} must have shape (3, d), one row for each word, got {tuple(matrix.shape)}"
        assert bool(matrix.isfinite().all()), f"{name} must hold finite numbers, got {matrix.tolist()}"
    widths = [matrix.shape[1] for matrix in found]
    assert widths[0] == widths[1], (
        f"w_q and w_k must have the same width d to be compared, got {widths[0]} and {widths[1]}"
    )


def test_scores_go_one_way(student: Student) -> None:
    """The scores are not symmetric."""
    w_q, w_k = matrices(student)
    scores, weights = relation(student)
    proof = "Then s12 > s13 = s31 > s32 = s23 > s21 = s12 would have to hold: no circle.\n"
    assert not torch.equal(w_q, w_k), (
        f"One matrix serves as w_q and w_k: the scores are symmetric. {proof}{shown(weights)}"
    )
    assert not torch.allclose(scores, scores.T), (
        f"The matrices differ, but w_q @ w_k.T is still symmetric. {proof}{shown(weights)}"
    )


def test_circle(student: Student) -> None:
    """Each word looks at the next."""
    _, weights = relation(student)
    best, table = weights.argmax(dim=-1), shown(weights)
    assert not torch.equal(best, BEFORE), (
        f"The circle runs the other way: each word looks at the one before it.\n{table}"
    )
    for place in range(WORDS):
        assert best[place] != place, f"Word {place + 1} looks at itself most, not at the next.\n{table}"
    for place in range(WORDS):
        wanted = int(NEXT[place]) + 1
        assert best[place] + 1 == wanted, f"Word {place + 1} must look at word {wanted} most.\n{table}"


def test_clear_majority(student: Student) -> None:
    """More than nine tenths each."""
    scores, weights = relation(student)
    share = weights[torch.arange(WORDS), NEXT].min().item()
    if share > ENOUGH:
        return
    d = matrices(student)[0].shape[1]
    plain = softmax_weights(scores * d**0.5)[torch.arange(WORDS), NEXT].min().item()
    assert plain <= ENOUGH, (
        f"The smallest share is {share:.4f}. It would be {plain:.4f} if the scores were not divided by √d; they are, "
        f"with d = {d}.\n{shown(weights)}"
    )
    raise AssertionError(
        f"It is a circle, but a faint one: the smallest share is {share:.4f}, it must exceed {ENOUGH}. "
        f"The scores are too close together.\n{shown(weights)}"
    )
