"""Checks of `masked_softmax`."""

import torch
from torch import Tensor

from course_attn.grading.diagnosis import compare
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student
from course_attn.masks import causal_mask
from course_attn.normalisers import softmax_weights


def over_queries(scores: Tensor, mask: Tensor) -> Tensor:
    """What the softmax over the wrong axis gives."""
    return torch.softmax(scores.masked_fill(~mask, float("-inf")), dim=-2)


SUSPECTS = {
    "the mask is read the other way round: True means the key may be seen": lambda s, m: softmax_weights(s, ~m),
    "the mask is ignored": lambda s, m: torch.softmax(s, dim=-1),
    "the weights are masked after the softmax: the rest of the row no longer sums to 1": lambda s, m: (
        torch.softmax(s, dim=-1) * m
    ),
    "the softmax runs over the queries (dim=-2) instead of the keys (dim=-1)": over_queries,
    "the softmax runs over the queries (dim=-2), with zeros where nothing is left": lambda s, m: torch.nan_to_num(
        over_queries(s, m)
    ),
    "the softmax runs over axis 1 (dim=1): with a batch in front the keys are the last axis, dim=-1": (
        lambda s, m: torch.softmax(s.masked_fill(~m, float("-inf")), dim=1) if s.dim() > 2 else None
    ),
    "hidden scores are set to 0: exp(0) = 1 is still a share": lambda s, m: torch.softmax(s * m, dim=-1),
    "the scores are divided by their plain sum, without exp": lambda s, m: s * m / (s * m).sum(dim=-1, keepdim=True),
}
DEAD = {
    "a row that may see nothing is filled with one large negative number: all its weights come out 1/M": (
        lambda s, m: torch.softmax(s.masked_fill(~m, -1e9), dim=-1)
    ),
    "a row that may see nothing is filled with −inf: exp gives 0 everywhere, and 0/0 is NaN": (
        lambda s, m: torch.softmax(s.masked_fill(~m, float("-inf")), dim=-1)
    ),
    "a large negative number is added to the scores of a row that may see nothing: it cancels out": (
        lambda s, m: torch.where(m.any(-1, keepdim=True), softmax_weights(s, m), torch.softmax(s, dim=-1))
    ),
} | SUSPECTS


def draw(*shape: int, seed: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Numbers from a normal distribution, the same in every run."""
    return torch.randn(*shape, generator=seeded(seed), dtype=dtype)


def draw_mask(*shape: int, seed: int) -> Tensor:
    """A random mask in which every row may see at least its first key."""
    mask = torch.rand(*shape, generator=seeded(seed)) < 0.6
    mask[..., 0] = True
    return mask


def test_worked_by_hand(student: Student) -> None:
    """One key of three hidden, worked by hand."""
    scores = torch.tensor([[0.0, 7.0, 0.0], [0.0, 0.0, 3.0]]) + torch.log(torch.tensor([1.0, 1.0, 3.0]))
    mask = torch.tensor([[True, False, True], [True, True, False]])
    expected = torch.tensor([[0.25, 0.0, 0.75], [0.5, 0.5, 0.0]])
    compare("weights", student(scores, mask), expected, SUSPECTS, (scores, mask))


def test_random_masks(student: Student) -> None:
    """Masks at random, in a batch."""
    scores, mask = draw(2, 3, 5, 7, seed=1), draw_mask(2, 3, 5, 7, seed=2)
    compare("weights", student(scores, mask), softmax_weights(scores, mask), SUSPECTS, (scores, mask))


def test_broadcast(student: Student) -> None:
    """One causal mask for a whole batch."""
    scores, mask = draw(2, 3, 5, 5, seed=3), causal_mask(5)
    compare("weights", student(scores, mask), softmax_weights(scores, mask), SUSPECTS, (scores, mask))


def test_large_scores(student: Student) -> None:
    """Scores of 1000: exp alone would overflow."""
    scores, mask = 1000 * draw(3, 5, seed=4), draw_mask(3, 5, seed=5)
    got = student(scores, mask)
    assert not isinstance(got, Tensor) or bool(got.isfinite().all()), (
        "exp was taken of the scores as they are: exp(1000) is inf, and inf/inf is NaN. "
        "Take the row's maximum off first, or use torch.softmax, which does so."
    )
    compare("weights", got, softmax_weights(scores, mask), SUSPECTS, (scores, mask))


def test_dead_row(student: Student) -> None:
    """A row that may see nothing is all zeros."""
    scores, mask = draw(3, 5, seed=6), draw_mask(3, 5, seed=7)
    mask[1] = False
    compare("weights", student(scores, mask), softmax_weights(scores, mask), DEAD, (scores, mask))


def test_low_scores(student: Student) -> None:
    """Scores of -2e9 beside hidden keys: hidden must still be lower."""
    scores, mask = torch.tensor([[-2e9, -2e9, 0.0, 0.0]]), torch.tensor([[True, True, False, False]])
    large = {
        "hidden keys get a large negative number: a visible key can score lower still": lambda s, m: torch.softmax(
            s.masked_fill(~m, -1e9), dim=-1
        )
    }
    compare("weights", student(scores, mask), torch.tensor([[0.5, 0.5, 0.0, 0.0]]), large, (scores, mask))


def test_gradient(student: Student) -> None:
    """The gradient is right, and zero for a row that may see nothing."""
    scores, mask, cotangent = draw(3, 5, seed=8), draw_mask(3, 5, seed=9), draw(3, 5, seed=10)
    mask[2] = False
    (gradient,) = student.vjp([scores, mask], cotangent)
    weights = softmax_weights(scores, mask)
    expected = weights * (cotangent - (weights * cotangent).sum(-1, keepdim=True))
    assert not bool(gradient[2].isnan().any()), (
        "The weights of the dead row are right, but its gradient is NaN: 0/0 was computed and covered up "
        "afterwards. Keep it from arising: treat dead rows before the softmax."
    )
    compare("gradient of scores", gradient, expected)


def test_half_precision(student: Student) -> None:
    """Half precision in, half precision out."""
    for dtype in (torch.float16, torch.bfloat16):
        scores, mask = draw(3, 5, seed=11).to(dtype), draw_mask(3, 5, seed=12)
        mask[0] = False
        compare("weights", student(scores, mask), softmax_weights(scores, mask), DEAD, (scores, mask))
