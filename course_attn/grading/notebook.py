"""`check("NAME", NAME)` in a notebook cell."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from course_attn._checks import describe
from course_attn.grading import catalogue, report, report_html, runner


def check(name: str, function: Callable[..., Any] | None = None) -> None:
    """Check an answer and show what was found. Nothing is raised for a wrong answer.

    In a notebook the report is HTML, with the text for front ends that show none; elsewhere it is printed.

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
        why = f"check: the second argument must be your function, got {got}"
        _show(report.unusable(name, why), report_html.unusable(exercise, why))
        return
    found = runner.run(exercise, function)
    if found.attempted:
        _show(report.as_text(found), report_html.as_html(found))
    else:  # the page as it comes, which nobody has answered: one line of text, the same in every front end
        print(report.as_text(found))


def _show(text: str, as_html: str) -> None:
    """HTML where the cell's front end can, else the text."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if ipython is None or getattr(shell, "kernel", None) is None:  # a plain Python, or IPython in a terminal
        print(text)
        return
    ipython.display.display({"text/html": as_html, "text/plain": text}, raw=True)
