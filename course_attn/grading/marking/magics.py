"""A notebook's cell as Python: the lines that only IPython understands give way to `pass`.

IPython could do this itself, but marks must not depend on whether it is installed.
"""

from __future__ import annotations

import ast
import re
import sys
import textwrap
import warnings

MAGIC = re.compile(
    r"""(?P<indent>[ \t]*+)(?:
        [%!?](?:\\.|[^\\\n])*                        # %matplotlib inline, !pip install, ?name
        | [\w.*%]+\?\??[ \t]*                        # name?, name??
        | [\w, \t.]++(?:\[(?:"[^"\n]*"|'[^'\n]*'|[^\]"'\n])*+\][\w, \t.]*+)*+
          =[ \t]*[%!](?:\\.|[^\\\n])*                # files = !ls, times["a"].first = %timeit -o f()
    )(?=\n|\Z)""",
    re.VERBOSE | re.DOTALL,
)
PIECE = re.compile(
    r"""\#[^\n]*
    | \"\"\"(?:[^\\]|\\.)*?(?:\"\"\"|\Z) | '''(?:[^\\]|\\.)*?(?:'''|\Z)
    | "(?:[^"\\\n]|\\.)*"? | '(?:[^'\\\n]|\\.)*'?
    | \\\n | [^\#"'()\[\]{}\\\n]+ | .""",
    re.VERBOSE | re.DOTALL,
)
TIMED = re.compile(r"[ \t]*%time[ \t]+(?P<statement>.+)", re.DOTALL)
PYTHON_INSIDE = {"%%time", "%%timeit", "%%capture", "%%prun"}  # of these the rest of the cell is Python
READ_WITH = f"read with Python {sys.version_info.major}.{sys.version_info.minor}"  # a notebook's own may be newer


class NotPython(ValueError):
    """A text that cannot be read; the message says why."""


def parse(text: str) -> ast.Module:
    """A text's tree, without a word about its style.

    Raises:
        NotPython: If it is not valid Python.
    """
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise NotPython(f"holds a NUL character in line {line}: save it as UTF-8 text")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as reason:
        raise NotPython(f"has a syntax error in line {reason.lineno}: {reason.msg} ({READ_WITH})") from None
    except (ValueError, RecursionError, MemoryError) as reason:
        raise NotPython(f"cannot be read as Python: {type(reason).__name__}") from None


def parse_cell(text: str) -> tuple[ast.Module, str, str]:
    """A cell's tree, the text that it belongs to, and a remark on what was left out ("" if nothing was).

    Raises:
        NotPython: If it is not valid Python even without IPython's own lines.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        return parse(text), text, ""
    except NotPython:
        pass
    first = next((line.split()[0] for line in text.splitlines() if line.strip()), "")
    if first.startswith("%%") and first not in PYTHON_INSIDE:
        return parse(""), "", f"is {first[:20]}, not Python, and was left out"
    indented = text.lstrip("\n")[:1] in (" ", "\t")  # IPython forgives a cell that is indented as a whole
    kept, lines = without_magics(textwrap.dedent(text) if indented else text)
    tree = parse(kept)
    if not lines:
        return tree, kept, ""
    return tree, kept, f"IPython's own lines were left out: {', '.join(map(str, lines[:10]))}"


def without_magics(text: str) -> tuple[str, list[int]]:
    """A text with IPython's lines as `pass`, and their numbers. Only a line that begins a statement can be one.

    Of `%time x = f()` the statement stays: it gives x its value.
    """
    kept: list[str] = []
    lines: list[int] = []
    place, number, depth, begins = 0, 1, 0, True
    while place < len(text):
        magic = MAGIC.match(text, place) if begins else None
        if magic is not None:
            piece = magic.group()
            statement = _timed(piece)
            if not statement:
                lines.append(number)
                statement = "pass" + "\n" * piece.count("\n")
            kept.append(magic["indent"] + statement)
        else:
            piece = PIECE.match(text, place).group()  # type: ignore[union-attr]  # its last branch takes anything
            depth = max(0, depth + (piece in "([{") - (piece in ")]}"))
            kept.append(piece)
        begins = piece == "\n" and depth == 0
        number += piece.count("\n")
        place += len(piece)
    return "".join(kept), lines


def _timed(line: str) -> str:
    """The statement that `%time` runs, if it does more than compute a value that nobody keeps; else ""."""
    found = TIMED.fullmatch(line)
    if found is None:
        return ""
    statement = found["statement"]
    try:
        kept = any(not isinstance(node, ast.Expr) for node in parse(statement).body)
    except NotPython:
        return ""
    return statement if kept else ""
