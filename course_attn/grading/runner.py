"""Runs the checks of one exercise on one function. Every way of checking ends here."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch

from course_attn.grading.catalogue import Exercise
from course_attn.grading.explain import AnswerError, NotAttempted
from course_attn.grading.returned import watched
from course_attn.grading.student import Student

STUMBLED = "this result made the check itself fail"


@dataclass
class Outcome:
    """What one check found.

    Args:
        title: The first line of the check's docstring.
        status: "passed", "failed" or "not run".
        message: Why it failed, in the learner's terms.
        line: The learner's line that the wrong result came from; empty where the message names one, or none is known.
    """

    title: str
    status: str = "not run"
    message: str = ""
    line: str = ""


@dataclass
class Report:
    """What the checks of one exercise found.

    Args:
        exercise: Which exercise.
        outcomes: One for each check, in order.
        attempted: False while the answer is still the stub.
        printed: What the answer printed in the last check that ran.
        unusable: Why the answer cannot be checked at all, if so.
    """

    exercise: Exercise
    outcomes: list[Outcome] = field(default_factory=list)
    attempted: bool = True
    printed: str = ""
    unusable: str = ""

    @property
    def passed(self) -> bool:
        """True when every check passed."""
        return all(outcome.status == "passed" for outcome in self.outcomes)

    @property
    def failure(self) -> Outcome | None:
        """The first check that failed."""
        return next((outcome for outcome in self.outcomes if outcome.status == "failed"), None)


def checks_of(exercise: Exercise) -> list[Callable[[Student], None]]:
    """The check functions of an exercise, in the order they are written."""
    with _plain_torch():  # a module of checks may hold tensors of its own
        module = exercise.checks()
    return [
        function
        for name, function in vars(module).items()
        if name.startswith("test_") and inspect.isfunction(function) and function.__module__ == module.__name__
    ]


def title_of(check: Callable[..., Any]) -> str:
    """The first line of a check's docstring, without the full stop."""
    return (inspect.getdoc(check) or check.__name__).splitlines()[0].rstrip(".")


@contextlib.contextmanager
def _plain_torch() -> Iterator[None]:
    """A notebook may have set another default dtype or device; the checks mean float32 on the CPU."""
    dtype = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        with torch.device("cpu"), torch.enable_grad():
            yield
    finally:
        torch.set_default_dtype(dtype)


def run_one(check: Callable[[Student], None], student: Student) -> Outcome:
    """Run one check. `NotAttempted` passes through; everything else becomes an outcome."""
    title = title_of(check)
    try:
        with _plain_torch(), watched(getattr(student, "function", None)) as place:
            check(student)
    except NotAttempted:
        raise
    except (AnswerError, AssertionError) as reason:
        named = any(line.startswith("line ") for line in str(reason).splitlines())
        return Outcome(title, "failed", str(reason), "" if named else str(place))
    except Exception as reason:  # a check that stumbles must not show its own traceback to a learner
        return Outcome(title, "failed", f"{STUMBLED}: {type(reason).__name__}: {reason}")
    return Outcome(title, "passed")


def run(exercise: Exercise, function: Callable[..., Any], *, stop: bool = True) -> Report:
    """Run an exercise's checks on a function.

    Args:
        exercise: Which exercise.
        function: The learner's answer.
        stop: End at the first failure, as a learner wants it; a grader runs them all.

    Returns:
        The report, with an outcome for each check.
    """
    checks = checks_of(exercise)
    report = Report(exercise, [Outcome(title_of(check)) for check in checks])
    try:
        student = Student(function, exercise.name, exercise.parameters)
    except AnswerError as reason:
        report.unusable = str(reason)
        return report
    for place, check in enumerate(checks):
        try:
            report.outcomes[place] = run_one(check, student)
        except NotAttempted as reason:
            if place == 0:
                report.attempted = False
                break
            report.outcomes[place] = Outcome(
                report.outcomes[place].title, "failed", f"this part is not written: {reason}"
            )
        stumbled = report.outcomes[place].message.startswith(STUMBLED)
        if stumbled and any(outcome.status == "failed" for outcome in report.outcomes[:place]):
            report.outcomes[place].message = "not judged: it builds on an earlier check, which failed"
        report.printed = student.printed
        if stop and report.outcomes[place].status == "failed":
            break
    return report
