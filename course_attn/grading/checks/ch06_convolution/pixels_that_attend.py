"""Checks of `pixels_that_attend`: what is still wrong is told by name."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import torch
from torch import Tensor

from course_attn.grading.diagnosis import compare
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student

Block = Callable[[Tensor, Tensor, Tensor, Tensor, float], Tensor]
FAULTS = (
    "queries and keys are swapped: θ asks, φ is asked",
    "the softmax runs over the queries: each row, over the keys, must sum to 1",
    "the answers (B, N, C) are reshaped without a transpose: pixels and channels are mixed up",
    "the block does not add to x: only the answers come out",
)


def variant(swapped: bool, wrong_axis: bool, mixed_up: bool, no_sum: bool, scaled: bool = False) -> Block:
    """The block with the faults that are True."""

    def block(x: Tensor, w_theta: Tensor, w_phi: Tensor, w_g: Tensor, gamma: float) -> Tensor:
        theta, phi, g = (weight @ x.flatten(2) for weight in (w_theta, w_phi, w_g))
        scores = phi.mT @ theta if swapped else theta.mT @ phi
        weights = torch.softmax(scores / (len(w_theta) ** 0.5 if scaled else 1), dim=1 if wrong_axis else -1)
        answers = weights @ g.mT
        image = (answers if mixed_up else answers.mT).reshape(x.shape)
        return gamma * image if no_sum else x + gamma * image

    return block


right = variant(False, False, False, False)
SUSPECTS: dict[str, Block] = {
    " and ".join(text for text, there in zip(FAULTS, faults, strict=True) if there): variant(*faults)
    for faults in product((False, True), repeat=4)
    if any(faults)
} | {
    "the scores are divided by the root of their width: this block does not scale": variant(
        False, False, False, False, scaled=True
    ),
    "the weights, right in themselves, mix the values from the wrong side (`g @ weights`): transpose them there": (
        lambda x, t, p, g, gamma: variant(True, True, False, False)(x, t, p, g, gamma)
    ),
    "γ multiplies x as well": lambda x, t, p, g, gamma: gamma * right(x, t, p, g, 1.0),
    "γ is not used": lambda x, t, p, g, gamma: right(x, t, p, g, 1.0),
    "the keys are mixed instead of the values g": lambda x, t, p, g, gamma: right(x, t, p, p, gamma),
}


def draw(
    batch: int, channels: int, narrow: int, height: int, width: int, gamma: float, seed: int
) -> tuple[Tensor, Tensor, Tensor, Tensor, float]:
    """Features, matrices and the factor."""
    generator = seeded(seed)
    x = torch.randn(batch, channels, height, width, generator=generator)
    theta, phi = torch.randn(2, narrow, channels, generator=generator) * 0.6
    return x, theta, phi, torch.randn(channels, channels, generator=generator), gamma


def judge(student: Student, given: tuple[Tensor, Tensor, Tensor, Tensor, float]) -> None:
    """Compare the features."""
    compare("y", student(*given), right(*given), SUSPECTS, given)


def test_one_image(student: Student) -> None:
    """One image of 3 × 2 pixels and five channels."""
    judge(student, draw(1, 5, 2, 3, 2, 0.7, seed=1))


def test_batch(student: Student) -> None:
    """Two images of 5 × 3 pixels and three channels."""
    judge(student, draw(2, 3, 2, 5, 3, -1.3, seed=2))


def test_gradient(student: Student) -> None:
    """The gradient reaches features and matrices."""
    given, cotangent = draw(2, 3, 2, 2, 3, 0.5, seed=3), torch.randn(2, 3, 2, 3, generator=seeded(4))
    leaves = [value.clone().requires_grad_() for value in given[:4]]
    expected = torch.autograd.grad((right(*leaves, given[4]) * cotangent).sum(), leaves)
    found = student.vjp(given, cotangent)
    for name, got, wanted in zip(("x", "w_theta", "w_phi", "w_g"), found, expected, strict=True):
        compare(f"gradient of {name}", got, wanted)
