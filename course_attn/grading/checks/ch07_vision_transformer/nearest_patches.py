"""Checks of `nearest_patches`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import normalize

from course_attn.grading.diagnosis import compare, parts, tensor
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student


def cosines(first: Tensor, second: Tensor) -> Tensor:
    """(N, M)."""
    return normalize(first, dim=-1) @ normalize(second, dim=-1).T


INDEX: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "rows are compared by the dot product: a long row wins by its length": lambda a, b: (a @ b.T).argmax(1),
    "rows are compared by distance: a short row near the origin wins": lambda a, b: torch.cdist(a, b).argmin(1),
    "the least similar patch is taken": lambda a, b: cosines(a, b).argmin(1),
    "the maximum runs over the first photo: one answer for each patch of `first` is asked for": lambda a, b: cosines(
        a, b
    ).argmax(0),
    "the size of the cosine counts, not its sign: an opposite row is not alike": lambda a, b: (
        cosines(a, b).abs().argmax(1)
    ),
    "the columns are scaled to length 1 (dim=0): each row must be": lambda a, b: (
        normalize(a, dim=0) @ normalize(b, dim=0).T
    ).argmax(1),
}
COSINE: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "the dot product is returned: divide by both lengths": lambda a, b: (a @ b.T).gather(
        1, cosines(a, b).argmax(1, keepdim=True)
    )[:, 0],
    "only one of the two rows is divided by its length": lambda a, b: (a @ normalize(b, dim=-1).T).amax(1),
    "the rows of `first` alone are divided by their length": lambda a, b: (normalize(a, dim=-1) @ b.T).gather(
        1, cosines(a, b).argmax(1, keepdim=True)
    )[:, 0],
    "1 − cosine is returned, a distance": lambda a, b: 1 - cosines(a, b).amax(1),
    "a softmax is taken: the cosine itself is asked for": lambda a, b: torch.softmax(cosines(a, b), 1).amax(1),
    "all cosines are returned, not that of the best patch": cosines,
}


def judge(student: Student, first: Tensor, second: Tensor) -> None:
    """The index first."""
    index, cosine = parts("the pair (index, cosine)", student(first, second), 2)
    tensor("index", index)
    tensor("cosine", cosine)
    swapped = index.is_floating_point() and not cosine.is_floating_point()
    assert not swapped, "The two parts come in the wrong order: return (index, cosine); `max` gives the values first."
    best, where = cosines(first, second).max(1)
    compare("index", index, where, INDEX, (first, second))
    compare("cosine", cosine, best, COSINE, (first, second))


def draw(n: int, m: int, width: int, seed: int) -> tuple[Tensor, Tensor]:
    """Tokens of very different lengths, and of both signs."""
    generator = seeded(seed)
    first, second = torch.randn(n, width, generator=generator), torch.randn(m, width, generator=generator)
    return first, second * torch.logspace(-1, 1, m)[torch.randperm(m, generator=generator)][:, None]


def test_four_patches(student: Student) -> None:
    """Three patches and four, of width 2, at known angles."""
    first = torch.tensor([[2.0, -1.0], [0.0, 3.0], [-2.0, 3.0]])
    second = torch.tensor([[0.5, 0.1], [40.0, 44.0], [-0.3, 0.2], [0.1, 6.0]])
    judge(student, first, second)


def test_many_patches(student: Student) -> None:
    """Twenty-three patches and thirty-one, of width 3."""
    judge(student, *draw(23, 31, 3, seed=1))


def test_one_patch(student: Student) -> None:
    """One patch has to choose from one."""
    judge(student, torch.tensor([[1.0, 2.0, 2.0]]), torch.tensor([[-3.0, 0.0, 4.0]]))
