"""Checks of `column_convention`."""

import math

import torch
from torch import Tensor

from course_attn.grading.diagnosis import Suspects, compare, parts, tensor
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student
from course_attn.self_attention import self_attention_columns


def scores(x: Tensor, w_q: Tensor, w_k: Tensor) -> Tensor:
    """Scores that are not divided yet, ``(keys, queries)``."""
    return (w_k @ x).T @ (w_q @ x)


def down(table: Tensor, divisor: float) -> Tensor:
    """Softmax down each column."""
    return torch.softmax(table / divisor, dim=0)


def right(x: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor) -> Tensor:
    """The weights asked for."""
    return self_attention_columns(x, w_q, w_k, w_v)[1]


def root(w_q: Tensor) -> float:
    """The divisor asked for."""
    return math.sqrt(w_q.shape[0])


WEIGHTS = {
    "the softmax runs along the rows (dim=-1 or 1), as in the row convention: here each column belongs to a query, "
    "dim=0": lambda x, q, k, v: torch.softmax(scores(x, q, k) / root(q), dim=-1),
    "the weights are those of the row convention: column i, not row i, must belong to query i": lambda x, q, k, v: (
        right(x, q, k, v).T
    ),
    "w_q and w_k have changed places: the scores are K.T @ Q": lambda x, q, k, v: right(x, k, q, v),
    "the scores are not divided by √d": lambda x, q, k, v: down(scores(x, q, k), 1.0),
    "the scores are divided by √N, the number of words: with columns the width d is the first number of a shape": (
        lambda x, q, k, v: down(scores(x, q, k), math.sqrt(x.shape[1]))
    ),
    "the scores are divided by √D, the width of x, instead of √d, the width of a query": lambda x, q, k, v: down(
        scores(x, q, k), math.sqrt(x.shape[0])
    ),
    "the scores are divided by d instead of √d": lambda x, q, k, v: down(scores(x, q, k), q.shape[0]),
    "the keys are made with w_q: queries and keys then come from one matrix": lambda x, q, k, v: right(x, q, q, v),
    "the softmax is missing: A is returned in place of A'": lambda x, q, k, v: scores(x, q, k) / root(q),
    "the softmax runs over the whole table at once, not column by column": lambda x, q, k, v: torch.softmax(
        (scores(x, q, k) / root(q)).flatten(), dim=0
    ).view(x.shape[1], -1),
}
TRANSPOSED = {
    "x is read as rows: word i is column i of x, so the matrices stand left of it, w @ x": lambda x, q, k, v: right(
        x.T, q.T, k.T, v.T
    ),
    "x is turned into rows, and the formula of the row convention used: w_q is (d, D) here, and w_q @ x the queries": (
        lambda x, q, k, v: right(x, q.T, k.T, v.T).T
    ),
}
OUTPUT = {
    "the weights are transposed before they mix the values: O = V A'": lambda x, q, k, v: v @ x @ right(x, q, k, v).T,
    "the output is turned back into rows: column i of it belongs to word i": lambda x, q, k, v: (
        (v @ x @ right(x, q, k, v)).T
    ),
    "the keys are mixed instead of the values": lambda x, q, k, v: k @ x @ right(x, q, k, v),
    "the words themselves are mixed: w_v is missing": lambda x, q, k, v: x @ right(x, q, k, v),
    "the weights stand left of the values, A' V, as in the row convention": lambda x, q, k, v: (
        right(x, q, k, v) @ (v @ x)
    ),
}


def draw(*shapes: tuple[int, ...], seed: int, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    """Tensors of these shapes, the same in every run; all but the first are small, so that no softmax saturates."""
    generator = seeded(seed)
    drawn = [torch.randn(*shape, generator=generator, dtype=dtype) for shape in shapes]
    return [drawn[0], *(matrix / 3 for matrix in drawn[1:])]


def judge(student: Student, args: list[Tensor], more: Suspects | None = None) -> None:
    """Compare the weights first, since a wrong weight spoils the output too."""
    output, weights = parts("the pair (output, weights)", student(*args), 2)
    tensor("output", output)
    tensor("weights", weights)
    right_output, right_weights = self_attention_columns(*args)
    swapped = output.shape == right_weights.shape and torch.allclose(output, right_weights)
    assert not swapped, "The two parts come in the wrong order: return (output, weights), not (weights, output)."
    compare("weights", weights, right_weights, {**WEIGHTS, **(more or {})}, tuple(args))
    compare("output", output, right_output, OUTPUT, tuple(args))


def test_worked_by_hand(student: Student) -> None:
    """Two words, worked by hand: the first weighs 1/4 to 3/4, the second half and half."""
    x = torch.tensor([[2.0, 1.0], [0.0, 1.0]])
    w_q = math.sqrt(2) * math.log(3) * torch.tensor([[0.0, 0.0], [0.5, -0.5]])
    w_k, w_v = torch.tensor([[0.0, 0.0], [0.0, 1.0]]), torch.tensor([[2.0, 6.0], [0.0, 4.0]])
    judge(student, [x, w_q, w_k, w_v], TRANSPOSED)
    output, weights = student(x, w_q, w_k, w_v)
    compare("weights", weights, torch.tensor([[0.25, 0.5], [0.75, 0.5]]))
    compare("output", output, torch.tensor([[7.0, 6.0], [3.0, 2.0]]))


def test_other_widths(student: Student) -> None:
    """Five words of width 7, queries of width 3, values of width 2."""
    judge(student, draw((7, 5), (3, 7), (3, 7), (2, 7), seed=2))


def test_gradient(student: Student) -> None:
    """The gradient reaches x and all three matrices."""
    args = draw((7, 5), (3, 7), (3, 7), (2, 7), seed=3)
    (cotangent,) = draw((2, 5), seed=4)
    leaves = [value.clone().requires_grad_() for value in args]
    expected = torch.autograd.grad((self_attention_columns(*leaves)[0] * cotangent).sum(), leaves)
    found = student.vjp(args, cotangent, part=0)
    for place in (1, 2, 3, 0):  # x last: it has three ways to the output, so it hides where one is cut
        name, got = student.parameters[place], found[place]
        assert got.any(), f"No gradient reaches {name}: something on its way to the output was detached."
        compare(f"gradient of {name}", got, expected[place])
