"""From a function in a notebook to a file that stands alone: its imports, its helpers, its constants."""

from __future__ import annotations

import ast
import inspect
import linecache
import math
import sys
import textwrap
from collections.abc import Mapping
from types import CodeType, FunctionType, ModuleType
from typing import Any

from course_attn.grading.free_names import free_names

FUTURE = "from __future__ import annotations"
ANNOTATIONS = annotations.compiler_flag  # this module's own first import gave the name


class NotCarried(Exception):
    """The function uses something of the notebook that a file cannot hold."""


def source_file(name: str, function: Any, namespace: Mapping[str, Any]) -> str:
    """Text of a file that defines ``name`` as the notebook does.

    Args:
        name: What the exercise calls it.
        function: A function or class of the notebook.
        namespace: The notebook's names.

    Raises:
        NotCarried: If its source cannot be read, it is made inside another function, or it uses a value that has no
            short text (a tensor, an open file).
    """
    heads: dict[str, str] = {}
    bodies: dict[str, str] = {}
    _gather(name, function, namespace, heads, bodies)
    own = getattr(function, "__name__", name)
    alias = f"\n\n\n{name} = {own}" if own != name else ""
    imports = sorted(heads.values(), key=lambda line: (line != FUTURE, line))  # Python wants that one first
    return "\n".join(imports) + "\n\n\n" + "\n\n\n".join(bodies.values()) + alias + "\n"


def _gather(name: str, value: Any, namespace: Mapping[str, Any], heads: dict[str, str], bodies: dict[str, str]) -> None:
    """Put the definition of ``value`` into ``bodies``, and before it what it uses."""
    if not isinstance(value, FunctionType | type):
        raise NotCarried(f"{name} is an object of type {type(value).__name__}; write it as a function with `def`")
    try:
        if isinstance(value, FunctionType) and inspect.unwrap(value).__code__.co_freevars:
            raise NotCarried(
                f"{name} is made inside another function (a decorator without functools.wraps?); "
                "write it at the top of a cell"
            )
        source, flags = _source(value)
        tree = ast.parse(source)
        now, later = free_names(*tree.body)
    except (AttributeError, OSError, TypeError, SyntaxError):  # what it wraps may be a class, or no Python
        raise NotCarried(
            f"the source of {name} cannot be read (a class without methods, or a cell with %%time?): "
            "run its cell again, or hand in the notebook itself"
        ) from None
    if not isinstance(tree.body[0], ast.FunctionDef | ast.ClassDef):
        raise NotCarried("its source is no `def` (a lambda?); write it as a function with `def`")
    if flags & ANNOTATIONS:
        heads[FUTURE] = FUTURE
    bodies[value.__name__] = ""  # a function that calls itself is not gathered twice
    for used in sorted((now | later) - {"__name__"}):  # a class reads it, and every file has its own
        if used in namespace and used not in bodies and used not in heads:
            _carry(used, namespace[used], namespace, heads, bodies)
    bodies[value.__name__] = bodies.pop(value.__name__) + source.rstrip("\n")


def _source(value: FunctionType | type) -> tuple[str, int]:
    """Text of a definition, and the flags it was compiled with."""
    if isinstance(value, FunctionType):
        return textwrap.dedent(inspect.getsource(value)), inspect.unwrap(value).__code__.co_flags
    for member in vars(value).values():  # `inspect` finds no class of a notebook, but its methods know their cell
        code = getattr(inspect.unwrap(getattr(member, "fget", member)), "__code__", None)
        if not isinstance(code, CodeType):
            continue
        lines = linecache.getlines(code.co_filename)
        for node in ast.parse("".join(lines)).body:
            if isinstance(node, ast.ClassDef) and node.name == value.__name__:
                first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                last = node.end_lineno or first
                if first <= code.co_firstlineno <= last:
                    return "".join(lines[first - 1 : last]), code.co_flags
    return textwrap.dedent(inspect.getsource(value)), 0


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
        bodies[used] = f"{used} = {_text(value)}"
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
    """True for constants that can be written down: numbers, text, None, tuples and lists of them."""
    if isinstance(value, tuple | list):
        return type(value) in (tuple, list) and all(map(_has_text, value))
    return value is None or type(value) in (bool, int, float, str, bytes)


def _text(value: Any) -> str:
    """As `repr`, but infinity and NaN read back too."""
    if isinstance(value, tuple | list):
        inside = ", ".join(map(_text, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside}{',' * (len(value) == 1)})"
    return f"float('{value}')" if isinstance(value, float) and not math.isfinite(value) else repr(value)
