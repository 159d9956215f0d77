"""Checks of `image_to_patches`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from course_attn.grading.diagnosis import compare
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student
from course_attn.vision.patches import patchify


def cut(x: Tensor, p: int) -> Tensor:
    """(B, C, H/P, P, W/P, P)."""
    return x.reshape(*x.shape[:2], x.shape[2] // p, p, x.shape[3] // p, p)


def ordered(*order: int) -> Callable[[Tensor, int], Tensor]:
    """The six axes in another order."""
    return lambda x, p: cut(x, p).permute(0, *order).reshape(len(x), -1, x.shape[1] * p * p)


SUSPECTS: dict[str, Callable[[Tensor, int], Tensor]] = {
    "one reshape goes straight to (B, N, C P P): it cuts runs of a row, not squares": lambda x, p: x.reshape(
        len(x), -1, x.shape[1] * p * p
    ),
    "the channels come last inside a patch: here channel 0 comes whole, then channel 1": ordered(2, 4, 3, 5, 1),
    "the patches are counted column by column": ordered(4, 2, 1, 3, 5),
    "inside a patch the pixels are taken column by column": ordered(2, 4, 1, 5, 3),
    "the axes are not brought together: the channel cuts the patches apart": ordered(1, 2, 4, 3, 5),
    "the last two axes of the result are swapped, as `unfold` leaves them: a row is one patch": lambda x, p: (
        patchify(x, p).mT
    ),
    "the patches keep their three axes: lay each out as one vector": lambda x, p: patchify(x, p).unflatten(
        -1, (x.shape[1], p, p)
    ),
    "the grid of patches keeps its two axes: count the patches in one": lambda x, p: patchify(x, p).unflatten(
        1, (x.shape[2] // p, x.shape[3] // p)
    ),
}


def judge(student: Student, batch: int, channels: int, height: int, width: int, p: int, seed: int) -> None:
    """Compare for images drawn at random."""
    images = torch.randn(batch, channels, height, width, generator=seeded(seed))
    compare("patches", student(images, p), patchify(images, p), SUSPECTS, (images, p))


def test_worked_by_hand(student: Student) -> None:
    """One channel of 4 × 4, patches of 2 × 2."""
    image = torch.arange(16.0).view(1, 1, 4, 4)
    expected = torch.tensor([[[0.0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15]]])
    compare("patches", student(image, 2), expected, SUSPECTS, (image, 2))


def test_channels(student: Student) -> None:
    """Three channels of 6 × 4, patches of 2 × 2."""
    judge(student, 1, 3, 6, 4, 2, seed=1)


def test_batch(student: Student) -> None:
    """Two images of 6 × 9, patches of 3 × 3."""
    judge(student, 2, 2, 6, 9, 3, seed=2)


def test_gradient(student: Student) -> None:
    """The gradient finds its way back to the same pixels."""
    images, cotangent = torch.randn(2, 3, 4, 6, generator=seeded(3)), torch.randn(2, 6, 12, generator=seeded(4))
    leaf = images.clone().requires_grad_()
    (expected,) = torch.autograd.grad((patchify(leaf, 2) * cotangent).sum(), leaf)
    (gradient,) = student.vjp([images, 2], cotangent)
    compare("gradient of images", gradient, expected)
