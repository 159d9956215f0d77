"""Checks of a class, as an exercise would have them: the grader sets the weights, then compares."""

import torch

from course_attn.attention import attention
from course_attn.grading.diagnosis import compare
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student

NAMES = ("query", "key", "value")


def draw(*shape: int, seed: int) -> torch.Tensor:
    """Numbers from a normal distribution, the same in every run."""
    return torch.randn(*shape, generator=seeded(seed))


def tables(d_model: int, seed: int) -> dict[str, torch.Tensor]:
    """Weights for the three tables."""
    return {f"{name}.weight": draw(d_model, d_model, seed=seed + place) for place, name in enumerate(NAMES)}


def right(x: torch.Tensor, weights: dict[str, torch.Tensor], mask: torch.Tensor | None = None) -> torch.Tensor:
    """The layer's output for these weights."""
    q, k, v = (x @ weights[f"{name}.weight"].mT for name in NAMES)
    return attention(q, k, v, mask)[0]


def test_parameters(student: Student) -> None:
    """Three tables of the right size."""
    found = {name: tuple(value.shape) for name, value in student.build(7).state().items()}
    assert found == {f"{name}.weight": (7, 7) for name in NAMES}, f"The parameters are {found}"


def test_output(student: Student) -> None:
    """The output for weights that the check has chosen."""
    layer, weights, x = student.build(7), tables(7, 1), draw(3, 5, 7, seed=4)
    layer.fill(weights)
    compare("output", layer(x), right(x, weights))


def test_mask(student: Student) -> None:
    """Some words hidden."""
    layer, weights, x = student.build(5), tables(5, 11), draw(3, 5, seed=14)
    layer.fill(weights)
    mask = torch.ones(3, 3, dtype=torch.bool).tril()
    compare("output", layer(x, mask), right(x, weights, mask))


def test_gradients(student: Student) -> None:
    """The gradient reaches the words and the tables."""
    layer, weights, x, cotangent = student.build(5), tables(5, 21), draw(3, 5, seed=24), draw(3, 5, seed=25)
    layer.fill(weights)
    (to_x,), to_tables = layer.gradients([x, None], cotangent)
    leaves = {name: weight.clone().requires_grad_() for name, weight in weights.items()}
    x = x.requires_grad_()
    expected = torch.autograd.grad((right(x, leaves) * cotangent).sum(), [x, *leaves.values()])
    compare("gradient of x", to_x, expected[0])
    for name, gradient in zip(leaves, expected[1:], strict=True):
        compare(f"gradient of {name}", to_tables[name], gradient)


def test_two_layers_are_apart(student: Student) -> None:
    """Two layers do not share their tables."""
    one, other = student.build(3), student.build(3)
    one.fill(tables(3, 31))
    other.fill(tables(3, 41))
    compare("query.weight", one.state()["query.weight"], tables(3, 31)["query.weight"])
