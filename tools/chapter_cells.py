"""Puts exercises into chapters: a line `% exercise: NAME` becomes text, hints and a code cell."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from course_attn.grading.catalogue import Exercise, find

MARKER = re.compile(r"^% exercise:[ \t]*(\S*)[ \t]*$", re.MULTILINE)
HINT_NAMES = ("a question", "a pointer", "nearly the answer")


def expand(markdown_text: str, path: Path | str) -> str:
    """Replace the exercise markers of a chapter.

    Args:
        markdown_text: The chapter as it is written by hand.
        path: Its file, for messages.

    Returns:
        The text with every marker replaced.

    Raises:
        ValueError: If a marker names no exercise; the text gives file, line and the nearest name.
    """

    def cells(marker: re.Match[str]) -> str:
        line = markdown_text.count("\n", 0, marker.start()) + 1
        try:
            return exercise_cells(find(marker.group(1)))
        except ValueError as reason:
            raise ValueError(f"{path}, line {line}: {reason}") from None

    return MARKER.sub(cells, markdown_text)


def exercise_cells(exercise: Exercise) -> str:
    """Heading, text, hints and code cell of one exercise."""
    _, facts, *text = exercise_text(exercise.stub).split("\n\n")
    hints = (
        f"<details>\n<summary>Hint {level}: {name}</summary>\n\n{hint.strip()}\n\n</details>"
        for level, (name, hint) in enumerate(zip(HINT_NAMES, exercise.hints, strict=True), start=1)
    )
    parts = [
        f"### Exercise: {exercise.title}",
        f"*{facts.strip()}*",
        *(fence_example(part) for part in text),
        *hints,
        f"```{{code-cell}} ipython3\n{cell_code(exercise)}\n```",
    ]
    return "\n\n".join(parts)


def exercise_text(stub: str) -> str:
    """The docstring of a stub file."""
    return ast.get_docstring(ast.parse(stub)) or ""


def fence_example(paragraph: str) -> str:
    """A paragraph that is a Python session goes into a fence; other text stays as it is."""
    return f"```pycon\n{paragraph}\n```" if paragraph.lstrip().startswith(">>>") else paragraph


def stub_code(stub: str) -> str:
    """A stub file below its docstring, byte for byte."""
    first = ast.parse(stub).body[0]
    return "\n".join(stub.splitlines()[first.end_lineno or 0 :]).strip("\n")


def cell_code(exercise: Exercise) -> str:
    """The stub's code, the import of `check`, and the call."""
    code = stub_code(exercise.stub)
    imports, functions = "", code
    if code.startswith(("import ", "from ")):
        imports, _, functions = code.partition("\n\n\n")
        imports += "\n\n"
    check = f'check("{exercise.name}", {exercise.answer})'
    return f"{imports}from course_attn import check\n\n\n{functions}\n\n\n{check}"
