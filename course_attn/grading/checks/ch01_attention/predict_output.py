"""Checks of `predict_output`: the right numbers are computed, the wrong ones each from its mistake."""

import math
from collections.abc import Callable

import torch

from course_attn._checks import describe
from course_attn.attention import attention
from course_attn.grading.diagnosis import parts
from course_attn.grading.student import Student
from course_attn.scores import dot_scores

WIDTH = 4
SCORE = 2 * math.log(3)
VALUES = (10.0, 50.0)


def mixed(second_share: float) -> float:
    """The mixture of the two values."""
    return VALUES[0] * (1 - second_share) + VALUES[1] * second_share


def soft(score: float) -> float:
    """The share of the second key when the first scores 0."""
    return 1 / (1 + math.exp(-score))


def truth(scaled: bool, hide_second: bool = False) -> float:
    """What the package computes for the case of the exercise."""
    query, key = torch.zeros(1, WIDTH), torch.zeros(2, WIDTH)
    query[0, 0], key[1, 0] = 1.0, SCORE
    mask = torch.tensor([[True, not hide_second]])
    value = torch.tensor(VALUES)[:, None]
    output = (
        attention(query, key, value, mask)[0] if scaled else attention(query, key, value, mask, score=dot_scores)[0]
    )
    return float(output)


EVERYWHERE: dict[str, Callable[[float], float]] = {
    "only the best key counts: the softmax leaves the other a share": lambda score: VALUES[1],
    "both keys get the same share, whatever they score": lambda score: mixed(0.5),
    "the two shares are the wrong way round: the larger score gets the larger share": lambda score: mixed(soft(-score)),
    "the values are added up with both shares at 1": lambda score: sum(VALUES),
    "only the share of the second key was written down, not the mixture of the values": soft,
    "powers of 2 are taken in place of powers of e": lambda score: mixed(soft(score * math.log(2))),
    "the scores enter the shares as 1 + score, without exp": lambda score: mixed((1 + score) / (2 + score)),
}
SCALED: dict[str, Callable[[float], float]] = {
    "the score is not divided by √d": lambda score: mixed(soft(SCORE)),
    "the score is divided by d = 4 instead of √d = 2": lambda score: mixed(soft(SCORE / WIDTH)),
    "the score is multiplied by √d instead of divided": lambda score: mixed(soft(SCORE * WIDTH**0.5)),
}
PLAIN: dict[str, Callable[[float], float]] = {
    "the score is already divided by √d: here it is asked for as it is": lambda score: mixed(soft(SCORE / WIDTH**0.5)),
}
MASKED: dict[str, Callable[[float], float]] = {
    "the second key still has its share: it is masked": lambda score: mixed(soft(score)),
    "the first key is hidden instead of the second": lambda score: VALUES[1],
    "the masked score is set to 0: exp(0) = 1 is still a share": lambda score: mixed(0.5),
    "the share of the masked key is lost: the first key gets all of it": lambda score: VALUES[0] * soft(-score),
    "the output is 0: that is so only when every key is masked": lambda score: 0.0,
}


def judge(
    student: Student, place: int, expected: float, suspects: dict[str, Callable[[float], float]], score: float
) -> None:
    """Compare one of the three predictions."""
    result = student()
    if isinstance(result, torch.Tensor):
        result = result.tolist()
    got = parts("three numbers", result, 3)[place]
    got = got.item() if isinstance(got, torch.Tensor) and got.numel() == 1 else got
    number = isinstance(got, int | float) and not isinstance(got, bool)
    assert number, f"prediction {place + 1} must be a number, got {describe(got)}"
    if abs(got - expected) < 0.006:
        return
    named = [text for text, mistake in suspects.items() if abs(got - mistake(score)) < 0.006]
    blame = f"\nThis is what you get when {', or when '.join(named)}." if named else ""
    raise AssertionError(f"Prediction {place + 1} is {got:.4g}, which is not the output.{blame}")


def test_plain(student: Student) -> None:
    """Plain dot products."""
    judge(student, 0, truth(scaled=False), EVERYWHERE | PLAIN, SCORE)


def test_scaled(student: Student) -> None:
    """Divided by the square root of d."""
    judge(student, 1, truth(scaled=True), EVERYWHERE | SCALED, SCORE / WIDTH**0.5)


def test_masked(student: Student) -> None:
    """The second key masked out."""
    judge(student, 2, truth(scaled=True, hide_second=True), MASKED, SCORE / WIDTH**0.5)
