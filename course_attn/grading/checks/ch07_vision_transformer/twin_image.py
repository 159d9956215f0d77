"""Checks of `twin_image`: properties, since there are endless right answers."""

from __future__ import annotations

import torch

from course_attn._checks import describe
from course_attn.grading.diagnosis import tensor
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student
from course_attn.vision.patches import patchify

DIFFERENT, SAME = 0.1, 1e-4


def judge(student: Student, height: int, width: int, patch: int, d: int, seed: int) -> None:
    """Another image, the same tokens."""
    generator = seeded(seed)
    image, weight = torch.rand(height, width, generator=generator), torch.randn(d, patch**2, generator=generator)
    twin = student(image, weight, patch)
    tensor("the image", twin)
    assert twin.shape == image.shape, (
        f"The image must have the shape of the first, {height, width}, got {describe(twin)}"
    )
    assert bool(twin.isfinite().all()), "The image must hold finite numbers"
    change = (twin - image).double()
    tokens = patchify(change[None, None], patch)[0] @ weight.double().T  # (N, D): what the embedding sees of the change
    seen, largest = tokens.abs().max().item(), change.abs().max().item()
    shown = f"largest change of a pixel {largest:.3g}, of a token {seen:.3g}"
    assert largest > 0, "This is the image that was given: it has to differ."
    if seen < SAME and largest >= DIFFERENT:
        return
    assert largest >= DIFFERENT, (
        f"The change is too small: some pixel must differ by {DIFFERENT}. A change that is not seen may be "
        f"much larger.\n{shown}"
    )
    flat = (tokens.abs().amax(1) > SAME).sum().item()
    turned = patchify(change.T.contiguous()[None, None], patch)[0] @ weight.double().T
    lengthwise = change.flatten()[: patch**2].double() @ weight.double().T
    if turned.abs().max() < SAME:
        raise AssertionError(f"The change is laid out column by column: a patch is laid out row by row.\n{shown}")
    if height * width > patch**2 and lengthwise.abs().max() < SAME:
        raise AssertionError(
            f"The change runs along the first row of the image: the numbers of a patch stand in a square.\n{shown}"
        )
    if seen < 1e-3 * largest:
        raise AssertionError(
            f"The change is right but for rounding: a token may change by {SAME}. Make the change smaller, or compute "
            f"it in double precision.\n{shown}"
        )
    raise AssertionError(
        f"The tokens change in {flat} of {len(tokens)} patches: the change must be a vector v with "
        f"weight @ v = 0.\n{shown}"
    )


def test_one_number_lost(student: Student) -> None:
    """Patches of 2 × 2 become tokens of 3 numbers."""
    judge(student, 4, 6, 2, 3, seed=1)


def test_much_lost(student: Student) -> None:
    """Patches of 5 × 5 become tokens of 2 numbers."""
    judge(student, 10, 15, 5, 2, seed=2)


def test_large_patches(student: Student) -> None:
    """Patches of 16 × 16 become tokens of 255 numbers."""
    judge(student, 16, 32, 16, 255, seed=3)
