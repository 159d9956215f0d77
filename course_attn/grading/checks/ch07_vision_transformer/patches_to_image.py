"""Checks of `patches_to_image`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from course_attn.grading.diagnosis import compare
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student
from course_attn.vision.patches import unpatchify

Grid = tuple[int, int]


def cut(x: Tensor, grid: Grid, p: int) -> Tensor:
    """(B, H/P, W/P, C, P, P)."""
    return x.reshape(len(x), *grid, -1, p, p)


def ordered(*order: int) -> Callable[[Tensor, Grid, int], Tensor]:
    """The six axes in another order, joined to an image."""
    return lambda x, grid, p: cut(x, grid, p).permute(0, *order).reshape(len(x), -1, grid[0] * p, grid[1] * p)


def channels_last(x: Tensor, grid: Grid, p: int) -> Tensor:
    """Inside a patch the channels taken to come last."""
    return x.reshape(len(x), *grid, p, p, -1).permute(0, 5, 1, 3, 2, 4).reshape(len(x), -1, grid[0] * p, grid[1] * p)


SUSPECTS: dict[str, Callable[[Tensor, Grid, int], Tensor]] = {
    "one reshape goes straight to (B, C, H, W): the numbers of a patch become a run of a row": lambda x, grid, p: (
        x.reshape(len(x), -1, grid[0] * p, grid[1] * p)
    ),
    "patches and their numbers are transposed, then reshaped: that puts place 1 of all patches side by side": (
        lambda x, grid, p: x.mT.reshape(len(x), -1, grid[0] * p, grid[1] * p)
    ),
    "patch rows and the rows inside patches are joined in the wrong order": ordered(3, 4, 1, 2, 5),
    "patch columns and the columns inside patches are joined in the wrong order": ordered(3, 1, 4, 5, 2),
    "both joins are in the wrong order: the patch comes before the place inside it": ordered(3, 4, 1, 5, 2),
    "rows and columns inside the patches are swapped": ordered(3, 1, 5, 2, 4),
    "the image is turned over: rows belong to the height, columns to the width": lambda x, grid, p: (
        unpatchify(x, grid, p).mT
    ),
    "inside a patch the channels are taken to come last": channels_last,
    "the grid is read as (across, down)": lambda x, grid, p: unpatchify(x, grid[::-1], p),
    "the channels stand last in the result: (B, C, H, W)": lambda x, grid, p: unpatchify(x, grid, p).permute(
        0, 2, 3, 1
    ),
}


def judge(student: Student, batch: int, channels: int, grid: Grid, p: int, seed: int) -> None:
    """Compare for patches drawn at random."""
    patches = torch.randn(batch, grid[0] * grid[1], channels * p * p, generator=seeded(seed))
    given = (patches, grid, p)
    compare("images", student(*given), unpatchify(*given), SUSPECTS, given)


def test_worked_by_hand(student: Student) -> None:
    """Six patches of 2 × 2, three down and two across."""
    image = torch.arange(24.0).view(1, 1, 6, 4)
    patches = torch.tensor(
        [[[0.0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15], [16, 17, 20, 21], [18, 19, 22, 23]]]
    )
    given = (patches, (3, 2), 2)
    compare("images", student(*given), image, SUSPECTS, given)


def test_channels(student: Student) -> None:
    """Two images of three channels, patches of 3 × 3, two down and five across."""
    judge(student, 2, 3, (2, 5), 3, seed=1)


def test_gradient(student: Student) -> None:
    """The gradient finds its way back to the same patches."""
    patches, cotangent = torch.randn(2, 6, 12, generator=seeded(2)), torch.randn(2, 3, 4, 6, generator=seeded(3))
    leaf = patches.clone().requires_grad_()
    (expected,) = torch.autograd.grad((unpatchify(leaf, (2, 3), 2) * cotangent).sum(), leaf)
    (gradient,) = student.vjp([patches, (2, 3), 2], cotangent)
    compare("gradient of patches", gradient, expected)
