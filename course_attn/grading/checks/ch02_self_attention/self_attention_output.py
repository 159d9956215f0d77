"""Checks of `self_attention_output`."""

import math

import torch
from torch import Tensor

from course_attn.grading.diagnosis import compare
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student
from course_attn.scores import dot_scores
from course_attn.self_attention import self_attention


def right(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
    """The output asked for."""
    return self_attention(x, w_q, w_k, w_v)[0]


def mixed(query: Tensor, key: Tensor, value: Tensor, divisor: float | None = None, dim: int = -1) -> Tensor:
    """Attention with a divisor and an axis that may be wrong."""
    divisor = math.sqrt(query.shape[-1]) if divisor is None else divisor
    return torch.softmax(dot_scores(query, key) / divisor, dim=dim) @ value


SUSPECTS = {
    "the scores are not divided by √d": lambda x, q, k, v: mixed(x @ q, x @ k, x @ v, 1.0),
    "the scores are divided by √D, the width of x, instead of √d, the width of a query": lambda x, q, k, v: mixed(
        x @ q, x @ k, x @ v, math.sqrt(x.shape[-1])
    ),
    "the scores are divided by √N, the root of the number of rows, instead of √d": lambda x, q, k, v: mixed(
        x @ q, x @ k, x @ v, math.sqrt(x.shape[-2])
    ),
    "the scores are divided by d instead of √d": lambda x, q, k, v: mixed(x @ q, x @ k, x @ v, q.shape[-1]),
    "the softmax runs over the queries (dim=-2) instead of the keys (dim=-1)": lambda x, q, k, v: mixed(
        x @ q, x @ k, x @ v, dim=-2
    ),
    "the keys are made with w_q: queries and keys then come from one matrix": lambda x, q, k, v: right(x, q, q, v),
    "the queries are made with w_k: queries and keys then come from one matrix": lambda x, q, k, v: right(x, k, k, v),
    "w_q and w_k have changed places: the rows of the scores belong to the queries": lambda x, q, k, v: right(
        x, k, q, v
    ),
    "the rows of x are mixed in place of the values x @ w_v": lambda x, q, k, v: mixed(x @ q, x @ k, x),
    "the keys are mixed in place of the values x @ w_v": lambda x, q, k, v: mixed(x @ q, x @ k, x @ k),
    "x asks and is asked as it is, without w_q and w_k": lambda x, q, k, v: mixed(x, x, x @ v),
    "the weights themselves are returned: they still have to mix the values": lambda x, q, k, v: self_attention(
        x, q, k, v
    )[1],
    "the scores mix the values: the softmax is missing": lambda x, q, k, v: (
        dot_scores(x @ q, x @ k) / math.sqrt(q.shape[-1]) @ (x @ v)
    ),
    "each row only takes its own value: the weights are missing": lambda x, q, k, v: x @ v,
}
TRANSPOSED = {
    "the matrices are applied transposed: a row of x stands left of its matrix, x @ w": lambda x, q, k, v: right(
        x, q.mT, k.mT, v.mT
    ),
}
BATCHED = {
    "the softmax runs over axis 1 (dim=1): with a batch in front the keys are the last axis, dim=-1": (
        lambda x, q, k, v: mixed(x @ q, x @ k, x @ v, dim=1)
    ),
    "the softmax runs over axis 0 (dim=0), a batch axis here, instead of the keys (dim=-1)": (
        lambda x, q, k, v: mixed(x @ q, x @ k, x @ v, dim=0)
    ),
} | SUSPECTS


def draw(*shapes: tuple[int, ...], seed: int, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    """Tensors of these shapes, the same in every run; all but the first are small, so that no softmax saturates."""
    generator = seeded(seed)
    drawn = [torch.randn(*shape, generator=generator, dtype=dtype) for shape in shapes]
    return [drawn[0], *(matrix / 3 for matrix in drawn[1:])]


def test_worked_by_hand(student: Student) -> None:
    """Two rows, worked by hand: the first weighs 1/4 to 3/4, the second half and half."""
    x = torch.tensor([[2.0, 0.0], [0.0, 1.0]])
    w_q = torch.tensor([[0.0, math.log(3) / math.sqrt(2)], [0.0, 0.0]])
    w_k, w_v = torch.tensor([[0.0, 0.0], [0.0, 1.0]]), torch.tensor([[2.0, 0.0], [8.0, 4.0]])
    args = x, w_q, w_k, w_v
    compare("output", student(*args), torch.tensor([[7.0, 3.0], [6.0, 2.0]]), TRANSPOSED | SUSPECTS, args)


def test_other_widths(student: Student) -> None:
    """Five rows of width 7, queries of width 3, values of width 2."""
    args = draw((5, 7), (7, 3), (7, 3), (7, 2), seed=1)
    compare("output", student(*args), right(*args), SUSPECTS, tuple(args))


def test_batches(student: Student) -> None:
    """With two batch axes in front."""
    args = draw((2, 3, 5, 7), (7, 11), (7, 11), (7, 2), seed=2)
    compare("output", student(*args), right(*args), BATCHED, tuple(args))


def test_keeps_precision(student: Student) -> None:
    """Double precision stays double precision."""
    args = draw((5, 7), (7, 3), (7, 3), (7, 2), seed=3, dtype=torch.float64)
    compare("output", student(*args), right(*args), SUSPECTS, tuple(args))


def test_gradient(student: Student) -> None:
    """The gradient reaches x and all three matrices."""
    args = draw((5, 7), (7, 3), (7, 3), (7, 2), seed=4)
    (cotangent,) = draw((5, 2), seed=5)
    leaves = [tensor.clone().requires_grad_() for tensor in args]
    expected = torch.autograd.grad((right(*leaves) * cotangent).sum(), leaves)
    found = student.vjp(args, cotangent)
    for place in (1, 2, 3, 0):  # x last: it has three ways to the output, so it hides where one is cut
        name, got = student.parameters[place], found[place]
        assert got.any(), f"No gradient reaches {name}: something on its way to the output was detached."
        compare(f"gradient of {name}", got, expected[place])
