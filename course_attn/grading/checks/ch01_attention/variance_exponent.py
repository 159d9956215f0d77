"""Checks of `variance_exponent`: the vectors are given, so the slope is one exact number."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from course_attn._checks import describe
from course_attn.grading.seeds import seeded
from course_attn.grading.student import Student

Samples = list[tuple[Tensor, Tensor]]
WIDTHS = (2, 3, 7, 11, 29)


def products(queries: Tensor, keys: Tensor) -> Tensor:
    """The dot product of each row of one with the same row of the other."""
    return (queries.double() * keys.double()).sum(-1)


def fit(x: list[float], y: list[float]) -> float:
    """Slope of the least-squares line."""
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    over = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    return over / sum((a - mean_x) ** 2 for a in x)


def logs(samples: Samples, measure: Callable[[Tensor, Tensor], Tensor]) -> tuple[list[float], list[float]]:
    """Log widths, and the logs of what is measured at each."""
    return (
        [math.log(queries.shape[-1]) for queries, _ in samples],
        [math.log(measure(queries, keys).item()) for queries, keys in samples],
    )


def variance(queries: Tensor, keys: Tensor) -> Tensor:
    """The variance asked for."""
    return products(queries, keys).var()


def slope(samples: Samples, measure: Callable[[Tensor, Tensor], Tensor] = variance) -> float:
    """The slope for a given measure."""
    return fit(*logs(samples, measure))


def end_points(samples: Samples) -> float:
    """The slope of the line through the first and the last point."""
    x, y = logs(samples, variance)
    return (y[-1] - y[0]) / (x[-1] - x[0])


def through_origin(samples: Samples) -> float:
    """The slope of a line forced through the origin."""
    x, y = logs(samples, variance)
    return sum(a * b for a, b in zip(x, y, strict=True)) / sum(a * a for a in x)


def unlogged(samples: Samples) -> float:
    """The slope without logarithms."""
    return fit([float(queries.shape[-1]) for queries, _ in samples], [variance(*pair).item() for pair in samples])


SUSPECTS: dict[str, Callable[[Samples], float]] = {
    "the standard deviation is measured in place of the variance: the slope is half of it": lambda s: slope(s) / 2,
    "width and variance are swapped: the line is log variance against log width": lambda s: fit(
        *reversed(logs(s, variance))
    ),
    "the logarithms are missing: a power law is a straight line only between logarithms": unlogged,
    "only the variance is put on a logarithmic scale, not the width": lambda s: fit(
        [float(queries.shape[-1]) for queries, _ in s], logs(s, variance)[1]
    ),
    "the line runs through the first and the last point only, not by least squares": end_points,
    "the line is forced through the origin: subtract the means first": through_origin,
    "the mean square is taken in place of the variance: the mean of the products is not 0 here": lambda s: slope(
        s, lambda q, k: products(q, k).square().mean()
    ),
    "every query meets every key: row i belongs to row i only": lambda s: slope(
        s, lambda q, k: (q.double() @ k.double().mT).var()
    ),
    "the products of single entries are measured, not summed to dot products": lambda s: slope(
        s, lambda q, k: (q.double() * k.double()).var()
    ),
    "the mean over the width is taken in place of the sum: that divides by d": lambda s: slope(s) - 2,
    "the dot products are divided by √d before they are measured": lambda s: slope(s) - 1,
    "the slope 1 of the theory is returned: these vectors have to be measured": lambda s: 1.0,
}


def draw(make: Callable[[int, torch.Generator], tuple[Tensor, Tensor]], seed: int) -> Samples:
    """One pair for each width."""
    generator = seeded(seed)
    return [make(width, generator) for width in WIDTHS]


def judge(student: Student, samples: Samples) -> None:
    """Compare the slope."""
    got = student(samples)
    got = got.item() if isinstance(got, Tensor) and got.numel() == 1 else got
    number = isinstance(got, int | float) and not isinstance(got, bool)
    assert number, f"The slope must be one number, got {describe(got)}"
    expected = slope(samples)
    if abs(got - expected) < 1e-4 * max(1.0, abs(expected)):
        return
    named = [text for text, mistake in SUSPECTS.items() if abs(got - mistake(samples)) < 1e-4 * max(1.0, abs(got))]
    blame = f"This is what you get when {', or when '.join(named)}.\n" if named else ""
    raise AssertionError(f"{blame}expected the slope {expected:.4f} for widths {WIDTHS}, got {got:.4f}")


def antithetic(width: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Independent entries; each query comes with its opposite, so that the products have mean 0 exactly."""
    queries, keys = torch.randn(2, 499, width, generator=generator)
    return torch.cat([queries, -queries]), torch.cat([keys, keys])


def repeated(width: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Entries that nearly repeat one number, the same for query and key."""
    vectors = torch.randn(53, 1, generator=generator) + 0.1 * torch.randn(53, width, generator=generator)
    return vectors, vectors


def test_independent_entries(student: Student) -> None:
    """Independent entries: the slope of the chapter."""
    judge(student, draw(antithetic, 1))


def test_repeated_entries(student: Student) -> None:
    """Entries that repeat one number: another slope."""
    judge(student, draw(repeated, 2))
