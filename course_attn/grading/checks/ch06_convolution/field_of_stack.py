"""Checks of `field_of_stack`."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from course_attn.grading.diagnosis import compare_number
from course_attn.grading.student import Student
from course_attn.vision.receptive_field import receptive_field

Layers = list[tuple[int, int, int]]


def walk(layers: Layers, *, dilate: bool = True, stride: bool = True, early: bool = False, whole: bool = False) -> int:
    """The sum with a part left out, or taken too early; ``whole`` takes k in place of k − 1."""
    side, step = 1, 1
    for kernel, own, dilation in layers:
        step = step * own if early else step
        side += (kernel if whole else kernel - 1) * (dilation if dilate else 1) * (step if stride else 1)
        step = step if early else step * own
    return side


def product(layers: Layers) -> int:
    """Kernels multiplied."""
    side = 1
    for kernel, _, dilation in layers:
        side *= (kernel - 1) * dilation + 1
    return side


def one_stride(layers: Layers) -> int:
    """Only the stride of the layer just before."""
    first = 1 + (layers[0][0] - 1) * layers[0][2]
    return first + sum((kernel - 1) * dilation * stride for (_, stride, _), (kernel, _, dilation) in pairwise(layers))


def own_stride(layers: Layers) -> int:
    """Each layer's stride beside its own kernel, none of the others."""
    return 1 + sum((kernel - 1) * dilation * stride for kernel, stride, dilation in layers)


def whole_side(layers: Layers, *, late: bool = False) -> int:
    """The recursion from the output back, r = (r − 1) s + (k − 1) δ + 1, without its − 1 and + 1."""
    side = 1
    for kernel, stride, dilation in layers:
        gaps = (kernel - 1) * dilation
        side = (side + gaps) * stride if late else side * stride + gaps
    return side


SUSPECTS: dict[str, Callable[[Layers], int]] = {
    "the kernels are multiplied: stacked layers add up": product,
    "each layer adds k pixels: it adds k − 1, the middle one was seen before": lambda y: walk(y, whole=True),
    "the pixel itself is not counted: the sum starts at 1": lambda y: walk(y) - 1,
    "the strides are left out": lambda y: walk(y, stride=False),
    "a layer's own stride is counted for itself: it counts for the layers after it": lambda y: walk(y, early=True),
    "only the stride of the layer just before is counted: strides multiply": one_stride,
    "each layer is counted with its own stride: it is the product of the strides before it": own_stride,
    "the side seen so far is multiplied by the stride: only the step between neighbours grows": whole_side,
    "a layer is added, then the whole side multiplied by its stride: only the step between neighbours grows": (
        lambda y: whole_side(y, late=True)
    ),
    "n pixels have n − 1 steps between them: from the output back, (side − 1) · stride": lambda y: whole_side(y[::-1]),
    "the dilation is left out": lambda y: walk(y, dilate=False),
    "the dilation multiplies the kernel, not the k − 1 gaps": lambda y: walk([(k * d, s, 1) for k, s, d in y]),
    "stride and dilation have changed places: a triple is (kernel, stride, dilation)": lambda y: walk(
        [(k, d, s) for k, s, d in y]
    ),
    "the layers are taken from last to first": lambda y: walk(y[::-1]),
    "pixels of the whole square are counted, not those along one side": lambda y: walk(y) ** 2,
}


def judge(student: Student, layers: Layers) -> None:
    """Compare the side."""
    suspects = {text: wrong(layers) for text, wrong in SUSPECTS.items()}
    shown = ", ".join(str(layer) for layer in layers)
    compare_number(f"side for the layers {shown}", student(layers), receptive_field(layers), suspects, tolerance=0)


def test_plain(student: Student) -> None:
    """Kernels of 3, 5 and 3, stride 1."""
    judge(student, [(3, 1, 1), (5, 1, 1), (3, 1, 1)])


def test_dilation(student: Student) -> None:
    """Dilations of 1, 2 and 4."""
    judge(student, [(3, 1, 1), (3, 1, 2), (3, 1, 4)])


def test_strides(student: Student) -> None:
    """Strides of 2, 3 and 1 before a kernel of 5."""
    judge(student, [(7, 2, 1), (3, 3, 1), (3, 1, 2), (5, 2, 1)])


def test_nothing(student: Student) -> None:
    """No layer at all: a pixel sees itself."""
    compare_number("side without layers", student([]), 1, tolerance=0)
