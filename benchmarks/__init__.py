"""Measurements: each module is a command that writes what it measured to ``course_attn/results`` or prints a table."""

from course_attn._endings import tell

tell()
