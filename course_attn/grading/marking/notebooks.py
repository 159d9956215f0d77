"""Answers from a notebook: functions collected by name, with what they use. The notebook itself is never run."""

from __future__ import annotations

import ast
import json

from course_attn.grading.names import spellings

Statement = tuple[ast.stmt, str]
DEFINITION = (ast.FunctionDef, ast.ClassDef)


def answers(label: str, data: bytes, exercises: set[str]) -> tuple[dict[str, str], list[str]]:
    """The answers in a notebook.

    Args:
        label: Its name in remarks.
        data: Its bytes.
        exercises: The names looked for.

    Returns:
        Exercise → program that defines it, and remarks on cells that could not be read.

    Raises:
        ValueError: If it is no notebook.
    """
    notebook = json.loads(data.decode("utf-8"))
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise ValueError("not a notebook: it has no list of cells")
    statements: list[Statement] = []
    remarks: list[str] = []
    for number, cell in enumerate(cells, start=1):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            text = plain(cell.get("source", ""))
            try:
                tree = ast.parse(text)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                remarks.append(f"{label}: cell {number} is not valid Python and was left out")
                continue
            statements += [(node, ast.get_source_segment(text, node, padded=True) or "") for node in tree.body]
    found: dict[str, str] = {}
    for exercise in sorted(exercises):
        for name in spellings(exercise):
            count = sum(isinstance(node, DEFINITION) and node.name == name for node, _ in statements)
            if count:
                found.setdefault(exercise, program(name, statements))
            if count > 1:
                remarks.append(f"{label} defines {name} {count} times: the last counts")
    return found, remarks


def plain(source: object) -> str:
    """A cell's text without magics and shell lines."""
    lines = source if isinstance(source, list) else str(source).splitlines(keepends=True)
    text = "".join(str(line) for line in lines)
    if text.lstrip().startswith("%%"):
        return ""
    kept = ["\n" if line.lstrip().startswith(("%", "!", "?")) else line for line in text.splitlines(keepends=True)]
    return "".join(kept)


def program(name: str, statements: list[Statement]) -> str:
    """The last definition of ``name`` and, in their order, the definitions it needs."""
    last: dict[str, int] = {}
    for number, (node, _) in enumerate(statements):
        for bound in binds(node):
            last[bound] = number
    kept: set[int] = set()
    waiting = [name]
    while waiting:
        place = last.get(waiting.pop())
        if place is not None and place not in kept:
            kept.add(place)
            waiting += [node.id for node in ast.walk(statements[place][0]) if isinstance(node, ast.Name)]
    return "\n\n".join(_segment(*statements[place]) for place in sorted(kept)) + "\n"


def binds(node: ast.stmt) -> list[str]:
    """The names that an import, a definition or an assignment binds."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [(alias.asname or alias.name).partition(".")[0] for alias in node.names]
    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]
    return []


def defined(text: str) -> list[str]:
    """The functions and classes a program defines at its top, once for each time."""
    try:
        return [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _segment(node: ast.stmt, text: str) -> str:
    """The text of a statement, decorators included."""
    return ast.unparse(node) if getattr(node, "decorator_list", None) else text
