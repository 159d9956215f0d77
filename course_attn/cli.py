"""The command `course-attn`: a course folder, checks, hints, solutions, handing in.

Torch takes more than a second to load. What needs it is imported by the commands that compute something; a list or a
hint answers at once.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from course_attn.__main__ import main
from course_attn._endings import INTERRUPTED
from course_attn._version import __version__
from course_attn.grading import catalogue
from course_attn.learner import DEADLINE, comparison, course, no_nan, progress
from course_attn.learner.commands import Commands
from course_attn.learner.keys import Keys

PASSED, NOT_RIGHT, MISUSED = 0, 1, 2

app = typer.Typer(
    cls=Commands,
    help="Attention from the Ground Up: check your answers to the exercises. Without a command: watch.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
Name = Annotated[str, typer.Argument(help="The exercise, such as masked_softmax.")]
Version = Annotated[bool, typer.Option("--version", help="Say which version this is.")]
Deadline = Annotated[float, typer.Option(min=0.1, max=3600, callback=no_nan, help="Seconds an answer may take.")]


@app.callback(invoke_without_command=True)
def default(context: typer.Context, version: Version = False) -> None:
    """Attention from the Ground Up: check your answers to the exercises. Without a command: watch."""
    if version:
        _say(f"course-attn {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        watch()


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="The folder to make.")] = Path("attention-course")) -> None:
    """Make a course folder: a stub for each exercise, to write your answers into."""
    try:
        made = course.initialise(folder)
    except ValueError as reason:
        _misused(str(reason))
    except OSError as reason:
        _misused(f"init: {folder} cannot be written: {reason.strerror}")
    _say(f"{folder}: {len(catalogue.exercises())} exercises, the first in {made.current().path}")
    _say("Next:" + (f"\n  cd {folder}" if folder.absolute() != Path.cwd() else "") + "\n  course-attn")


@app.command()
def watch(
    name: Annotated[str | None, typer.Argument(help="Where to start; where you were, if left out.")] = None,
    manual_run: Annotated[bool, typer.Option("--manual-run", help="Check on Enter, not when a file is saved.")] = False,
    deadline: Deadline = DEADLINE,
) -> None:
    """Check the current exercise whenever you save it. Keys: n h l r q."""
    here = _course("watch", tell=False)  # the first screen tells
    exercise = _find(name) if name else here.current()
    if lack := here.lack(exercise):
        _misused(f"watch: {lack}")
    from course_attn.learner import child
    from course_attn.learner.watch import Unwatchable, Watch

    checker = child.checker(deadline)
    with Keys() as keys, contextlib.closing(checker):
        if manual_run and not keys.available:
            _misused("watch: --manual-run needs a terminal to read keys from, got a pipe or a file")
        screen = progress.plain_console()
        screen.print(f"Checking {exercise.name} ...")  # loading torch takes a second or two
        checker.warm_up()
        try:
            Watch(here, checker, screen, exercise, manual=manual_run, keys=keys.available).run(keys)
        except KeyboardInterrupt:
            _say("\nTo go on later: course-attn")
            raise typer.Exit(INTERRUPTED) from None
        except Unwatchable as reason:
            _misused(f"watch: {here.lack(exercise) or reason}")


@app.command()
def check(
    name: Annotated[str | None, typer.Argument(help="The exercise; the current one if left out.")] = None,
    path: Annotated[Path | None, typer.Argument(help="Your file; exercises/CHAPTER/NAME.py if left out.")] = None,
    all_of_them: Annotated[bool, typer.Option("--all", help="Every exercise, one line for each.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Every check, nothing cut.")] = False,
    deadline: Deadline = DEADLINE,
) -> None:
    """Check an answer. Exit code 0: passed; 1: not right yet; 2: no such exercise or file."""
    here = course.find()
    if all_of_them:
        if name:
            _misused("check: give a NAME or --all, not both")
        _check_all(here, deadline)
    if name:
        exercise = _find(name)
    elif here:
        exercise = here.current()
    else:
        _misused("check: which exercise? check NAME, or check --all; in a course folder the current one is known")
    if here:
        _note(here.take_notice())
    own, path = path is None, path or _path(here, exercise)
    if not path.is_file():
        advice = f"course-attn reset {exercise.name} puts its stub there" if here and own else ""
        advice = advice or f"go to the course's folder, or name the file: check {exercise.name} PATH"
        _misused(f"check: no file {path} here; {advice}")
    if path.suffix == ".ipynb":
        call = f'check("{exercise.name}", {exercise.name})'
        _misused(f"check: PATH must be a .py file, got the notebook {path}; in a notebook call {call}")
    from course_attn.learner import child

    found = child.checker(deadline)(exercise.name, path, verbose)
    progress.plain_console().print(progress.result(found.text, found.passed))
    if here and own:
        _note(here.record(exercise, found.passed))
        if found.passed:
            _say_what_next(here, exercise)
    raise typer.Exit(PASSED if found.passed else NOT_RIGHT)


@app.command()
def hint(
    name: Annotated[str | None, typer.Argument(help="The exercise; the current one if left out.")] = None,
    level: Annotated[int, typer.Argument(help="1: a question, 2: a pointer, 3: nearly the answer.")] = 1,
) -> None:
    """Show a hint, of three levels."""
    exercise = _find(name) if name else _course("hint", tell=False).current()
    name = exercise.name
    if not 1 <= level <= len(exercise.hints):
        _misused(f"hint: LEVEL must be 1, 2 or 3, got {level}")
    _say(f"Hint {level} of {len(exercise.hints)} for {name}:\n{exercise.hints[level - 1].strip()}")
    if level < len(exercise.hints):
        _say(f"More: course-attn hint {name} {level + 1}")
    if here := course.find():
        _note(here.record_hint(name, level))


@app.command("list")
def list_exercises() -> None:
    """List the exercises in the order of the course; x marks those that passed."""
    here = course.find()
    done = here.done() if here else []
    _say("\n".join(progress.table(done)))
    if here:
        _say(f"\n{progress.bar(len(done), len(catalogue.exercises()))}")
        _note(here.take_notice())


@app.command()
def reset(name: Name, yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")] = False) -> None:
    """Put an exercise's stub back. A copy of your file is kept in .course/backup."""
    here, exercise = _course("reset"), _find(name)
    if not yes and here.path(exercise).exists():
        try:
            yes = typer.confirm(f"Put the stub of {name} back? Your file is kept in .course/backup.")
        except typer.Abort:
            _misused("reset: no answer; course-attn reset -y does not ask")
        if not yes:
            _say("Nothing was reset.")
            raise typer.Exit(NOT_RIGHT)
    try:
        copy = here.reset(exercise)
    except OSError as reason:
        _misused(f"reset: {reason.filename} cannot be written: {reason.strerror}")
    _say(f"{exercise.path} is the stub again." + (f" Your file: {copy.relative_to(here.root)}" if copy else ""))


@app.command()
def solution(name: Name) -> None:
    """Set your answer beside the course's solution, once it has passed."""
    here, exercise = _course("solution"), _find(name)
    if name not in here.done():
        _say(f"{name} has not passed yet: the solution is for comparing. Stuck? course-attn hint {name}")
        raise typer.Exit(NOT_RIGHT)
    path = comparison.solution_of(exercise, Path(__file__).resolve().parents[1], here.root)
    if path is None:
        _say(comparison.where_to_find(exercise))
        return
    try:
        own = here.path(exercise).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        _misused(f"solution: {here.path(exercise)} cannot be read; course-attn check {name} says why")
    lines = ["- your line   + the solution's", *comparison.compare(own, path.read_text(encoding="utf-8"))]
    _say("\n".join(lines))


@app.command()
def submit() -> None:
    """Write submission.zip: your answers and a manifest, no results."""
    from course_attn.learner import submission

    here = _course("submit")
    path = here.root / submission.NAME
    try:
        answers = submission.answers_in(here)
        if not answers:
            _misused("submit: every exercise is still its stub; answer one first")
        submission.pack(answers, path)
    except OSError as reason:
        _misused(f"submit: {reason.filename or path}: {reason.strerror}")
    _say(submission.summary(answers, path))


@app.command(add_help_option=False, context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def grade(context: typer.Context) -> None:
    """Mark submissions in a sandbox."""
    from course_attn.grading import grade_command

    marker = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    marker.command()(grade_command.grade)
    command = typer.main.get_command(marker)
    with command.make_context("course-attn grade", context.args) as inner:
        command.invoke(inner)  # not its main, which hides Ctrl+C


@app.command("doctor")
def look_at_the_machine() -> None:
    """Say what this machine has, and what to do about what it lacks."""
    from course_attn.learner import doctor

    for row in doctor.rows():
        _say(f"{row.what:<14} {row.found}" + (f"\n{'':<14} -> {row.advice}" if row.advice else ""))
    import torch  # noqa: F401  # where it is lacking, the last line says what to do


def _check_all(here: course.Course | None, deadline: float) -> NoReturn:
    """One line for each exercise; exit code 0 if all passed."""
    from course_attn.learner import child

    exercises, notices = catalogue.exercises(), {}
    if not any(_path(here, exercise).is_file() for exercise in exercises.values()):
        _misused("check: no folder exercises here; go to your course folder, or make one: course-attn init")
    wide, passed = max(map(len, exercises)), 0
    checker = child.checker(deadline)
    with contextlib.closing(checker):
        checker.warm_up()
        for name, exercise in exercises.items():
            path = _path(here, exercise)
            found = checker(name, path, False) if path.is_file() else None
            _say(f"{name:<{wide}}  {found.status if found else 'no file'}")
            passed += found is not None and found.passed
            if here and found:
                notices[here.record(exercise, found.passed, make_current=False)] = True  # each is told once
    _say(f"\n{progress.bar(passed, len(exercises))}")
    _note("\n".join(filter(None, notices)))
    raise typer.Exit(PASSED if passed == len(exercises) else NOT_RIGHT)


def _say_what_next(here: course.Course, exercise: catalogue.Exercise) -> None:
    done, total = here.done(), len(catalogue.exercises())
    _say(f"To compare: course-attn solution {exercise.name}")
    onwards = f"Next: {here.after(exercise).name}" if len(done) < total else "All done. To hand in: course-attn submit"
    _say("\n".join(filter(None, [progress.finished(exercise, done), progress.bar(len(done), total), onwards])))


def _path(here: course.Course | None, exercise: catalogue.Exercise) -> Path:
    return here.path(exercise) if here else exercise.path


def _course(command: str, *, tell: bool = True) -> course.Course:
    here = course.find()
    if here is None:
        _misused(f"{command}: this is no course folder; go to yours, or make one: course-attn init")
    if tell:
        _note(here.take_notice())
    return here


def _find(name: str) -> catalogue.Exercise:
    try:
        return catalogue.find(name)
    except ValueError as reason:
        _misused(str(reason))


def _misused(text: str) -> NoReturn:
    progress.plain_console(stderr=True).print(text)
    raise typer.Exit(MISUSED)


def _note(text: str) -> None:
    if text:
        progress.plain_console(stderr=True).print(f"Note: {text}")


def _say(text: str) -> None:
    progress.plain_console().print(text)


if __name__ == "__main__":
    main()
