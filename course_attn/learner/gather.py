"""From a function in a notebook to a file that stands alone: its imports, its helpers, its constants."""

from __future__ import annotations

import ast
import dis
import inspect
import math
import sys
import textwrap
from collections.abc import Iterator, Mapping
from types import CodeType, FunctionType, ModuleType
from typing import Any


class NotCarried(Exception):
    """The function uses something of the notebook that a file cannot hold."""


def source_file(name: str, function: Any, namespace: Mapping[str, Any]) -> str:
    """Text of a file that defines ``name`` as the notebook does.

    Args:
        name: What the exercise calls it.
        function: A function or class of the notebook.
        namespace: The notebook's names.

    Raises:
        NotCarried: If its source is gone, or it uses a value that has no short text (a tensor, an open file).
    """
    heads: dict[str, str] = {}
    bodies: dict[str, str] = {}
    _gather(name, function, namespace, heads, bodies)
    own = getattr(function, "__name__", name)
    alias = f"\n\n\n{name} = {own}" if own != name else ""
    return "\n".join(sorted(heads.values())) + "\n\n\n" + "\n\n\n".join(bodies.values()) + alias + "\n"


def is_stub(source: str, name: str, stub: str = "") -> bool:
    """True if function ``name`` only raises ``NotImplementedError``, or function or class is as ``stub`` has it."""
    own = _definition(source, name)
    if isinstance(own, ast.FunctionDef):
        body = own.body[1:] if ast.get_docstring(own) is not None else own.body
        if [ast.unparse(line) for line in body] == ["raise NotImplementedError"]:
            return True
    given = _definition(stub, name)
    return own is not None and given is not None and ast.dump(own) == ast.dump(given)


def _definition(source: str, name: str) -> ast.FunctionDef | ast.ClassDef | None:
    """The function or class of this name at the top of a text, the last if there are several."""
    found = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return next((node for node in reversed(found) if node.name == name), None)


def _gather(name: str, value: Any, namespace: Mapping[str, Any], heads: dict[str, str], bodies: dict[str, str]) -> None:
    """Put the definition of ``value`` into ``bodies``, and before it what it uses."""
    if not isinstance(value, FunctionType | type):
        raise NotCarried(f"{name} is an object of type {type(value).__name__}; write it as a function with `def`")
    try:
        source = textwrap.dedent(inspect.getsource(value))
        tree = ast.parse(source)
    except (OSError, TypeError, SyntaxError):
        raise NotCarried("its source is gone; run its cell again") from None
    if not isinstance(tree.body[0], ast.FunctionDef | ast.ClassDef):
        raise NotCarried("its source is no `def` (a lambda?); write it as a function with `def`")
    bodies[value.__name__] = ""  # a function that calls itself is not gathered twice
    for used in sorted(_names_used(tree)):
        if used in namespace and used not in bodies and used not in heads:
            _carry(used, namespace[used], namespace, heads, bodies)
    bodies[value.__name__] = bodies.pop(value.__name__) + source.rstrip("\n")


def _carry(used: str, value: Any, namespace: Mapping[str, Any], heads: dict[str, str], bodies: dict[str, str]) -> None:
    """Put one name that an answer uses into the file."""
    if isinstance(value, ModuleType):
        short = value.__name__ == used
        heads[used] = f"import {used}" if short else f"import {value.__name__} as {used}"
    elif isinstance(value, FunctionType | type) and value.__module__ == "__main__":
        _gather(used, value, namespace, heads, bodies)
        if value.__name__ != used:
            bodies[used] = f"{used} = {value.__name__}"
    elif _importable(value):
        own = value.__name__
        heads[used] = f"from {value.__module__} import {own}" + ("" if own == used else f" as {used}")
    elif _has_text(value):
        bodies[used] = f"{used} = {value!r}"
    else:
        raise NotCarried(
            f"it uses `{used}` of another cell, of type {type(value).__name__}; hand it over as an argument, "
            "or make it inside the function"
        )


def _importable(value: Any) -> bool:
    module = sys.modules.get(getattr(value, "__module__", None) or "")
    own = getattr(value, "__name__", "")
    return module is not None and bool(own) and getattr(module, own, None) is value


def _has_text(value: Any) -> bool:
    """True for constants whose `repr` reads back: numbers (not inf, not NaN), text, None, tuples and lists of them."""
    if isinstance(value, tuple | list):
        return type(value) in (tuple, list) and all(map(_has_text, value))
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or type(value) in (bool, int, str, bytes)


def _names_used(tree: ast.Module) -> set[str]:
    """Global names that a definition reads: in its body, its defaults, its annotations, its decorators."""
    # This module's own `from __future__` must not reach the answer: it would leave out the annotations.
    return set(_globals_of(compile(tree, "<answer>", "exec", dont_inherit=True)))


def _globals_of(code: CodeType) -> Iterator[str]:
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield str(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _globals_of(constant)
