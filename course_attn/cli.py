"""The command `course-attn`: check answers, read hints, list the exercises."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from course_attn.grading import catalogue, loading, report, runner
from course_attn.grading.explain import AnswerError

PASSED, NOT_RIGHT, MISUSED = 0, 1, 2

app = typer.Typer(
    help="Check your answers to the exercises of Attention from the Ground Up.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console(highlight=False, soft_wrap=True)


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="The exercise, such as masked_softmax.")],
    path: Annotated[Path | None, typer.Argument(help="Your file; exercises/CHAPTER/NAME.py if left out.")] = None,
) -> None:
    """Check one answer. Exit code 0: passed; 1: not right yet; 2: no such exercise or file."""
    exercise = _find(name)
    path = exercise.path if path is None else path
    if not path.is_file():
        _misused(f"check: no file {path} here; go to the course's folder, or name the file: check {name} PATH")
    try:
        function = loading.load(path, name)
    except AnswerError as reason:
        _say(report.unusable(name, str(reason)))
        raise typer.Exit(NOT_RIGHT) from None
    result = runner.run(exercise, function)
    _say(report.as_text(result))
    raise typer.Exit(PASSED if result.passed else NOT_RIGHT)


@app.command()
def hint(
    name: Annotated[str, typer.Argument(help="The exercise, such as masked_softmax.")],
    level: Annotated[int, typer.Argument(help="1: a question, 2: a pointer, 3: nearly the answer.")] = 1,
) -> None:
    """Show a hint, of three levels."""
    exercise = _find(name)
    if not 1 <= level <= len(exercise.hints):
        _misused(f"hint: LEVEL must be 1, 2 or 3, got {level}")
    _say(f"Hint {level} of {len(exercise.hints)} for {name}:\n{exercise.hints[level - 1].strip()}")
    if level < len(exercise.hints):
        _say(f"More: course-attn hint {name} {level + 1}")


@app.command("list")
def list_exercises() -> None:
    """List the exercises in the order of the course."""
    table = Table("exercise", "kind", "min", "level", "points", "title", box=None, pad_edge=False)
    for column in table.columns[:-1]:
        column.no_wrap = True
    for exercise in catalogue.exercises().values():
        kind = catalogue.KINDS[exercise.kind].lower()
        numbers = (str(number) for number in (exercise.minutes, exercise.difficulty, exercise.points))
        table.add_row(exercise.name, kind, *numbers, exercise.title)
    console.print(table)


def _find(name: str) -> catalogue.Exercise:
    try:
        return catalogue.find(name)
    except ValueError as reason:
        _misused(str(reason))
        raise


def _misused(text: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(text, markup=False)
    raise typer.Exit(MISUSED)


def _say(text: str) -> None:
    console.print(text, markup=False)


def main() -> None:
    """Entry point of the command."""
    app()


if __name__ == "__main__":
    main()
