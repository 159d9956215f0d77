"""`check("NAME", NAME)` in a notebook cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from course_attn._checks import describe
from course_attn.grading import catalogue, report, runner


def check(name: str, function: Callable[..., Any] | None = None) -> None:
    """Check an answer and print what was found. Nothing is raised for a wrong answer.

    Args:
        name: The exercise, such as "masked_softmax".
        function: Your function.

    Chapter: Attention.
    """
    try:
        exercise = catalogue.find(name)
    except ValueError as reason:
        print(reason)
        return
    if not callable(function):
        got = "nothing" if function is None else describe(function)
        print(report.unusable(name, f"check: the second argument must be your function, got {got}"))
        return
    print(report.as_text(runner.run(exercise, function)))
