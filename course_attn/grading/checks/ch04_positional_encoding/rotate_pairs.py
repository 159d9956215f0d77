"""Checks of `rotate_pairs`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from course_attn.grading.diagnosis import compare
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student
from course_attn.positional.absolute import sinusoidal_encoding
from course_attn.positional.rotary import Rotary


def right(x: Tensor, positions: Tensor) -> Tensor:
    """What is asked for."""
    return Rotary(x.shape[-1]).rotate(x, positions)


def turned(x: Tensor, angle: Tensor) -> Tensor:
    """Pairs of neighbours turned by given angles."""
    a, b, cos, sin = x[..., 0::2], x[..., 1::2], angle.cos(), angle.sin()
    return torch.stack([a * cos - b * sin, a * sin + b * cos], dim=-1).flatten(-2)


def angles(x: Tensor, positions: Tensor, factor: float = 1.0) -> Tensor:
    """Place times frequency, the exponent multiplied by ``factor``."""
    width = x.shape[-1]
    return positions[:, None] * 10000.0 ** (-factor * torch.arange(0, width, 2) / width)


def not_woven(x: Tensor, positions: Tensor) -> Tensor:
    """All first entries, then all second ones."""
    found = right(x, positions)
    return torch.cat([found[..., 0::2], found[..., 1::2]], dim=-1)


def same_sign(x: Tensor, positions: Tensor) -> Tensor:
    """The minus forgotten."""
    a, b, angle = x[..., 0::2], x[..., 1::2], angles(x, positions)
    return torch.stack([a * angle.cos() + b * angle.sin(), a * angle.sin() + b * angle.cos()], -1).flatten(-2)


def overwritten(x: Tensor, positions: Tensor) -> Tensor:
    """The second entries made from first entries that were turned already."""
    angle, found = angles(x, positions), x.clone()
    found[..., 0::2] = x[..., 0::2] * angle.cos() - x[..., 1::2] * angle.sin()
    found[..., 1::2] = found[..., 0::2] * angle.sin() + x[..., 1::2] * angle.cos()
    return found


def two_layouts(x: Tensor, positions: Tensor) -> Tensor:
    """Entries paired with those half a row away, angles laid out for neighbours."""
    angle = angles(x, positions).repeat_interleave(2, -1)
    a, b = x.chunk(2, dim=-1)
    return x * angle.cos() + torch.cat([-b, a], dim=-1) * angle.sin()


SUSPECTS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "the pairs turn the other way: the minus stands in the first row": lambda x, p: right(x, -p),
    "both sines have the same sign: that is no rotation, and lengths change": same_sign,
    "entry i is paired with entry i + d/2 (the other layout in use): here neighbours make a pair": lambda x, p: Rotary(
        x.shape[-1], layout="halves"
    ).rotate(x, p),
    "the second entry of a pair is made from a first one that was overwritten before: keep the old one": overwritten,
    "angles are laid out for neighbours, but entry i meets entry i + d/2: two layouts in one": two_layouts,
    "the turned pairs are not put back as neighbours: all first entries come before all second ones": not_woven,
    "the given positions are not used: rows are numbered 0, 1, 2 ...": lambda x, p: right(x, torch.arange(len(p))),
    "all pairs turn equally fast: the frequency ω is left out": lambda x, p: turned(x, angles(x, p, 0.0)),
    "the exponent is i/d instead of 2i/d": lambda x, p: turned(x, angles(x, p, 0.5)),
    "the exponent is 4i/d: `torch.arange(0, d, 2)` is 2i already": lambda x, p: turned(x, angles(x, p, 2.0)),
    "the encoding of the place is added: rotary turns, it adds nothing": lambda x, p: (
        x + sinusoidal_encoding(int(p.max()) + 1, x.shape[-1])[p]
    ),
    "only the cosine part is computed: each pair mixes its two entries": lambda x, p: (
        x * angles(x, p).cos().repeat_interleave(2, -1)
    ),
    "the row is turned by the place of the batch, not of the sequence": lambda x, p: turned(
        x, angles(x, torch.arange(len(x)))[:, None]
    ),
}


def judge(student: Student, x: Tensor, positions: Tensor) -> None:
    """Compare the turned rows."""
    compare("x'", student(x, positions), right(x, positions), SUSPECTS, (x, positions))


def test_worked_by_hand(student: Student) -> None:
    """Three rows of width 2 at places 0, 1 and 2."""
    x, positions = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), torch.tensor([0, 1, 2])
    expected = torch.tensor([[1.0, 0.0], [0.540302, 0.841471], [-0.909297, -0.416147]])
    compare("x'", student(x, positions), expected, SUSPECTS, (x, positions))


def test_wider_rows(student: Student) -> None:
    """Five rows of width 6 at places 3 to 7."""
    judge(student, torch.randn(5, 6, generator=seeded(1)), torch.arange(3, 8))


def test_heads(student: Student) -> None:
    """A batch of two with three heads; far and uneven places."""
    judge(student, torch.randn(2, 3, 5, 8, generator=seeded(2)), torch.tensor([0, 1, 5, 64, 1000]))


def test_gradient(student: Student) -> None:
    """The gradient is turned back."""
    x, positions, cotangent = (
        torch.randn(2, 3, 4, generator=seeded(3)),
        torch.arange(1, 4),
        torch.randn(2, 3, 4, generator=seeded(4)),
    )
    (gradient,) = student.vjp([x, positions], cotangent)
    compare("gradient of x", gradient, right(cotangent, -positions))
