"""The command `course-attn`, also as ``python -m course_attn``: loaded where an interrupt is told."""

from __future__ import annotations

from importlib import import_module

from course_attn._endings import told


def main() -> None:
    """Entry point of the command."""
    told(lambda: import_module("course_attn.cli").app(prog_name="course-attn"))


if __name__ == "__main__":
    main()
