"""Checking of exercises: the same checks in a notebook cell, on the command line and under pytest.

`check` is what a learner calls. `catalogue` knows the exercises, `student` stands between a check and the
learner's function, `explain` turns exceptions into help, `diagnosis` names mistakes, `runner` runs the
checks, `report` writes what the learner reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from course_attn.grading.notebook import check

__all__ = ["check"]


def __getattr__(name: str) -> Any:
    """`check` loads torch only when it is used: listing exercises and reading hints need none."""
    if name != "check":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from course_attn.grading.notebook import check

    return check
