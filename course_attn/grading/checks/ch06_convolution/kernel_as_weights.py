"""Checks of `kernel_as_weights`: the right matrix is read off torch's own convolution."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import torch
from torch import Tensor
from torch.nn import functional as F

from course_attn.grading.diagnosis import compare
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student


def right(kernel: Tensor, height: int, width: int, mode: str = "constant") -> Tensor:
    """Column j is what the convolution makes of an image whose pixel j is 1 and all others 0."""
    pixels = torch.eye(height * width).view(-1, 1, height, width)
    side = kernel.shape[0] // 2
    padded = F.pad(pixels, (side, side, side, side), mode=mode)
    return F.conv2d(padded, kernel[None, None]).flatten(1).T


def moved(kernel: Tensor, height: int, width: int, by: int) -> Tensor:
    """The kernel laid ``by`` pixels further down and to the right."""
    side = kernel.shape[0] // 2
    pixels = torch.eye(height * width).view(-1, 1, height, width)
    ends = (side - by, side + by)
    return F.conv2d(F.pad(pixels, ends + ends), kernel[None, None]).flatten(1).T


def by_height(kernel: Tensor, height: int, width: int) -> Tensor:
    """Pixels counted column by column."""
    order = torch.arange(height * width).view(height, width).T.flatten()
    return right(kernel, height, width)[order][:, order]


def over_the_edge(kernel: Tensor, height: int, width: int) -> Tensor:
    """Pixels past the end of a row taken from the next row."""
    k, n = kernel.shape[0], height * width
    weights = torch.zeros(n, n)
    for i in range(n):
        for a in range(k):
            for b in range(k):
                j = i + (a - k // 2) * width + b - k // 2
                if 0 <= j < n:
                    weights[i, j] += kernel[a, b]
    return weights


def times_height(kernel: Tensor, height: int, width: int) -> Tensor:
    """Pixel (y, x) given the number y · height + x, the last entry to be written kept."""
    weights, side = torch.zeros(height * width, height * width), kernel.shape[0] // 2
    for row, column, y, x in product(range(height), range(width), range(height), range(width)):
        if abs(y - row) <= side and abs(x - column) <= side:
            weights[row * height + column, y * height + x] = kernel[y - row + side, x - column + side]
    return weights


SUSPECTS: dict[str, Callable[[Tensor, int, int], Tensor]] = {
    "the matrix is transposed: row i belongs to output pixel i (or the kernel is turned by 180°, which gives the "
    "same)": lambda k, h, w: right(k, h, w).T,
    "rows and columns of the kernel are swapped": lambda k, h, w: right(k.T, h, w),
    "pixels are counted column by column: number y · width + x": by_height,
    "a row of pixels is taken to be as long as the image is high: number y · width + x, not y · height + x": (
        times_height
    ),
    "at the end of a row the kernel reaches into the next row: outside the image there are zeros": over_the_edge,
    "outside the image it goes on at the other side: there should be zeros": lambda k, h, w: right(k, h, w, "circular"),
    "the kernel's first entry lies on the pixel, not its middle": lambda k, h, w: moved(k, h, w, k.shape[0] // 2),
    "each row is divided by its sum, as softmax would: a kernel's numbers need not sum to 1": lambda k, h, w: (
        right(k, h, w) / right(k, h, w).sum(1, keepdim=True)
    ),
    "a softmax is taken of the rows: the kernel's numbers are the weights themselves": lambda k, h, w: torch.softmax(
        right(k, h, w), dim=-1
    ),
}


def judge(student: Student, kernel: Tensor, height: int, width: int) -> None:
    """Compare the matrix."""
    given = (kernel, height, width)
    compare("W", student(*given), right(*given), SUSPECTS, given)


def test_three_by_three(student: Student) -> None:
    """A kernel of 3 × 3 over an image of 3 × 4."""
    judge(student, torch.arange(1.0, 10.0).view(3, 3), 3, 4)


def test_five_by_five(student: Student) -> None:
    """A kernel of 5 × 5 over an image of 7 × 5, drawn at random."""
    judge(student, torch.randn(5, 5, generator=seeded(1)), 7, 5)


def test_single_pixel(student: Student) -> None:
    """A kernel of 1 × 1 scales every pixel."""
    judge(student, torch.tensor([[2.5]]), 2, 3)


def test_gradient(student: Student) -> None:
    """Each entry of the kernel gets the gradients of all pairs it connects."""
    kernel, cotangent = torch.randn(3, 3, generator=seeded(2)), torch.randn(6, 6, generator=seeded(3))
    leaf = kernel.clone().requires_grad_()
    (expected,) = torch.autograd.grad((right(leaf, 2, 3) * cotangent).sum(), leaf)
    (gradient,) = student.vjp([kernel, 2, 3], cotangent)
    compare("gradient of kernel", gradient, expected)
