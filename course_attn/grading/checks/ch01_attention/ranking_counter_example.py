"""Checks of `ranking_counter_example`: properties, since there are endless right answers."""

import torch
from torch import Tensor

from course_attn._checks import describe
from course_attn.grading.diagnosis import parts, tensor
from course_attn.grading.student import Student
from course_attn.scores import cosine_scores, dot_scores

NAMES = ("query", "key_a", "key_b")
GAP = 0.01


def vectors(student: Student) -> list[Tensor]:
    """The three vectors, in double precision."""
    result = parts("(query, key_a, key_b)", student(), 3)
    for name, vector in zip(NAMES, result, strict=True):
        tensor(name, vector)
    return [vector.double() for vector in result]


def ranks(student: Student) -> tuple[list[float], list[float]]:
    """Dot products and cosines of the query with both keys."""
    query, *keys = (vector[None] for vector in vectors(student))
    return [dot_scores(query, key).item() for key in keys], [cosine_scores(query, key).item() for key in keys]


def test_three_vectors(student: Student) -> None:
    """Three vectors of one shape, none of them zero."""
    found = vectors(student)
    width = found[0].shape[-1] if found[0].dim() else 0
    for name, vector in zip(NAMES, found, strict=True):
        good = vector.dim() == 1 and vector.shape[0] == width and width >= 1
        assert good, f"{name} must be one vector of shape ({width or 'd'},), got {describe(vector)}"
        assert bool(vector.isfinite().all()), f"{name} must hold finite numbers, got {vector.tolist()}"
        assert vector.norm() > 0, f"{name} is the zero vector: it has no direction, so it has no cosine"
    assert width >= 2, "With d = 1 every cosine is 1 or −1: take at least two dimensions"


def test_dot_product_prefers_a(student: Student) -> None:
    """The dot product prefers a."""
    (dot_a, dot_b), (cos_a, cos_b) = ranks(student)
    found = f"q·k_a = {dot_a:.4f} and q·k_b = {dot_b:.4f}; cosines {cos_a:.4f} and {cos_b:.4f}"
    reversed_roles = dot_b > dot_a + GAP and cos_a > cos_b + GAP
    assert not reversed_roles, f"The roles are swapped: the dot product must prefer a, the cosine b.\n{found}"
    assert abs(dot_a - dot_b) > GAP, (
        f"The dot product does not tell the keys apart (the gap must exceed {GAP}).\n{found}"
    )
    assert dot_a > dot_b, f"The dot product prefers b; it must prefer a.\n{found}"


def test_cosine_prefers_b(student: Student) -> None:
    """The cosine prefers b."""
    found = vectors(student)
    _, (cos_a, cos_b) = ranks(student)
    length_a, length_b = found[1].norm().item(), found[2].norm().item()
    shown = f"cosines {cos_a:.4f} and {cos_b:.4f}; lengths {length_a:.4f} and {length_b:.4f}"
    same_length = abs(length_a - length_b) < 1e-6 * max(length_a, length_b)
    assert not (cos_a > cos_b and same_length), (
        f"Both keys have the same length, and then the two rankings always agree.\n{shown}"
    )
    parallel = abs(torch.dot(found[1], found[2]).item()) > (1 - 1e-9) * length_a * length_b
    assert not (parallel and abs(cos_a - cos_b) < GAP), (
        f"Both keys point the same way, so their cosines are equal: a must point somewhere else.\n{shown}"
    )
    assert abs(cos_a - cos_b) > GAP, f"The cosines are too close (the gap must exceed {GAP}).\n{shown}"
    assert cos_a < cos_b, f"The cosine prefers a too: both rankings agree, so this is no counter-example.\n{shown}"
