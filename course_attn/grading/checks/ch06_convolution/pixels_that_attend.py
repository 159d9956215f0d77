"""Checks of `pixels_that_attend`: what is still wrong is told by name."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import torch
from torch import Tensor

from course_attn.grading.diagnosis import compare, meaning
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student

Given = tuple[Tensor, Tensor, Tensor, Tensor, Tensor, float]
Block = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor, float], Tensor]
FAULTS = (
    "queries and keys are swapped: θ asks, φ is asked",
    "the softmax runs over the queries: each row, over the keys, must sum to 1",
    "the answers (B, N, C') are reshaped without a transpose: pixels and channels are mixed up",
    "the output map has only C' of the C rows of w_out, as in the notes: the answers do not get their C channels back",
    "the block does not add to x: only the answers come out",
)
MISFIT = (
    "x has {0} channels, what is added to it has {1}: the C' channels of the answers must become C again, by the whole "
    "of w_out. (The notes' output map has C/8 rows too. With C' = 1 nothing would be raised: torch adds one channel "
    "to all of x.)"
)


def variant(
    swapped: bool = False,
    wrong_axis: bool = False,
    mixed_up: bool = False,
    narrow: bool = False,
    no_sum: bool = False,
    scaled: bool = False,
) -> Block:
    """The block with the faults that are True."""

    def block(x: Tensor, w_theta: Tensor, w_phi: Tensor, w_g: Tensor, w_out: Tensor, gamma: float) -> Tensor:
        theta, phi, g = (weight @ x.flatten(2) for weight in (w_theta, w_phi, w_g))
        scores = phi.mT @ theta if swapped else theta.mT @ phi
        weights = torch.softmax(scores / (len(w_theta) ** 0.5 if scaled else 1), dim=1 if wrong_axis else -1)
        answers = weights @ g.mT
        columns = answers.reshape(len(x), len(w_g), -1) if mixed_up else answers.mT  # (B, C', N)
        image = ((w_out[: len(w_g)] if narrow else w_out) @ columns).unflatten(2, x.shape[2:])
        return gamma * image if no_sum else x + gamma * image

    return block


right = variant()
SUSPECTS: dict[str, Block] = {
    " and ".join(text for text, there in zip(FAULTS, faults, strict=True) if there): variant(*faults)
    for faults in product((False, True), repeat=5)
    if any(faults)
} | {
    "the scores are divided by the root of their width: this block does not scale": variant(scaled=True),
    "the weights, right in themselves, mix the values from the wrong side (`g @ weights`): transpose them there": (
        variant(swapped=True, wrong_axis=True)
    ),
    "γ multiplies x as well": lambda x, t, p, g, o, gamma: gamma * right(x, t, p, g, o, 1.0),
    "γ is not used": lambda x, t, p, g, o, gamma: right(x, t, p, g, o, 1.0),
    "the keys are mixed instead of the values g": lambda x, t, p, g, o, gamma: right(x, t, p, p, o, gamma),
    "the channels are restored by w_g turned around: w_out is a map of its own": lambda x, t, p, g, o, gamma: right(
        x, t, p, g, g.mT, gamma
    ),
    "the C' channels of the answers are repeated until there are C: w_out makes C of them": (
        lambda x, t, p, g, o, gamma: right(x, t, p, g, torch.eye(len(g)).repeat(len(o) // len(g), 1), gamma)
    ),
}


def draw(batch: int, channels: int, narrow: int, height: int, width: int, gamma: float, seed: int) -> Given:
    """Features, matrices and the factor."""
    generator = seeded(seed)
    x = torch.randn(batch, channels, height, width, generator=generator)
    theta, phi, g = torch.randn(3, narrow, channels, generator=generator) / channels**0.5 * 1.4
    return x, theta, phi, g, torch.randn(channels, narrow, generator=generator), gamma


def judge(student: Student, given: Given) -> None:
    """Compare the features. Of a single channel nobody can tell whether pixels and channels were mixed up."""
    channels, narrow = given[4].shape
    suspects = {text: wrong for text, wrong in SUSPECTS.items() if narrow > 1 or FAULTS[2] not in text}
    told = MISFIT.format(channels, narrow)
    misfit = {  # the error names first what stands first in the sum
        rf"tensor a \({one}\) must match the size of tensor b \({other}\) at non-singleton dimension 1": told
        for one, other in ((channels, narrow), (narrow, channels))
    }
    with meaning(misfit):
        got = student(*given)
    compare("y", got, right(*given), suspects, given)


def test_one_image(student: Student) -> None:
    """One image of 3 × 5 pixels, C = 16 and C' = 2."""
    judge(student, draw(1, 16, 2, 3, 5, 0.7, seed=1))


def test_batch(student: Student) -> None:
    """Two images of 5 × 3 pixels, C = 11 and C' = 1."""
    judge(student, draw(2, 11, 1, 5, 3, -1.3, seed=2))


def test_gradient(student: Student) -> None:
    """The gradient reaches features and matrices."""
    given, cotangent = draw(2, 3, 2, 2, 3, 0.5, seed=3), torch.randn(2, 3, 2, 3, generator=seeded(4))
    leaves = [value.clone().requires_grad_() for value in given[:5]]
    expected = torch.autograd.grad((right(*leaves, given[5]) * cotangent).sum(), leaves)
    found = student.vjp(given, cotangent)
    for name, got, wanted in zip(("x", "w_theta", "w_phi", "w_g", "w_out"), found, expected, strict=True):
        compare(f"gradient of {name}", got, wanted)
