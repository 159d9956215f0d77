"""The learner's folder: exercises to write into, and `.course/` beside them."""

from __future__ import annotations

import ast
import datetime
import hashlib
import importlib.resources
import os
import shutil
from pathlib import Path

from course_attn._error import error
from course_attn._whole import write_whole
from course_attn.grading import catalogue
from course_attn.grading.catalogue import Exercise
from course_attn.learner import state

MARK = ".course"
CONFTEST = "conftest.py.txt"


class Course:
    """An initialised folder.

    Args:
        root: The folder that holds ``.course`` and ``exercises``.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._notices: list[str] = []

    @property
    def state_path(self) -> Path:
        """Where progress is kept."""
        return self.root / MARK / "state.json"

    def path(self, exercise: Exercise) -> Path:
        """The learner's file for an exercise."""
        return self.root / exercise.path

    def lack(self, exercise: Exercise) -> str:
        """What to do where the folder of the exercises is gone; empty if it is there."""
        if not self.root.is_dir():
            return f"the course folder {self.root} is not there any more; put it back, or make one: course-attn init"
        advice = f"course-attn reset {exercise.name} makes a stub in it"
        return "" if (self.root / "exercises").is_dir() else f"no folder exercises in {self.root}; {advice}"

    def state(self) -> state.State:
        """The state as it is now."""
        found = state.read(self.state_path)
        if found.notice and found.notice not in self._notices:
            self._notices.append(found.notice)
        return found

    def take_notice(self) -> str:
        """What reading the state has met so far, to be told once; empty if all is well."""
        self.state()
        told, self._notices = "\n".join(self._notices), []
        return told

    def done(self) -> list[str]:
        """Exercises that passed, in the order of the course; those no longer in the course left out."""
        passed = self.state().done
        return [name for name in catalogue.exercises() if name in passed]

    def record(self, exercise: Exercise, passed: bool, *, make_current: bool = True) -> str:
        """Remember what a check found and, unless told otherwise, that this exercise is the current one.

        Returns:
            What the learner should hear about the state file, if anything.
        """
        with state.changing(self.state_path) as now:
            if make_current:
                now.current = exercise.name
            if passed:
                time = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
                now.done[exercise.name] = {"time": time, "hash": sha256(self.path(exercise))}
            else:
                now.done.pop(exercise.name, None)
        return now.notice

    def record_hint(self, name: str, level: int) -> str:
        """Remember that a hint was read. Returns what `record` returns."""
        with state.changing(self.state_path) as now:
            now.hints[name] = max(level, now.hint_level(name))
        return now.notice

    def current(self) -> Exercise:
        """The exercise to work on: the one of last time, else the first that has not passed, else the first."""
        name = self.state().current
        return catalogue.exercises().get(name) or self.after(None)

    def after(self, exercise: Exercise | None) -> Exercise:
        """The next exercise that has not passed, round the corner if need be; the first if all have."""
        names = list(catalogue.exercises())
        start = names.index(exercise.name) + 1 if exercise else 0
        done = self.done()
        waiting = [name for name in names[start:] + names[:start] if name not in done]
        return catalogue.exercises()[waiting[0] if waiting else names[0]]

    def reset(self, exercise: Exercise) -> Path | None:
        """Put the stub back.

        Returns:
            The copy kept of the learner's file, None if there was no file.
        """
        path = self.path(exercise)
        copy: Path | None = None
        if path.exists():
            folder = self.root / MARK / "backup"
            folder.mkdir(parents=True, exist_ok=True)
            number = 1
            while (folder / f"{exercise.name}-{number}.py").exists():
                number += 1
            copy = folder / f"{exercise.name}-{number}.py"
            write_whole(copy, path.read_bytes())
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, exercise.stub)
        with state.changing(self.state_path) as now:
            now.done.pop(exercise.name, None)
        return copy


def find(start: Path | None = None) -> Course | None:
    """The initialised folder that ``start`` (the working directory if left out) lies in, if any."""
    here = (start or Path.cwd()).absolute()
    return next((Course(folder) for folder in (here, *here.parents) if (folder / MARK).is_dir()), None)


def initialise(folder: Path) -> Course:
    """Make ``folder`` a course folder: a stub for each exercise, and what pytest needs to check them.

    Raises:
        ValueError: If it lies in an initialised folder, is a file, or holds exercises already.
        OSError: If it cannot be written; nothing half made stays.
    """
    inside = find(folder)
    if inside is not None:
        advice = "its exercises and progress are there: go there and run course-attn"
        raise _refused("outside a course folder", f"one in {inside.root}", advice)
    if folder.exists() and not folder.is_dir():
        raise _refused("a folder or a new name", f"the file {folder}")
    if (folder / "exercises").exists():
        raise _refused("without exercises", f"{folder / 'exercises'}", "name another folder")
    plugin = importlib.resources.files("course_attn.learner").joinpath(CONFTEST).read_text(encoding="utf-8")
    draft = Course(folder.absolute() / f".new-{os.getpid()}")  # or a full disk leaves half a course, which init refuses
    try:
        for exercise in catalogue.exercises().values():
            path = draft.path(exercise)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(exercise.stub, encoding="utf-8")
        (draft.root / "exercises" / "conftest.py").write_text(plugin, encoding="utf-8")
        state.write(draft.state_path, state.State())
        for part in ("exercises", MARK):
            (draft.root / part).rename(folder / part)
    finally:
        shutil.rmtree(draft.root, ignore_errors=True)
    return Course(folder.absolute())


def is_answered(source: str, exercise: Exercise) -> bool:
    """True if a file says more than its stub; layout and comments do not count."""
    try:
        return ast.dump(ast.parse(source)) != ast.dump(ast.parse(exercise.stub))
    except (SyntaxError, ValueError, RecursionError):
        return True


def sha256(path: Path) -> str:
    """The hash of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _refused(wanted: str, got: str, advice: str = "") -> ValueError:
    return error("init", "FOLDER", wanted, got, advice)
