"""Telling a stub that nobody has written into from an answer."""

from __future__ import annotations

import ast

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
    given = _definition(stub, own.name) if isinstance(own, DEFINITION) else None
    return given is not None and ast.dump(own) == ast.dump(given)


def _definition(source: str, name: str) -> ast.FunctionDef | ast.ClassDef | None:
    """The function or class of this name at the top of a text, the last if there are several."""
    found = [node for node in ast.parse(source).body if isinstance(node, DEFINITION)]
    return next((node for node in reversed(found) if node.name == name), None)
