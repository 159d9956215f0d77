"""Checks of `beyond_convolution`: properties, since there are endless right answers."""

from __future__ import annotations

import torch
from torch import Tensor

from course_attn._checks import describe
from course_attn.attention import attention
from course_attn.grading.diagnosis import parts, tensor
from course_attn.grading.student import Student

GAP, LARGEST = 0.1, 3.0


def pair(student: Student) -> tuple[Tensor, Tensor]:
    """The two images, in double precision."""
    found = parts("the pair (a, b)", student(), 2)
    for name, value in zip("ab", found, strict=True):
        tensor(name, value)
        assert value.dim() == 2, f"{name} must have two axes, (N, d), got {describe(value)}"
        assert value.numel() > 0, f"{name} is empty"
        assert bool(value.isfinite().all()), f"{name} must hold finite numbers"
        assert value.abs().max() <= LARGEST, (
            f"{name} holds {value.abs().max():.4g}: no entry may be larger than {LARGEST:.0f} in absolute value"
        )
    assert found[0].shape == found[1].shape, (
        f"a and b must have one shape, got {tuple(found[0].shape)} and {tuple(found[1].shape)}"
    )
    return found[0].double(), found[1].double()


def plain(x: Tensor) -> Tensor:
    """Attention without matrices."""
    return attention(x, x, x)[0]


def gap_of(a: Tensor, b: Tensor) -> float:
    """How far attention of the sum is from the sum of attentions."""
    return (plain(a + b) - (plain(a) + plain(b))).abs().max().item()


def test_two_images(student: Student) -> None:
    """Two images of one shape, numbers up to 3."""
    pair(student)


def test_sum(student: Student) -> None:
    """Attention of the sum is not the sum of attentions."""
    a, b = pair(student)
    gap = gap_of(a, b)
    if gap > GAP:
        return
    shown = f"the largest difference is {gap:.3g}"
    assert len(a) > 1, f"With one pixel there is nothing to mix: attention returns it, and is linear.\n{shown}"
    for name, value in (("a", a), ("b", b)):
        assert value.abs().max() > 0, f"{name} is zero, and adding nothing changes nothing.\n{shown}"
    flat = all(torch.allclose(value, value[:1].expand_as(value)) for value in (a, b))
    assert not flat, (
        f"All pixels of an image are equal: whatever the weights, their mixture is that pixel again.\n{shown}"
    )
    assert (a + b).abs().max() > 0, f"b is −a: their sum is zero, and so are both sides here.\n{shown}"
    larger = LARGEST / max(a.abs().max().item(), b.abs().max().item())
    factors = torch.linspace(1.0, larger, 50).tolist()  # not the largest alone: very sharp weights agree again
    assert any(gap_of(factor * a, factor * b) > GAP for factor in factors), (
        "Larger numbers would not part the two sides here: take other images. To see why, compare the weights of a, "
        f"of b and of a + b.\n{shown}"
    )
    raise AssertionError(
        f"The two sides are too close (the difference must exceed {GAP}): take larger numbers.\n{shown}"
    )
