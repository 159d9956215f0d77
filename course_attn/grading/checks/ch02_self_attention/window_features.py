"""Checks of `window_features`."""

import torch
from torch import Tensor

from course_attn.grading.diagnosis import compare
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student
from course_attn.heads import windows


def right(x: Tensor, reach: int) -> Tensor:
    """The features asked for."""
    return windows(x, 2 * reach + 1)


def pieces(x: Tensor, reach: int) -> Tensor:
    """The same with an axis of its own for the words of a window, ``(B, N, 2 * reach + 1, D)``."""
    return right(x, reach).unflatten(-1, (2 * reach + 1, x.shape[-1]))


def at(x: Tensor, reach: int, places: Tensor) -> Tensor:
    """Features that take the given places ``(N, 2 * reach + 1)`` of the sentence."""
    return x[:, places].flatten(2)


def places(x: Tensor, reach: int) -> Tensor:
    """Place of each word of each window, also beyond the ends."""
    return torch.arange(x.shape[1])[:, None] + torch.arange(-reach, reach + 1)


SUSPECTS = {
    "the words of a window stand from right to left": lambda x, r: pieces(x, r).flip(2).flatten(2),
    "the numbers of one word are torn apart: all first numbers stand together, then all second ones (unfold puts the "
    "window's axis last)": lambda x, r: pieces(x, r).transpose(2, 3).flatten(2),
    "the sentence is closed to a ring: beyond one end its other end comes in": lambda x, r: at(
        x, r, places(x, r) % x.shape[1]
    ),
    "the words at the ends are repeated beyond them in place of zeros": lambda x, r: at(
        x, r, places(x, r).clamp(0, x.shape[1] - 1)
    ),
    "the neighbours are added up, not laid side by side": lambda x, r: pieces(x, r).sum(2),
    "the mean of the window is taken, not its words side by side": lambda x, r: pieces(x, r).mean(2),
    "only the words before stand in the window: the words after it belong there too": lambda x, r: pieces(x, r)[
        :, :, : r + 1
    ].flatten(2),
    "the word itself is left out: the window has 2 · reach + 1 words": lambda x, r: pieces(x, r)[
        :, :, [place for place in range(2 * r + 1) if place != r]
    ].flatten(2),
    "words whose window does not fit are left out: zeros must stand beyond the ends": lambda x, r: right(x, r)[
        :, r : x.shape[1] - r
    ],
    "all zeros stand at the left: every window ends with its word, in place of having it in the middle": lambda x, r: (
        windows(x, 4 * r + 1)[..., : (2 * r + 1) * x.shape[-1]]
    ),
    "words of other sentences are taken as neighbours: the words of a sentence lie along axis 1, not 0": (
        lambda x, r: right(x.transpose(0, 1), r).transpose(0, 1)
    ),
    "`reach` is taken to be 1, whatever it is": lambda x, r: right(x, 1),
    "the window is `reach` words wide in all: it reaches that far on either side": lambda x, r: right(x, r // 2),
}
BATCHED = {
    "the last words of one sentence stand before the first words of the next: pad each sentence on its own": (
        lambda x, r: right(x.reshape(1, -1, x.shape[-1]), r).reshape(*x.shape[:2], -1)
    ),
} | SUSPECTS


def draw(*shape: int, seed: int) -> Tensor:
    """Numbers from a normal distribution, the same in every run."""
    return torch.randn(*shape, generator=seeded(seed))


def test_worked_by_hand(student: Student) -> None:
    """One sentence of four words, one neighbour on either side."""
    x = torch.tensor([[[1.0, 10.0], [2.0, 20.0], [3.0, 30.0], [4.0, 40.0]]])
    rows = [[0, 0, 1, 10, 2, 20], [1, 10, 2, 20, 3, 30], [2, 20, 3, 30, 4, 40], [3, 30, 4, 40, 0, 0]]
    compare("features", student(x, 1), torch.tensor([rows]).float(), SUSPECTS, (x, 1))


def test_further(student: Student) -> None:
    """Four neighbours on either side."""
    x = draw(1, 11, 3, seed=1)
    compare("features", student(x, 4), right(x, 4), SUSPECTS, (x, 4))


def test_batches(student: Student) -> None:
    """Several sentences: none may see another."""
    x = draw(3, 7, 5, seed=2)
    compare("features", student(x, 2), right(x, 2), BATCHED, (x, 2))


def test_no_neighbour(student: Student) -> None:
    """Reach 0: each word alone."""
    x = draw(2, 5, 3, seed=3)
    got = student(x, 0)
    assert not (isinstance(got, Tensor) and got.dim() == 3 and got.shape[1] == 0), (
        "No word is left for reach 0: a slice that ends at -reach ends at -0, which is the beginning."
    )
    compare("features", got, x, SUSPECTS, (x, 0))


def test_wider_than_the_sentence(student: Student) -> None:
    """Reach 5 in a sentence of 2 words."""
    x = draw(2, 2, 3, seed=4)
    compare("features", student(x, 5), right(x, 5), SUSPECTS, (x, 5))


def test_keeps_dtype(student: Student) -> None:
    """Float64 and bfloat16 in, the same out."""
    for dtype in (torch.float64, torch.bfloat16):
        x = draw(2, 5, 3, seed=5).to(dtype)
        compare("features", student(x, 1), right(x, 1), SUSPECTS, (x, 1))


def test_gradient(student: Student) -> None:
    """Each word hears from every window it stands in."""
    x, cotangent = draw(2, 5, 3, seed=6), draw(2, 5, 9, seed=7)
    (gradient,) = student.vjp([x, 1], cotangent)
    before, own, after = cotangent.split(3, dim=-1)  # what each window says to the word before it, to its own, after
    expected = own.clone()
    expected[:, :-1] += before[:, 1:]
    expected[:, 1:] += after[:, :-1]
    compare(
        "gradient of x", gradient, expected, {"only the window's own word gets its gradient": lambda x, c: own}, (x, 1)
    )
