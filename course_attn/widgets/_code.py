"""The text a figure carries: its own files, and before them what figures share, as one module and one style sheet.

A figure must work from its saved state alone, so its JavaScript can import nothing: shared text is copied in. Comments
on lines of their own are left out: they are for who reads the files, and every page would carry them.
"""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
NO_CODE = re.compile(r"^\s*(//.*|/\*.*\*/)?\n", re.MULTILINE)  # an empty line, or a comment and nothing else


def script(name: str, *parts: str) -> str:
    """The JavaScript of a figure: ``shared.js``, ``shared_PART.js`` for each part it uses, and ``NAME.js``.

    Args:
        name: of the figure's own file.
        parts: "controls", "pictures" (uses no other), "photo" (uses both).
    """
    return "".join(bare(f"{file}.js") for file in ("shared", *(f"shared_{part}" for part in parts), name))


def style(name: str, root: str) -> str:
    """The style sheet of a figure: ``shared.css``, about the class ``root`` in place of ``figure``, and ``NAME.css``.

    Each figure has the shared rules under its own class: two figures on a page do not undo each other's.
    """
    return bare("shared.css").replace(".figure", f".{root}") + bare(f"{name}.css")


def bare(file: str) -> str:
    """The text of a file of this folder without empty lines and lines of comment."""
    return NO_CODE.sub("", (HERE / file).read_text(encoding="utf-8"))
