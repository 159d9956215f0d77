"""What stands below a result in `watch`: the bar, the current file, the keys."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.style import Style
from rich.text import Text

from course_attn.grading import catalogue

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


def listing(done: list[str], current: str = "") -> list[str]:
    """One line for each exercise: `x` for one that passed, `>` for the current one."""
    wide = max(len(name) for name in catalogue.exercises())
    return [
        f"{'>' if exercise.name == current else ' '} [{'x' if exercise.name in done else ' '}] "
        f"{exercise.name:<{wide}}  {exercise.title}"
        for exercise in catalogue.exercises().values()
    ]


def plain_console(stderr: bool = False) -> Console:
    """A console that prints text as it is: no mark-up, no highlighting, no broken lines."""
    return Console(stderr=stderr, highlight=False, markup=False, soft_wrap=True)
