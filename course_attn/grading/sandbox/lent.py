"""The grader's side of lending: the text of the modules that an exercise lets its answers import."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from course_attn import _checks
from course_attn.grading.sandbox.masked import COURSE, of_the_course

PACKAGE = Path(_checks.__file__).parent


@cache
def modules(imports: tuple[str, ...]) -> list[list[str]]:
    """Name and text of the course's modules among ``imports`` and of all that they need, each after its needs.

    A package that is only passed through on the way to its module is left empty, as is the course's own front page.

    Raises:
        ValueError: If the course has no such module.
    """
    found: dict[str, str] = {}
    for name in filter(of_the_course, imports):
        _collect(name, found, set())
    for name in list(found):
        while name := name.rpartition(".")[0]:
            found.setdefault(name, "")
    return [[name, text] for name, text in found.items()]


def _collect(name: str, found: dict[str, str], begun: set[str]) -> None:
    """Enter a module after what it imports."""
    if name in begun or name == COURSE:
        return
    begun.add(name)
    path = _path(name)
    if path is None:
        raise _checks.error("imports", "MODULE", "a module of the course", repr(name))
    text = path.read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and of_the_course(node.module or ""):
            below = [f"{node.module}.{alias.name}" for alias in node.names]
            for other in [str(node.module), *filter(_path, below)]:
                _collect(other, found, begun)
    found[name] = text


def _path(name: str) -> Path | None:
    """The file of a module of the course, None where there is none."""
    stem = PACKAGE.joinpath(*name.split(".")[1:])
    return next((path for path in (stem.with_suffix(".py"), stem / "__init__.py") if path.is_file()), None)
