"""What experiments and measurements of minutes or hours found, as JSON beside this file.

They travel with the package, so that a page finds them wherever it runs. Each says where it comes from: machine,
version of PyTorch, date, git commit and seed.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from course_attn._checks import check_choice


def stored(name: str) -> dict[str, Any]:
    """Return one stored result.

    Args:
        name: of the program that made it, such as ``"attention_cost"``.

    Returns:
        Its numbers, and about them ``machine``, ``torch``, ``date``, ``commit`` and ``seed``.

    Raises:
        ValueError: If there is no such result.

    Chapter: every page that reads one.
    """
    check_choice("stored", "name", name, names())
    result: dict[str, Any] = json.loads((resources.files(__name__) / f"{name}.json").read_text(encoding="utf-8"))
    return result


def names() -> list[str]:
    """The names of all stored results, in alphabetical order."""
    files = (path.name for path in resources.files(__name__).iterdir())
    return sorted(file.removesuffix(".json") for file in files if file.endswith(".json"))
