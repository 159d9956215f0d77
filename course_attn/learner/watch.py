"""`course-attn watch`: checks the current exercise whenever its file is saved, and answers to single keys.

It never goes to another exercise by itself: who has passed may want to try things out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import watchfiles
from rich.console import Console

from course_attn.grading.catalogue import Exercise, exercises
from course_attn.learner import progress
from course_attn.learner.child import Check
from course_attn.learner.course import Course
from course_attn.learner.examine import Found
from course_attn.learner.keys import ENTER, Keys

TICK = 100  # milliseconds between two looks at the keyboard
FINISHED = "Every exercise passes. Well done: what you built is attention. To hand in: course-attn submit"


class Unwatchable(Exception):
    """No saves can be seen: the system refuses, and the text says so, or the exercises' folder was moved or deleted."""


class Watch:
    """What `watch` shows and does; `run` brings it keys and saves.

    Args:
        course: The learner's folder.
        check: Checks a file.
        console: Where it prints.
        exercise: Where it starts.
        manual: Check when Enter is pressed instead of when a file is saved.
        keys: False where no keys can be read, so that none are offered.
    """

    def __init__(
        self,
        course: Course,
        check: Check,
        console: Console,
        exercise: Exercise,
        *,
        manual: bool = False,
        keys: bool = True,
    ) -> None:
        self.course = course
        self.check = check
        self.console = console
        self.exercise = exercise
        self.manual = manual
        self.keys = keys
        self.found: Found | None = None
        self.asked = ""  # the key that waits for a second one: r for y, n for n

    def recheck(self) -> None:
        """Check the current exercise, remember and show what was found."""
        path = self.course.path(self.exercise)
        self.asked = ""
        if self.console.is_terminal:
            self.console.clear()
        self.console.print(f"Checking {self.exercise.name} ...")
        if path.is_file():
            self.found = self.check(self.exercise.name, path, False)
        else:
            where = self.exercise.path
            self.found = Found("missing", f"{self.exercise.name}: there is no {where}. Key r puts the stub there.")
        notice = self.course.record(self.exercise, self.found.passed)
        if self.console.is_terminal:
            self.console.clear()
        self.show(notice)

    def show(self, *notes: str) -> None:
        """The result, what to do next, the bar, the file and the keys."""
        if self.found is not None:
            self.console.print(progress.result(self.found.text, self.found.passed))
        done = self.course.done()
        if self.found is not None and self.found.passed:
            name = self.exercise.name
            last = FINISHED if len(done) == len(exercises()) else "Try things out as long as you like; n goes on."
            lines = [progress.finished(self.exercise, done), last, f"To compare: course-attn solution {name}"]
            self.console.print("\n".join(filter(None, lines)))
        for note in filter(None, (*notes, self.course.take_notice())):
            self.console.print(f"\n{note}")
        self.console.print(f"\n{progress.bar(len(done), len(exercises()))}")
        path = self.course.path(self.exercise)
        self.console.print("Current exercise: ", progress.link(path, self.exercise.path), sep="")
        if self.keys:
            self.console.print(progress.keys_line(self.manual))
        else:
            self.console.print("Standard input is no terminal, so there are no keys: Ctrl+C stops.")

    def saved(self, paths: set[Path]) -> None:
        """Files were saved: check if the current exercise is among them, else say whose turn it is."""
        if self.course.path(self.exercise).resolve() in paths:
            self.recheck()
            return
        others = [name for name in exercises() if any(path.stem == name and path.is_file() for path in paths)]
        if others:
            say = (
                f"You saved {others[0]}; this is {self.exercise.name}. To change: q, then course-attn watch {others[0]}"
            )
            self.console.print(say)

    def key(self, key: str) -> bool:
        """Do what a key asks for. False means quit."""
        asked, self.asked = self.asked, ""
        if asked == "r":
            self._reset() if key == "y" else self.console.print("Nothing was reset.")
        elif key == "q":
            self.console.print("To go on later: course-attn")
            return False
        elif key == "h":
            self._hint()
        elif key == "n":
            self._next(sure=asked == "n")
        elif key == "l":
            self.console.print("\n".join(["", *progress.listing(self.course.done(), self.exercise.name)]))
        elif key == "r":
            self.asked = "r"
            self.console.print(f"Put the stub of {self.exercise.name} back? Your file is kept in .course/backup. y/n")
        elif key == ENTER:
            self.recheck()
        return True

    def _hint(self) -> None:
        hints = self.exercise.hints
        level = min(self.course.state().hint_level(self.exercise.name) + 1, len(hints))
        notice = self.course.record_hint(self.exercise.name, level)
        more = "h shows the next." if level < len(hints) else "That was the last."
        self.console.print(f"\nHint {level} of {len(hints)}: {hints[level - 1].strip()}\n{more}")
        if notice:
            self.console.print(notice)

    def _next(self, sure: bool) -> None:
        if not (self.found and self.found.passed) and not sure:
            self.asked = "n"
            self.console.print(f"{self.exercise.name} has not passed yet. n once more goes on without it.")
            return
        if len(self.course.done()) == len(exercises()) and not self._first_broken():
            self.console.print(FINISHED)
            return
        self.exercise = self.course.after(self.exercise)
        self.recheck()

    def _first_broken(self) -> bool:
        """At the end, check everything once more. True if something no longer passes."""
        broken = False
        for exercise in exercises().values():
            self.console.print(f"Checking {exercise.name} ...")
            path = self.course.path(exercise)
            passed = path.is_file() and self.check(exercise.name, path, False).passed
            if not passed:
                self.course.record(exercise, False)
                broken = True
        return broken

    def _reset(self) -> None:
        try:
            copy = self.course.reset(self.exercise)
        except OSError as reason:
            self.console.print(f"reset: {reason.filename} cannot be written: {reason.strerror}")
            return
        self.recheck()
        if copy:
            self.console.print(f"Your file is kept as {copy.relative_to(self.course.root)}")

    def run(self, keys: Keys) -> None:
        """Check once, then answer to saves and keys until q or Ctrl+C.

        Raises:
            Unwatchable: If saves cannot be seen, or not any more.
        """
        if self.manual:
            self.recheck()
            while keys.available and self._keys(keys, wait=TICK / 1000):
                pass
            return
        saves = _saves(self.course.root / "exercises")
        next(saves)  # watching begins before the first check, so that a save meanwhile is not lost
        self.recheck()
        for paths in saves:
            if not self._keys(keys):
                return
            if paths:
                self.saved(paths)

    def _keys(self, keys: Keys, wait: float = 0.0) -> bool:
        """Handle the keys pressed so far. False means quit."""
        key = keys.pressed(wait)
        while key:
            if not self.key(key):
                return False
            key = keys.pressed()
        return True


def _saves(folder: Path) -> Iterator[set[Path]]:
    """Sets of saved Python files as they come, and an empty set every `TICK`.

    Changes are polled for where the system tells of none: WATCHFILES_FORCE_POLLING, the Windows Subsystem for
    Linux, or a system that is out of watches.
    """
    polling: bool | None = None
    while True:
        try:
            for changes in watchfiles.watch(
                folder,
                step=50,
                debounce=200,
                rust_timeout=TICK,
                yield_on_timeout=True,
                force_polling=polling,
                raise_interrupt=True,
            ):
                if not folder.is_dir():
                    raise Unwatchable
                yield {Path(path).resolve() for _, path in changes if path.endswith(".py")}
                if (watchfiles.Change.deleted, str(folder)) in changes:
                    break  # and made anew: the system tells of the old one only
            else:
                return
        except OSError as reason:
            if polling or not folder.is_dir():
                advice = "try course-attn watch --manual-run"
                raise Unwatchable(f"saves cannot be seen here ({reason}); {advice}") from None
            polling = True
