"""Checks of `class_token_first`: what is still wrong is told by name."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from course_attn.grading.diagnosis import compare, meaning
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student


def tokens_of(patches: Tensor, class_token: Tensor) -> Tensor:
    """Class token and patches, without positions."""
    return torch.cat([class_token.expand(len(patches), 1, -1), patches], dim=1)


def right(patches: Tensor, class_token: Tensor, positions: Tensor) -> Tensor:
    """What is asked for."""
    return tokens_of(patches, class_token) + positions


def last(patches: Tensor, class_token: Tensor) -> Tensor:
    """The class token behind the patches."""
    return torch.cat([patches, class_token.expand(len(patches), 1, -1)], dim=1)


ROWS = (
    "There are N + 1 tokens with the class token, and each has its own row of the N + 1 positions; {0} meet them here."
)
SUSPECTS: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "the class token stands last and gets no position, and the patches have row i instead of row i + 1": (
        lambda x, c, p: torch.cat([x + p[:-1], c.expand(len(x), 1, -1)], dim=1)
    ),
    "the class token stands last, with the last position": lambda x, c, p: last(x, c) + p,
    "the class token stands last, though with its own row of the positions": lambda x, c, p: last(x, c) + p.roll(-1, 0),
    "the class token gets no position": lambda x, c, p: torch.cat([c.expand(len(x), 1, -1), x + p[1:]], dim=1),
    "the class token gets no position, and the patches have row i instead of row i + 1": lambda x, c, p: torch.cat(
        [c.expand(len(x), 1, -1), x + p[:-1]], dim=1
    ),
    "the class token has its position, but the patches have row i instead of row i + 1": lambda x, c, p: torch.cat(
        [(c + p[0]).expand(len(x), 1, -1), x + p[:-1]], dim=1
    ),
    "the class token has the last row of the positions, and patch i has row i": lambda x, c, p: (
        tokens_of(x, c) + p.roll(1, 0)
    ),
    "the class token stands last and gets no position": lambda x, c, p: torch.cat(
        [x + p[1:], c.expand(len(x), 1, -1)], dim=1
    ),
    "the class token stands last with the first row of the positions, and patch i has row i instead of i + 1": (
        lambda x, c, p: torch.cat([x + p[:-1], (c + p[0]).expand(len(x), 1, -1)], dim=1)
    ),
    "the class token has row 1 of the positions, which is that of the first patch": lambda x, c, p: torch.cat(
        [(c + p[1]).expand(len(x), 1, -1), x + p[1:]], dim=1
    ),
    "the positions are shifted by one: token i has row i + 1, and the last token row 0": lambda x, c, p: (
        tokens_of(x, c) + p.roll(-1, 0)
    ),
    "only the class token gets a position": lambda x, c, p: tokens_of(x, c) + torch.cat([p[:1], 0 * p[1:]]),
    "there are no positions": lambda x, c, p: tokens_of(x, c),
    "the class token is missing": lambda x, c, p: x + p[1:],
    "a row of zeros stands in the place of the class token": lambda x, c, p: tokens_of(x, 0 * c) + p,
    "the class token is added to every patch": lambda x, c, p: x + c + p[1:],
    "every token gets the position of its image in the batch": lambda x, c, p: tokens_of(x, c) + p[: len(x), None],
}


def draw(batch: int, count: int, width: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Patches, class token and positions."""
    generator = seeded(seed)
    shapes = ((batch, count, width), (width,), (count + 1, width))
    patches, token, positions = (torch.randn(shape, generator=generator) for shape in shapes)
    return patches, token, positions


def judge(student: Student, batch: int, count: int, width: int, seed: int) -> None:
    """Compare the tokens; N + 1 tokens against another number of rows is a misfit with a name."""
    given, tokens = draw(batch, count, width, seed), count + 1
    misfit = {
        rf"tensor a \({tokens}\) must match the size of tensor b \((\d+)\) at non-singleton dimension 1": ROWS,
        rf"tensor a \((\d+)\) must match the size of tensor b \({tokens}\) at non-singleton dimension 1": ROWS,
    }
    with meaning(misfit):
        got = student(*given)
    compare("tokens", got, right(*given), SUSPECTS, given)


def test_one_image(student: Student) -> None:
    """One image of three patches."""
    judge(student, 1, 3, 2, seed=1)


def test_batch(student: Student) -> None:
    """Three images of seven patches."""
    judge(student, 3, 7, 5, seed=2)


def test_gradient(student: Student) -> None:
    """The gradient reaches patches, class token and positions."""
    given, cotangent = draw(2, 3, 5, seed=3), torch.randn(2, 4, 5, generator=seeded(4))
    to_patches, to_token, to_positions = student.vjp(given, cotangent)
    compare("gradient of patches", to_patches, cotangent[:, 1:])
    frozen = bool((to_token == 0).all())
    assert not frozen, "The class token gets no gradient: it was detached, and would never learn anything."
    compare("gradient of class_token", to_token, cotangent[:, 0].sum(0))
    compare("gradient of positions", to_positions, cotangent.sum(0))
