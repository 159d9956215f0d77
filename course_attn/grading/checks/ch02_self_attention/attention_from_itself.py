"""Checks of `attention_from_itself`: each fault is met by a case that shows it alone."""

import math

import torch
from torch import Tensor

from course_attn.grading.diagnosis import compare, parts, tensor
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student
from course_attn.scores import dot_scores
from course_attn.self_attention import self_attention


def weights_of(x: Tensor, w_q: Tensor, w_k: Tensor, divisor: float | None = None) -> Tensor:
    """The weights, with a divisor that may be wrong."""
    divisor = math.sqrt(w_q.shape[-1]) if divisor is None else divisor
    return torch.softmax(dot_scores(x @ w_q, x @ w_k) / divisor, dim=-1)


def over_queries(x: Tensor, w_q: Tensor, w_k: Tensor) -> Tensor:
    """The softmax over the queries."""
    return torch.softmax(dot_scores(x @ w_q, x @ w_k) / math.sqrt(w_q.shape[-1]), dim=-2)


WEIGHTS = {
    "the scores are still divided by √D, the width of x, instead of √d, the width of a query": lambda x, q, k, v: (
        weights_of(x, q, k, math.sqrt(x.shape[-1]))
    ),
    "the scores are not divided at all": lambda x, q, k, v: weights_of(x, q, k, 1.0),
    "the scores are divided by d instead of √d": lambda x, q, k, v: weights_of(x, q, k, q.shape[-1]),
    "the scores are divided by √N, the number of words, instead of √d": lambda x, q, k, v: weights_of(
        x, q, k, math.sqrt(x.shape[-2])
    ),
    "the softmax still runs over the queries, and its rows are made to sum to 1 afterwards": lambda x, q, k, v: (
        over_queries(x, q, k) / over_queries(x, q, k).sum(-1, keepdim=True)
    ),
    "w_q and w_k have changed places": lambda x, q, k, v: weights_of(x, k, q),
    "the softmax is taken twice": lambda x, q, k, v: torch.softmax(weights_of(x, q, k), dim=-1),
}
OUTPUT = {
    "the weights are transposed before they mix the values": lambda x, q, k, v: weights_of(x, q, k).mT @ (x @ v),
    "the keys are mixed instead of the values": lambda x, q, k, v: weights_of(x, q, k) @ (x @ k),
    "the words themselves are mixed instead of the values": lambda x, q, k, v: weights_of(x, q, k) @ x,
}


def draw(*shapes: tuple[int, ...], seed: int, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    """Tensors of these shapes, the same in every run; all but the first are small, so that no softmax saturates."""
    generator = seeded(seed)
    drawn = [torch.randn(*shape, generator=generator, dtype=dtype) for shape in shapes]
    return [drawn[0], *(matrix / 3 for matrix in drawn[1:])]


def two(student: Student, args: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Output and weights, both tensors of the right shape."""
    output, weights = parts("the pair (output, weights)", student(*args), 2)
    batch, length = args[0].shape[:2]
    wanted = {"output": (batch, length, args[3].shape[-1]), "weights": (batch, length, length)}
    swapped = tuple(getattr(output, "shape", ())) == wanted["weights"] != wanted["output"]
    assert not swapped, "The two parts come in the wrong order: return (output, weights), not (weights, output)."
    for name, got in (("output", output), ("weights", weights)):
        tensor(name, got)
        shape = tuple(got.shape)
        assert shape == wanted[name], f"{name}: shape must be {wanted[name]}, got {shape}"
    return output, weights


def test_rows_sum_to_one(student: Student) -> None:
    """Each query's weights sum to 1."""
    _, weights = two(student, draw((2, 5, 7), (7, 3), (7, 3), (7, 2), seed=1))
    ones = torch.ones(())
    if torch.allclose(weights.sum(dim=-1), ones):
        return
    found = f"weights[0].sum(dim=-1) is [{', '.join(f'{total:.3f}' for total in weights[0].sum(dim=-1))}]"
    for axis, holds in ((1, "the queries"), (0, "the sentences of the batch")):
        over = torch.allclose(weights.sum(dim=axis), ones)
        assert not over, (
            f"The weights sum to 1 along axis {axis}, which holds {holds}: the softmax runs there.\n{found}"
        )
    raise AssertionError(f"Row i of the weights belongs to query i and must sum to 1.\n{found}")


def test_all_matrices_matter(student: Student) -> None:
    """With w_k (or w_q) all zeros every score is 0, and every weight 1/N."""
    x, w_q, w_k, w_v = draw((2, 5, 7), (7, 3), (7, 3), (7, 2), seed=2)
    for name, makes, args in (
        ("w_k", "keys", [x, w_q, torch.zeros_like(w_k), w_v]),
        ("w_q", "queries", [x, torch.zeros_like(w_q), w_k, w_v]),
    ):
        weights = two(student, args)[1]
        even = torch.allclose(weights, torch.full((), 0.2))
        assert even, (
            f"{name} is all zeros, so the {makes} are 0 and every weight is 1/5. Yours are not, "
            f"so the {makes} do not come from {name}.\n"
            f"weights[0, 0] is [{', '.join(f'{w:.3f}' for w in weights[0, 0])}]"
        )


def test_width_of_a_query(student: Student) -> None:
    """Words of width 9, queries of width 4: the weights are 1/4 and 3/4."""
    x, w_q, w_k = torch.eye(2, 9)[None], torch.zeros(9, 4), torch.zeros(9, 4)
    w_q[0, 0], w_k[1, 0] = 2 * math.log(3), 1.0
    args = [x, w_q, w_k, torch.ones(9, 3)]
    expected = torch.tensor([[[0.25, 0.75], [0.5, 0.5]]])
    compare("weights", two(student, args)[1], expected, WEIGHTS, tuple(args))


def test_batches(student: Student) -> None:
    """Sentences of random numbers, in a batch."""
    args = draw((2, 5, 7), (7, 3), (7, 3), (7, 2), seed=3)
    output, weights = two(student, args)
    right_output, right_weights = self_attention(*args)
    compare("weights", weights, right_weights, WEIGHTS, tuple(args))
    compare("output", output, right_output, OUTPUT, tuple(args))


def test_gradient(student: Student) -> None:
    """The gradient reaches x and all three matrices."""
    args = draw((2, 5, 7), (7, 3), (7, 3), (7, 2), seed=4)
    (cotangent,) = draw((2, 5, 2), seed=5)
    leaves = [value.clone().requires_grad_() for value in args]
    expected = torch.autograd.grad((self_attention(*leaves)[0] * cotangent).sum(), leaves)
    found = student.vjp(args, cotangent, part=0)
    for place in (1, 2, 3, 0):  # x last: it has three ways to the output, so it hides where one is cut
        name, got = student.parameters[place], found[place]
        assert got.any(), f"No gradient reaches {name}: something on its way to the output was detached."
        compare(f"gradient of {name}", got, expected[place])
