"""The course's solution beside the learner's answer, for those who have passed."""

from __future__ import annotations

import ast
import difflib
from pathlib import Path

from course_attn.grading.catalogue import Exercise

MARKS = ("# BEGIN SOLUTION", "# END SOLUTION")


def solution_of(exercise: Exercise, *starts: Path) -> Path | None:
    """The solution's file, if one of the folders, or one above it, is a checkout of the course."""
    for start in starts:
        for folder in (start, *start.parents):
            path = folder / "solutions" / exercise.chapter / f"{exercise.name}.py"
            if path.is_file():
                return path
    return None


def where_to_find(exercise: Exercise) -> str:
    """What to say where there is no checkout."""
    from importlib import metadata  # slow to load, and nobody else here needs it

    urls = dict(line.split(", ", 1) for line in metadata.metadata("course-attn").get_all("Project-URL") or [])
    address = urls.get("Repository", "the course's repository")
    return (
        "The solutions do not travel with the package. "
        f"Find this one in solutions/{exercise.chapter}/{exercise.name}.py of\n{address}\n"
        "or run this command inside a checkout."
    )


def compare(own: str, solution: str) -> list[str]:
    """Both codes as one listing: `-` your line, `+` the solution's, neither where they agree."""
    wanted = [line for line in code_of(solution).splitlines() if line.strip() not in MARKS]
    lines = difflib.ndiff(code_of(own).splitlines(), _without_given(wanted))
    return [line.rstrip() for line in lines if not line.startswith("?")]


def code_of(source: str) -> str:
    """A file below its docstring; the whole file where it cannot be read as Python."""
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):
        return source
    has_docstring = body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    start = (body[0].end_lineno or 0) if has_docstring else 0
    return "\n".join(source.splitlines()[start:]).strip("\n")


def _without_given(lines: list[str]) -> list[str]:
    """A find-the-bug solution carries the faulty code as comments, for its stub: leave it out."""
    kept, inside = [], False
    for line in lines:
        if line.strip() == "# BEGIN GIVEN":
            inside = True
        elif line.strip() == "# END GIVEN":
            inside = False
        elif not inside:
            kept.append(line)
    return kept
