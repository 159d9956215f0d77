"""The names an answer may have: an exercise is called like its function, or, in small letters, like its class."""

from __future__ import annotations


def spellings(exercise: str) -> tuple[str, str]:
    """What an answer may define: the function ``tiny_attention`` or the class ``TinyAttention``."""
    return exercise, "".join(word.capitalize() for word in exercise.split("_"))


def exercise_of(name: str, exercises: set[str]) -> str | None:
    """The exercise that a function or class of this name answers, if any."""
    return next((exercise for exercise in exercises if name in spellings(exercise)), None)
