"""Which of the learner's lines a result came from, so that a message about numbers can show code too."""

from __future__ import annotations

import contextlib
import inspect
import linecache
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

LONGEST = 80


class Place:
    """The last line of a file from which a function returned; falsy while there is none."""

    def __init__(self) -> None:
        self.file = ""
        self.number = 0

    def __bool__(self) -> bool:
        return self.number > 0

    def __str__(self) -> str:
        text = linecache.getline(self.file, self.number).strip()
        short = text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
        return f"line {self.number}: {short}" if short else ""


@contextlib.contextmanager
def watched(function: Callable[..., Any] | None) -> Iterator[Place]:
    """Remember from which line the file of ``function`` last returned a result, until the block ends.

    Args:
        function: The learner's function or class; None watches nothing.
    """
    place, file = Place(), _file_of(function)

    def look(frame: FrameType, event: str, result: Any) -> None:
        # The frame that called is left last. A class body and `__init__` return nothing anyone waits for.
        if event == "return" and frame.f_code.co_filename == file and frame.f_code.co_name != "__init__":
            place.file, place.number = file, frame.f_lineno

    before = sys.getprofile()
    if file:
        sys.setprofile(look)
    try:
        yield place
    finally:
        sys.setprofile(before)


def _file_of(function: Any) -> str:
    """Where a function stands; a class stands where its methods do."""
    for part in (inspect.unwrap(function), *getattr(function, "__dict__", {}).values()) if callable(function) else ():
        code = getattr(part, "__code__", None)
        if inspect.iscode(code):
            return code.co_filename
    return ""
