"""Checks of `leaky_padding`."""

import torch
from torch import Tensor

from course_attn.grading.diagnosis import compare
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student
from course_attn.masks import padding_mask
from course_attn.normalisers import softmax_weights


def right(scores: Tensor, lengths: Tensor) -> Tensor:
    """The weights asked for."""
    return softmax_weights(scores, padding_mask(lengths, scores.shape[-1]))


def masked(scores: Tensor, mask: Tensor, fill: float = float("-inf")) -> Tensor:
    """The plain softmax after a fill, with nothing done for dead rows."""
    return torch.softmax(scores.masked_fill(~mask, fill), dim=-1)


def over(scores: Tensor, lengths: Tensor, extra: int) -> Tensor:
    """The weights when each sentence is taken to be ``extra`` keys longer."""
    return right(scores, (lengths + extra).clamp(0, scores.shape[-1]))


SUSPECTS = {
    "the first key of the padding still counts as real: length 2 means positions 0 and 1": (lambda s, n: over(s, n, 1)),
    "the last real key counts as padding: length 2 means positions 0 and 1": (lambda s, n: over(s, n, -1)),
    "the real keys are hidden and the padding is kept": lambda s, n: masked(s, ~padding_mask(n, s.shape[-1])),
    "the padding is not hidden at all": lambda s, n: torch.softmax(s, dim=-1),
    "the padding is removed after the softmax: the rest of the row no longer sums to 1": lambda s, n: (
        torch.softmax(s, dim=-1) * padding_mask(n, s.shape[-1])
    ),
    "every sentence is cut at the length of the shortest": lambda s, n: over(s, n.min().expand_as(n), 0),
    "every sentence is cut at the length of the longest": lambda s, n: over(s, n.max().expand_as(n), 0),
    "the rows of queries are hidden instead of the columns of keys": lambda s, n: (
        torch.softmax(s, dim=-1) * (torch.arange(s.shape[-2])[:, None] < n[:, None, None])
    ),
    "the softmax runs over the queries (dim=-2) instead of the keys (dim=-1)": lambda s, n: (
        torch.softmax(s, dim=-2) * padding_mask(n, s.shape[-1])
    ),
}
EMPTY = {
    "a sentence of length 0 is filled with one large negative number: all its weights come out equal, so the "
    "padding leaks": lambda s, n: masked(s, padding_mask(n, s.shape[-1]), -1e20),
    "a sentence of length 0 is filled with −inf: 0/0 is NaN": lambda s, n: masked(s, padding_mask(n, s.shape[-1])),
    "a sentence of length 0 is left unmasked: its padding gets all the weight": lambda s, n: torch.where(
        n[:, None, None] > 0, right(s, n), torch.softmax(s, dim=-1)
    ),
}


def draw(*shape: int, seed: int) -> Tensor:
    """Numbers from a normal distribution, the same in every run."""
    return torch.randn(*shape, generator=seeded(seed))


def test_one_sentence(student: Student) -> None:
    """Equal scores, two real keys of four: half and half."""
    scores, lengths = torch.zeros(1, 1, 4), torch.tensor([2])
    got = student(scores, lengths)
    few = {text: mistake for text, mistake in SUSPECTS.items() if "sentence is cut" not in text and "rows" not in text}
    compare("weights", got, torch.tensor([[[0.5, 0.5, 0.0, 0.0]]]), few, (scores, lengths))


def test_three_sentences(student: Student) -> None:
    """Sentences of lengths 3, 6 and 5, padded to 7."""
    scores, lengths = draw(3, 5, 7, seed=1), torch.tensor([3, 6, 5])
    compare("weights", student(scores, lengths), right(scores, lengths), SUSPECTS, (scores, lengths))


def test_empty_sentence(student: Student) -> None:
    """A sentence of length 0 has weights 0."""
    scores, lengths = draw(3, 2, 5, seed=2), torch.tensor([2, 0, 5])
    compare("weights", student(scores, lengths), right(scores, lengths), EMPTY, (scores, lengths))


def test_half_precision(student: Student) -> None:
    """Float16 and bfloat16 in, the same out."""
    for dtype in (torch.float16, torch.bfloat16):
        scores, lengths = draw(3, 2, 5, seed=3).to(dtype), torch.tensor([2, 0, 5])
        compare("weights", student(scores, lengths), right(scores, lengths), EMPTY, (scores, lengths))


def test_gradient(student: Student) -> None:
    """Padding and empty sentences get gradient 0."""
    scores, lengths, cotangent = draw(3, 2, 5, seed=4), torch.tensor([2, 0, 5]), draw(3, 2, 5, seed=5)
    (gradient,) = student.vjp([scores, lengths], cotangent)
    assert not bool(gradient.isnan().any()), (
        "The weights of the empty sentence are right, but its gradient is NaN: 0/0 was computed and covered "
        "up afterwards. Keep it from arising: treat empty sentences before the softmax."
    )
    weights = right(scores, lengths)
    compare("gradient of scores", gradient, weights * (cotangent - (weights * cotangent).sum(-1, keepdim=True)))
