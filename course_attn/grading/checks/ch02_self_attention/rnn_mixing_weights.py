"""Checks of `rnn_mixing_weights`."""

from collections.abc import Callable

import torch
from torch import Tensor

from course_attn.grading.diagnosis import compare, tensor
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student
from course_attn.recurrent import linear_rnn


def table(transition: Tensor, length: int, weight: Callable[[int, int], Tensor]) -> Tensor:
    """``weight(t, s)`` for every pair of places, ``(N, N, D, D)``."""
    return torch.stack([torch.stack([weight(t, s) for s in range(length)]) for t in range(length)])


def power(transition: Tensor, exponent: int) -> Tensor:
    """The matrix power, by repeated products; zeros for a negative exponent."""
    if exponent < 0:
        return torch.zeros_like(transition)
    result = torch.eye(len(transition), dtype=transition.dtype)
    for _ in range(exponent):
        result = transition @ result
    return result


def right(transition: Tensor, length: int) -> Tensor:
    """The weights asked for."""
    return table(transition, length, lambda t, s: power(transition, t - s))


def entrywise(transition: Tensor, exponent: int) -> Tensor:
    """Each number of the matrix raised for itself."""
    return transition**exponent if exponent >= 0 else torch.zeros_like(transition)


SUSPECTS = {
    "each power is one too high: h_t holds x_t itself, carried by no transition": lambda a, n: table(
        a, n, lambda t, s: power(a, t - s + 1) if s <= t else torch.zeros_like(a)
    ),
    "the present is left out: a place belongs to its own state, with the identity as its weight": lambda a, n: table(
        a, n, lambda t, s: power(a, t - s) if s < t else torch.zeros_like(a)
    ),
    "every power but the present's is one too low: from s to t there are t − s steps": lambda a, n: table(
        a, n, lambda t, s: power(a, max(t - s - 1, 0)) if s <= t else torch.zeros_like(a)
    ),
    "the two places are swapped: the state t is the first index, the input s the second": lambda a, n: right(
        a, n
    ).transpose(0, 1),
    "the matrices stand transposed: A multiplies a column x_s from the left": lambda a, n: right(a, n).mT,
    "each number is raised for itself (`**`): a matrix power is repeated @": lambda a, n: table(
        a, n, lambda t, s: entrywise(a, t - s)
    ),
    "each number is raised for itself (`**`), but for the identity": lambda a, n: table(
        a, n, lambda t, s: entrywise(a, t - s) if s != t else power(a, 0)
    ),
    "the transition is multiplied by the distance: two steps are two products, not twice the matrix": (
        lambda a, n: table(a, n, lambda t, s: (t - s) * a if s < t else power(a, t - s))
    ),
    "the distance counts in both directions: the future has no weight in a recurrent network": lambda a, n: table(
        a, n, lambda t, s: power(a, abs(t - s))
    ),
    "every earlier place is carried by the transition once, however far away it is": lambda a, n: table(
        a, n, lambda t, s: power(a, min(t - s, 1))
    ),
    "the weights of each state are divided so that they sum to 1: there is no softmax in a recurrent network": (
        lambda a, n: right(a, n) / torch.arange(1, n + 1)[:, None, None, None]
    ),
    "the power is that of the place s, counted from the start, not of the distance t − s": lambda a, n: table(
        a, n, lambda t, s: power(a, s) if s <= t else torch.zeros_like(a)
    ),
    "the power is that of the place t, counted from the start, not of the distance t − s": lambda a, n: table(
        a, n, lambda t, s: power(a, t) if s <= t else torch.zeros_like(a)
    ),
}


def draw(*shape: int, seed: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Numbers from a normal distribution, the same in every run."""
    return torch.randn(*shape, generator=seeded(seed), dtype=dtype)


def test_worked_by_hand(student: Student) -> None:
    """Three places, a transition of whole numbers."""
    transition = torch.tensor([[1.0, 2.0], [0.0, 3.0]])
    zero, one, two = torch.zeros(2, 2), torch.eye(2), torch.tensor([[1.0, 8.0], [0.0, 9.0]])
    expected = [[one, zero, zero], [transition, one, zero], [two, transition, one]]
    expected = torch.stack([torch.stack(row) for row in expected])
    compare("weights", student(transition, 3), expected, SUSPECTS, (transition, 3))


def test_gives_the_states(student: Student) -> None:
    """Mixing the inputs gives what the network gives."""
    transition, x = draw(3, 3, seed=1) / 2, draw(2, 5, 3, seed=2)
    weights = student(transition, 5)
    compare("weights", weights, right(transition, 5), SUSPECTS, (transition, 5))
    compare("mixture of the inputs", torch.einsum("tsij,bsj->bti", weights, x), linear_rnn(x, transition))


def test_one_place(student: Student) -> None:
    """A single place has a single weight, the identity."""
    transition = draw(3, 3, seed=3)
    compare("weights", student(transition, 1), torch.eye(3)[None, None], SUSPECTS, (transition, 1))


def test_singular_transition(student: Student) -> None:
    """A transition without an inverse is a transition too."""
    transition = torch.tensor([[0.0, 1.0], [0.0, 0.0]])
    got = student(transition, 3)
    tensor("weights", got)
    assert bool(got.isfinite().all()), (
        "A power with a negative exponent was taken, or a logarithm: this transition has neither. "
        "Leave the future out before you raise."
    )
    compare("weights", got, right(transition, 3), SUSPECTS, (transition, 3))


def test_keeps_precision(student: Student) -> None:
    """Double precision stays double precision."""
    transition = draw(3, 3, seed=4, dtype=torch.float64)
    compare("weights", student(transition, 5), right(transition, 5), SUSPECTS, (transition, 5))


def test_gradient(student: Student) -> None:
    """The gradient reaches the transition."""
    transition, cotangent = draw(3, 3, seed=5) / 2, draw(5, 5, 3, 3, seed=6)
    leaf = transition.clone().requires_grad_()
    (expected,) = torch.autograd.grad((right(leaf, 5) * cotangent).sum(), leaf)
    (gradient,) = student.vjp([transition, 5], cotangent)
    compare("gradient of transition", gradient, expected)
