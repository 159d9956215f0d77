"""Checks of `gradient_reach`: the package measures, the mistakes are computed by the chain rule."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from course_attn.grading.diagnosis import Suspects, compare
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student
from course_attn.recurrent import gradient_by_distance


def states(x: Tensor, w_input: Tensor, w_state: Tensor) -> Tensor:
    """All states, ``(N, d_h)``."""
    state, found = x.new_zeros(len(w_state)), []
    for x_t in x:
        state = torch.tanh(w_input @ x_t + w_state @ state)
        found.append(state)
    return torch.stack(found)


def right(x: Tensor, w_input: Tensor, w_state: Tensor) -> Tensor:
    """What is asked for."""
    return gradient_by_distance(lambda batch: states(batch[0], w_input, w_state)[None], x[None])


def slope(state: Tensor) -> Tensor:
    """The derivative of tanh, from its value."""
    return 1 - state**2


def to_tanh(x: Tensor, w_input: Tensor, w_state: Tensor, bend: Callable[[Tensor], Tensor] = slope) -> Tensor:
    """The derivatives by what enters the tanh at each place, ``(N, d_h, d_h)``, the last place first."""
    carried, found = torch.eye(len(w_state), dtype=x.dtype), []
    for state in states(x, w_input, w_state).flip(0):
        found.append(carried * bend(state))
        carried = found[-1] @ w_state
    return torch.stack(found)


def chain(x: Tensor, w_input: Tensor, w_state: Tensor, bend: Callable[[Tensor], Tensor] = slope) -> Tensor:
    """The derivatives by the inputs, ``(N, d_h, d_in)``, the last place first."""
    return to_tanh(x, w_input, w_state, bend) @ w_input


def norms(matrices: Tensor) -> Tensor:
    """The Frobenius norm of each matrix."""
    return matrices.square().sum((-2, -1)).sqrt()


def every_state(x: Tensor, w_input: Tensor, w_state: Tensor) -> Tensor:
    """The gradient of the sum of all states, its norm at each place."""
    total = torch.zeros_like(x)
    for end in range(1, len(x) + 1):
        total[:end] += chain(x[:end], w_input, w_state).sum(1).flip(0)
    return total.norm(dim=-1).flip(0)


SUSPECTS: Suspects = {
    "the order is reversed: g_0 belongs to the last row of x": lambda x, a, w: right(x, a, w).flip(0),
    "the numbers of the last state are added up before the derivative is taken: each has a row of its own": (
        lambda x, a, w: chain(x, a, w).sum(1).norm(dim=-1)
    ),
    "the norm of the last state is differentiated: the norm is to be taken of the derivative": lambda x, a, w: (
        torch.nn.functional.normalize(states(x, a, w)[-1], dim=0) @ chain(x, a, w)
    ).norm(dim=-1),
    "every state is differentiated, not only the last": every_state,
    "the root is missing: these are the squares": lambda x, a, w: right(x, a, w).square(),
    "the root is taken of each row before they are added up": lambda x, a, w: chain(x, a, w).norm(dim=-1).sum(-1),
    "the absolute values are added up: the Frobenius norm is the root of the sum of squares": lambda x, a, w: (
        chain(x, a, w).abs().sum((-2, -1))
    ),
    "the largest singular value is taken in place of the Frobenius norm": lambda x, a, w: torch.linalg.matrix_norm(
        chain(x, a, w), ord=2
    ),
    "the tanh is left out of the derivative: it multiplies each step by 1 − h²": lambda x, a, w: norms(
        chain(x, a, w, torch.ones_like)
    ),
    "the slope of tanh is taken at h: it is 1 − h², since h is the tanh already": lambda x, a, w: norms(
        chain(x, a, w, lambda state: 1 - torch.tanh(state) ** 2)
    ),
    "the slope of tanh is left out at the last place": lambda x, a, w: norms(
        chain(x, a, w) / slope(states(x, a, w)[-1])[:, None]
    ),
    "the derivative is taken by what enters the tanh, not by the input: W_x is missing": lambda x, a, w: norms(
        to_tanh(x, a, w)
    ),
    "w_state is applied transposed: W_h stands left of the state, w_state @ state": lambda x, a, w: right(x, a, w.mT),
    "everything is divided by g_0": lambda x, a, w: right(x, a, w) / right(x, a, w)[0],
    "the state is cut loose (detach) between the places: only the last input is left": lambda x, a, w: torch.cat(
        [right(x, a, w)[:1], x.new_zeros(len(x) - 1)]
    ),
    "the derivative is taken by the states, not by the inputs": lambda x, a, w: norms(
        to_tanh(x, a, w) / slope(states(x, a, w).flip(0))[:, None]
    ),
    "the mean is taken over the numbers of the state in place of the sum": lambda x, a, w: (
        right(x, a, w) / len(w) ** 0.5
    ),
}


def draw(*shapes: tuple[int, ...], seed: int, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    """Tensors of these shapes, the same in every run."""
    generator = seeded(seed)
    return [torch.randn(*shape, generator=generator, dtype=dtype) for shape in shapes]


def network(seed: int, length: int, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    """Inputs of width 3 and the matrices of a network of width 5 that forgets slowly."""
    x, w_input, w_state = draw((length, 3), (5, 3), (5, 5), seed=seed, dtype=dtype)
    return [x / 2, w_input / 2, w_state / 2]


def test_worked_by_hand(student: Student) -> None:
    """One number in the state, which is 0, 1/2, 1/2: the slope of tanh is 1, 3/4, 3/4."""
    half = math.log(3) / 2  # tanh of it is 1/2
    args = torch.tensor([[0.0], [half / 3], [(half + 0.25) / 3]]), torch.tensor([[3.0]]), torch.tensor([[-0.5]])
    compare("reach", student(*args), torch.tensor([9 / 4, 27 / 32, 27 / 64]), SUSPECTS, args)


def test_wider(student: Student) -> None:
    """Inputs of width 3, a state of width 5."""
    args = network(seed=1, length=7)
    compare("reach", student(*args), right(*args), SUSPECTS, tuple(args))


def test_keeps_precision(student: Student) -> None:
    """Double precision stays double precision."""
    args = network(seed=2, length=7, dtype=torch.float64)
    compare("reach", student(*args), right(*args), SUSPECTS, tuple(args))
