"""Telling a stub that nobody has written into from an answer."""

from __future__ import annotations

import ast
from functools import lru_cache

DEFINITION = (ast.FunctionDef, ast.ClassDef)


def is_stub(source: str, name: str, stub: str = "") -> bool:
    """True if function ``name`` only raises ``NotImplementedError``, or function or class is as ``stub`` has it."""
    own = _definition(source, name)
    return own is not None and is_stub_definition(own, stub)


def is_stub_definition(own: ast.stmt, stub: str = "") -> bool:
    """`is_stub` for a definition that is at hand."""
    if isinstance(own, ast.FunctionDef):
        body = own.body[1:] if ast.get_docstring(own) is not None else own.body
        if [ast.unparse(line) for line in body[:2]] == ["raise NotImplementedError"]:
            return True
    return isinstance(own, DEFINITION) and ast.dump(own) == _meaning(stub, own.name)


@lru_cache(maxsize=512)
def _meaning(stub: str, name: str) -> str:
    """A stub's definition without layout and comments; "" if it has none of that name."""
    given = _definition(stub, name)
    return ast.dump(given) if given is not None else ""


def _definition(source: str, name: str) -> ast.FunctionDef | ast.ClassDef | None:
    """The function or class of this name at the top of a text, the last if there are several."""
    found = [node for node in ast.parse(source).body if isinstance(node, DEFINITION)]
    return next((node for node in reversed(found) if node.name == name), None)
