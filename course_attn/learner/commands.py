"""A group of commands that Ctrl+C ends in our words, whatever this version of typer would say."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

from course_attn._endings import interrupted


class Commands(TyperGroup):
    """The commands of `course-attn`."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise interrupted("course-attn") from None
