"""A group of commands that Ctrl+C ends in our words, whatever this version of typer would say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from typer.core import TyperGroup

from course_attn._endings import interrupted


class Commands(TyperGroup):
    """The commands of `course-attn`."""

    def make_context(self, *args: Any, **options: Any) -> Any:
        """Read the command line, for which some versions of typer load much."""
        with _told():
            return super().make_context(*args, **options)

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        with _told():
            return super().invoke(ctx)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise interrupted("course-attn") from None
