"""`pytest exercises/chNN_topic/NAME.py`: the checks as pytest items, with the same messages.

The file `exercises/conftest.py` registers this module as a plugin; nothing else loads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from course_attn.grading import catalogue, loading, report, runner
from course_attn.grading.explain import AnswerError, NotAttempted
from course_attn.grading.student import Student


class ExerciseFile(pytest.File):
    """A learner's file: one item for each check of its exercise."""

    def collect(self) -> Iterator[CheckItem]:
        """One item for each check. The file is loaded by the first that runs."""
        self.student: Student | None = None
        self.failed = False
        exercise = catalogue.exercises()[self.path.stem]
        for check in runner.checks_of(exercise):
            item: CheckItem = CheckItem.from_parent(self, name=check.__name__.removeprefix("test_"))
            item.check = check
            yield item


class CheckItem(pytest.Item):
    """One check on one file."""

    parent: ExerciseFile
    check: Any

    def runtest(self) -> None:
        """Run the check; once one has failed, the later ones are skipped, as elsewhere."""
        if self.parent.failed:
            pytest.skip("an earlier check failed")
        self.parent.failed = True
        name = self.path.stem
        try:
            if self.parent.student is None:
                function = loading.load(self.path, name)
                self.parent.student = Student(function, name, catalogue.exercises()[name].parameters)
            student = self.parent.student
            outcome = runner.run_one(self.check, student)
        except NotAttempted:
            raise CheckFailed(report.not_attempted(name)) from None
        except AnswerError as reason:
            raise CheckFailed(report.unusable(name, str(reason))) from None
        if outcome.status == "failed":
            lines = report.failure_lines(outcome, student.printed)
            raise CheckFailed("\n".join([*lines, report.hint_line(name)]))
        self.parent.failed = False

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The message alone, no traceback."""
        if isinstance(excinfo.value, CheckFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """What pytest writes above a failure."""
        return self.path, None, f"{self.path.stem}: {runner.title_of(self.check)}"


class CheckFailed(Exception):
    """Carries the message of a failed check to pytest."""


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ExerciseFile | None:
    """Take files named like an exercise in a folder of its chapter."""
    if not _is_exercise(file_path) or parent.session.isinitpath(file_path):
        return None
    return ExerciseFile.from_parent(parent, path=file_path)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> Any:
    """A file named on the command line goes through pytest's own collector, which asks here first."""
    return ExerciseFile.from_parent(parent, path=module_path) if _is_exercise(module_path) else None


def _is_exercise(path: Path) -> bool:
    exercise = catalogue.exercises().get(path.stem)
    return path.suffix == ".py" and exercise is not None and path.parent.name == exercise.chapter
