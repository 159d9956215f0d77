"""Schedules: the factor on the learning rate at each step.

A schedule is a function of the step (0, 1, 2 ...) that returns a factor; the optimizer's own learning rate is
multiplied by it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from course_attn._checks import check_count, describe, error

Schedule = Callable[[int], float]


def constant(step: int) -> float:
    """Leave the learning rate as it is."""
    return 1.0


def warmup_cosine(total: int, warmup: int = 0, floor: float = 0.0) -> Schedule:
    r"""Rise linearly for ``warmup`` steps, then fall to ``floor`` along half a cosine.

    Args:
        total: Number of steps of the whole run.
        warmup: Number of steps of the rise; the first step already has factor ``1 / warmup``.
        floor: Factor at the end.

    Returns:
        The schedule; after ``total`` steps it stays at ``floor``.

    Raises:
        ValueError: If the rise is not shorter than the run, or the floor is outside [0, 1].

    Source: Loshchilov & Hutter, 2017, equation 5, arXiv 1608.03983.
    Chapter: The Transformer.
    """
    check_count("warmup_cosine", "total", total)
    if isinstance(warmup, bool) or not isinstance(warmup, int) or not 0 <= warmup < total:
        raise error("warmup_cosine", "warmup", f"a whole number from 0 to below total = {total}", describe(warmup))
    if isinstance(floor, bool) or not isinstance(floor, (int, float)) or not 0.0 <= floor <= 1.0:
        raise error("warmup_cosine", "floor", "between 0 and 1", describe(floor))

    def factor(step: int) -> float:
        if step < warmup:
            return (step + 1) / warmup
        progress = min((step - warmup) / (total - warmup), 1.0)
        return floor + (1 - floor) * (1 + math.cos(math.pi * progress)) / 2

    return factor


def inverse_root(d_model: int, warmup: int = 4000) -> Schedule:
    r"""The Transformer's schedule, :math:`d^{-1/2} \min(t^{-1/2},\, t\, w^{-3/2})` with ``t`` counted from 1.

    Args:
        d_model: Model width.
        warmup: Number of steps of the linear rise, :math:`w`.

    Returns:
        The schedule. It is the learning rate itself: use it with an optimizer whose own rate is 1.

    Raises:
        ValueError: If an argument is not a positive whole number.

    Source: Vaswani et al., 2017, equation 3, arXiv 1706.03762.
    Chapter: The Transformer.
    """
    check_count("inverse_root", "d_model", d_model)
    check_count("inverse_root", "warmup", warmup)

    def factor(step: int) -> float:
        t = step + 1
        return min(t**-0.5, t * warmup**-1.5) / math.sqrt(d_model)

    return factor
