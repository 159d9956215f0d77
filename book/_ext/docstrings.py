"""The course's docstrings, put into the form that autodoc shows well.

They end in lines such as ``Source: ...`` and ``Chapter: ...``, which become fields; the chapter is linked. Types stand
in the signatures only, and bars mean a length, which reStructuredText and napoleon would read otherwise.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

KEY = re.compile(r"^(Source|Chapter|Differs from torch): (.*)$")
SECTION = re.compile(r"^(\s*)(Returns|Yields):\s*$")
CODE = re.compile(r"(`+[^`]*`+)")
BARS = re.compile(r"\|(?=\S)([^|]*?\S)\|")
INDENT = "   "


def before_napoleon(app: Sphinx, what: str, name: str, item: Any, options: Any, lines: list[str]) -> None:
    """Write in place what napoleon and docutils would misread."""
    for index, line in enumerate(lines):
        # "|q|" is a length, not a substitution.
        lines[index] = "".join(part if part.startswith("`") else BARS.sub(r"\|\1\|", part) for part in CODE.split(line))
        # "Returns: The weights: one row ..." would make "The weights" the type; an empty type keeps the sentence whole.
        if index and SECTION.match(lines[index - 1]) and line.strip():
            indent = len(line) - len(line.lstrip())
            lines[index] = f"{' ' * indent}: {lines[index].lstrip()}"


def on_signature(
    app: Sphinx, what: str, name: str, item: Any, options: Any, arguments: str | None, returns: str | None
) -> tuple[str | None, str | None] | None:
    """A dataclass's ``<factory>`` default is not Python: with one of them Sphinx cannot read the whole signature."""
    if arguments is None or "<factory>" not in arguments:
        return None
    return arguments.replace("<factory>", "..."), returns


def on_docstring(app: Sphinx, what: str, name: str, item: Any, options: Any, lines: list[str]) -> None:
    """Rewrite the lines of one docstring in place; napoleon has already turned its sections into fields."""
    lines[:] = as_fields(lines, app.env.found_docs)


def as_fields(lines: list[str], documents: set[str]) -> list[str]:
    """Turn each ``Key: text`` line, and the lines of its paragraph, into a field.

    Args:
        lines: Lines of a docstring.
        documents: Names of the book's pages; a chapter among them is linked.
    """
    fields: list[str] = []
    inside = False
    for line in lines:
        match = KEY.match(line)
        if match:
            key, text = match.groups()
            if not inside and fields and fields[-1].strip():
                fields.append("")
            fields.append(f":{key}: {chapter_links(text, documents) if key == 'Chapter' else text}")
            inside = True
        elif inside and line.strip():
            fields.append(INDENT + line.strip())
        else:
            inside = False
            fields.append(line)
    return fields


def chapter_links(text: str, documents: set[str]) -> str:
    """Link each chapter of ``Attention, Self-attention.`` that is in the book."""

    def link(match: re.Match[str]) -> str:
        page = re.sub(r"[ -]", "_", match[0].lower())
        return f":doc:`{match[0]} </{page}>`" if page in documents else match[0]

    return re.sub(r"[^\s,;.][^,;.]*", link, text)
