"""What stands below a result in `watch`: the bar, the current file, the keys."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.style import Style
from rich.text import Text

from course_attn.grading import catalogue
from course_attn.grading.catalogue import Exercise

BAR = 30


def bar(done: int, total: int) -> str:
    """`Progress: [######>-----] 3/7`, with the arrow only between the ends."""
    filled = BAR * done // total
    arrow = ">" if 0 < filled < BAR else ""
    return f"Progress: [{'#' * filled}{arrow}{'-' * (BAR - filled - len(arrow))}] {done}/{total}"


def keys_line(manual: bool) -> str:
    """What each key does."""
    first = ["Enter: check"] if manual else []
    return "   ".join([*first, "n: next", "h: hint", "l: list", "r: reset", "q: quit"])


def link(path: Path, shown: Path | str) -> Text:
    """A path; terminals that know links open the file on a click."""
    return Text(str(shown), style=Style(link=path.absolute().as_uri(), underline=True))


def result(text: str, passed: bool) -> Text:
    """What a check found, its first line in colour where there is colour."""
    first, _, rest = text.partition("\n")
    head = Text(first, style="bold green" if passed else "bold")
    return head if not rest else Text("\n").join([head, Text(rest)])


def listing(done: list[str], current: str) -> list[str]:
    """The chapters with how far they are, the current one's exercises below it: `x` passed, `>` current."""
    lines = []
    for chapter in chapters():
        lines.append(f"  {_how_far(chapter, done)}")
        if any(exercise.name == current for exercise in chapter):
            wide = max(len(exercise.name) for exercise in chapter)
            lines += [
                f"{'>' if exercise.name == current else ' '}   [{'x' if exercise.name in done else ' '}] "
                f"{exercise.name:<{wide}}  {exercise.title}"
                for exercise in chapter
            ]
    return lines


def table(done: list[str]) -> list[str]:
    """Every exercise with what it asks for, chapter by chapter."""
    wide = max(len(name) for name in catalogue.exercises())
    kind = max(len(exercise.kind) for exercise in catalogue.exercises().values())
    lines = [f"  {'exercise':<{wide}}  {'kind':<{kind}}  min  level  points  title"]
    for chapter in chapters():
        lines += ["", _how_far(chapter, done)]
        lines += [
            f"{'x' if one.name in done else ' '} {one.name:<{wide}}  {one.kind:<{kind}}  {one.minutes:>3}  "
            f"{one.difficulty:>5}  {one.points:>6}  {one.title}"
            for one in chapter
        ]
    return lines


def chapters() -> list[list[Exercise]]:
    """The exercises of each chapter, in the order of the course."""
    return [list(group) for _, group in groupby(catalogue.exercises().values(), lambda exercise: exercise.chapter)]


def finished(exercise: Exercise, done: list[str]) -> str:
    """What to say when an exercise's whole chapter has passed; empty before."""
    chapter = next(group for group in chapters() if exercise in group)
    if any(other.name not in done for other in chapter):
        return ""
    return f"{exercise.heading.partition(':')[0]} is done: all {len(chapter)} of its exercises pass."


def _how_far(chapter: list[Exercise], done: list[str]) -> str:
    passed = sum(exercise.name in done for exercise in chapter)
    return f"{chapter[0].heading}, {passed} of {len(chapter)}"


def plain_console(stderr: bool = False) -> Console:
    """A console that prints text as it is: no mark-up, no highlighting, no broken lines."""
    return Console(stderr=stderr, highlight=False, markup=False, soft_wrap=True)
