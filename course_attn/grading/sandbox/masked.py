"""The course as an answer sees it in a worker: not there, but for the modules that the exercise lends."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType
from typing import Any

COURSE = "course_attn"


class CourseMasked(MetaPathFinder):
    """Answers may not import the course's package: it holds the reference. What was asked for is noted."""

    def __init__(self) -> None:
        self.refused: list[str] = []

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: Any = None) -> None:
        """Refuse `course_attn`, leave the rest to others."""
        if of_the_course(fullname):
            if fullname not in self.refused:
                self.refused.append(fullname)
            raise ModuleNotFoundError(f"{fullname} is not there while an answer is marked", name=fullname)


MASK = CourseMasked()


def of_the_course(name: str) -> bool:
    """Whether a module belongs to the course's package."""
    return name.partition(".")[0] == COURSE


def mask_course() -> None:
    """Forget the modules of the course and refuse them from now on."""
    sys.meta_path.insert(0, MASK)
    for name in [name for name in sys.modules if of_the_course(name)]:
        del sys.modules[name]


def lend(modules: list[list[str]], wanted: list[str]) -> None:
    """Make some modules of the course importable.

    Args:
        modules: Name and text of the modules and of what they import, each after what it needs.
        wanted: The modules that may be imported; what only they need is out of an answer's reach by import.
    """
    for name in sorted(name for name, _ in modules):  # a package before its modules
        module = ModuleType(name)
        module.__path__ = []
        sys.modules[name] = module
        _bind(name, module)
    for name, text in modules:
        exec(compile(text, f"<{name}>", "exec", dont_inherit=True), vars(sys.modules[name]))
        _bind(name, sys.modules[name])
    for name, _ in sorted(modules, reverse=True):
        if not any(f"{each}.".startswith(f"{name}.") for each in wanted):
            _bind(name, None)
            del sys.modules[name]


def _bind(name: str, module: ModuleType | None) -> None:
    """Give the package of a module its attribute, or take it away, as an import would."""
    parent, _, last = name.rpartition(".")
    if parent and module is not None:
        setattr(sys.modules[parent], last, module)
    elif parent and isinstance(vars(sys.modules[parent]).get(last), ModuleType):
        delattr(sys.modules[parent], last)
