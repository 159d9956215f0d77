"""What a learner uses beside the checks: a course folder, its state, watching, hints, handing in.

`state` remembers, `course` is the folder, `child` runs a check in a process of its own with a deadline (`reserve`
is that process where there is no fork), `progress` and `keys` are what `watch` shows and hears, `submission` packs
answers, `cells` those of a notebook, `doctor` looks at the machine, `comparison` sets an answer beside the solution,
`commands` ends what Ctrl+C interrupts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from course_attn.learner.cells import submit

__all__ = ["submit"]
DEADLINE = 20.0  # seconds an answer may take at home, loading it included


def no_nan(seconds: float) -> float:
    """Refuse a deadline that is no number: an older typer lets it through every range."""
    import typer

    if seconds != seconds:
        raise typer.BadParameter("nan is no number of seconds")
    return seconds


def __getattr__(name: str) -> Any:
    """`submit` loads torch only when it is used: the other commands need none."""
    if name != "submit":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from course_attn.learner.cells import submit

    return submit
