"""Checks of `vit_parameter_count`: the right number is counted in a real model."""

from __future__ import annotations

from course_attn.grading.diagnosis import compare_number
from course_attn.grading.student import Student
from course_attn.vision.vit import ViT

Sizes = tuple[int, int, int, int, int, int, int]


def truth(image: int, patch: int, channels: int, d: int, layers: int, d_ff: int, classes: int) -> int:
    """Counted, not calculated."""
    model = ViT(image, patch, channels, d, 1, layers, d_ff, classes)
    return sum(parameter.numel() for parameter in model.parameters())


def suspects(sizes: Sizes) -> dict[str, float]:
    """Text of a mistake → the count it gives, as a difference from the right one."""
    image, patch, channels, d, layers, d_ff, classes = sizes
    count = truth(*sizes)
    patches = (image // patch) ** 2
    layer = 4 * d + 4 * (d * d + d) + 2 * d * d_ff + d_ff + d
    return {
        "the class token is forgotten, its position is not": count - d,
        "the position of the class token is forgotten: there is one more than patches": count - d,
        "class token and its position are both forgotten": count - 2 * d,
        "the positions are forgotten": count - (patches + 1) * d,
        "the patches along one side are counted, not in the square": count - (patches - image // patch) * d,
        "every pixel has a position: patches have": count - (patches - image**2) * d,
        "the channels are forgotten in the patch embedding": count - (channels - 1) * patch**2 * d,
        "a patch is taken to have P numbers in each channel, not P × P": count - channels * (patch**2 - patch) * d,
        "the bias of the patch embedding is forgotten": count - d,
        "the norms are forgotten": count - layers * 4 * d - 2 * d,
        "the last norm is forgotten": count - 2 * d,
        "a norm is taken to have D numbers: it has a scale and a shift": count - layers * 2 * d - d,
        "each layer is given one norm: it has two": count - layers * 2 * d,
        "the output projection of attention is forgotten": count - layers * (d * d + d),
        "the biases of the four projections are forgotten": count - layers * 4 * d,
        "the second map of the feed-forward layer is forgotten": count - layers * (d_ff * d + d),
        "the biases of the feed-forward layers are forgotten": count - layers * (d_ff + d),
        "one layer is counted, not all of them": count - (layers - 1) * layer,
        "the last map, to the classes, is forgotten": count - d * classes - classes,
        "the bias of the last map is forgotten": count - classes,
    }


def judge(student: Student, sizes: Sizes) -> None:
    """Compare the count. Mistakes that come to the same number are named together, as one."""
    named: dict[float, str] = {}
    for text, number in suspects(sizes).items():
        named[number] = f"{named[number]}, or when {text}" if number in named else text
    compare_number(
        f"count for the sizes {sizes}",
        student(*sizes),
        truth(*sizes),
        {text: number for number, text in named.items()},
        tolerance=0,
    )


def test_grey(student: Student) -> None:
    """Grey images of 28 × 28, patches of 4, two layers."""
    judge(student, (28, 4, 1, 33, 2, 71, 10))


def test_colour(student: Student) -> None:
    """Colour images of 30 × 30, patches of 5, three layers."""
    judge(student, (30, 5, 3, 17, 3, 41, 7))
