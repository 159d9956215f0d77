"""Checks of `channel_gate`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from course_attn.grading.diagnosis import compare, parts, tensor
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student

Gate = Callable[[Tensor, Tensor, Tensor], Tensor]


def right(x: Tensor, down: Tensor, up: Tensor) -> Tensor:
    """The gates asked for."""
    return torch.sigmoid(torch.relu(x.mean((2, 3)) @ down.T) @ up.T)


SUSPECTS: dict[str, Gate] = {
    "the ReLU between the two matrices is missing": lambda x, d, u: torch.sigmoid(x.mean((2, 3)) @ d.T @ u.T),
    "the sigmoid is missing: a gate lies between 0 and 1": lambda x, d, u: torch.relu(x.mean((2, 3)) @ d.T) @ u.T,
    "the gates are a softmax, and compete: each gate has a sigmoid of its own": lambda x, d, u: torch.softmax(
        torch.relu(x.mean((2, 3)) @ d.T) @ u.T, dim=-1
    ),
    "the channels are summed over the pixels, not averaged": lambda x, d, u: right(x * x.shape[2] * x.shape[3], d, u),
    "the largest pixel is taken, not the mean": lambda x, d, u: right(x.amax((2, 3), keepdim=True), d, u),
    "ReLU and sigmoid change places": lambda x, d, u: torch.relu(torch.sigmoid(x.mean((2, 3)) @ d.T) @ u.T),
    "the mean runs over the batch too: every image has its own gates": lambda x, d, u: right(
        x.mean(0, keepdim=True), d, u
    ).expand(len(x), -1),
}
OUTPUT: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "the gates are added to the features: they multiply them": lambda x, g: x + g[..., None, None],
    "the features are kept beside their gated copy: y is g x, not x + g x": lambda x, g: x * (1 + g[..., None, None]),
    "the features come out as they were: the gates are not used": lambda x, g: x,
    "the gates scale the means, not the pixels": lambda x, g: (x.mean((2, 3)) * g)[..., None, None].expand_as(x),
}


def judge(student: Student, x: Tensor, down: Tensor, up: Tensor) -> None:
    """Gates first, since a wrong gate spoils the output too."""
    output, gates = parts("the pair (y, g)", student(x, down, up), 2)
    tensor("g", gates)
    tensor("y", output)
    expected = right(x, down, up)
    compare("g", gates, expected, SUSPECTS, (x, down, up))
    compare("y", output, x * expected[..., None, None], OUTPUT, (x, expected))


def draw(batch: int, channels: int, hidden: int, height: int, width: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Features and matrices."""
    generator = seeded(seed)
    x = torch.randn(batch, channels, height, width, generator=generator) + 0.5
    down, up = torch.randn(2, hidden, channels, generator=generator)
    return x, down, up.T.contiguous()


def test_one_image(student: Student) -> None:
    """One image of four channels."""
    x, _, _ = draw(1, 4, 3, 2, 5, seed=1)
    down = torch.tensor([[1.0, 0.5, -1.0, 2.0], [-2.0, -1.0, -0.5, -3.0], [0.5, 1.0, 1.0, 0.0]])
    judge(student, x.abs(), down, torch.tensor([[1.0, 0.5, -1.0], [0.0, 1.0, 0.5], [-1.0, 2.0, 1.0], [0.5, 0.0, 0.3]]))


def test_batch(student: Student) -> None:
    """Two images of seven channels."""
    judge(student, *draw(2, 7, 3, 5, 3, seed=2))


def test_gradient(student: Student) -> None:
    """The gradient reaches features and matrices."""
    given, cotangent = draw(2, 5, 3, 2, 3, seed=3), torch.randn(2, 5, 2, 3, generator=seeded(4))
    leaves = [value.clone().requires_grad_() for value in given]
    result = leaves[0] * right(*leaves)[..., None, None]
    expected = torch.autograd.grad((result * cotangent).sum(), leaves)
    found = student.vjp(given, cotangent, part=0)
    for name, got, wanted in zip(("x", "w_down", "w_up"), found, expected, strict=True):
        compare(f"gradient of {name}", got, wanted)
