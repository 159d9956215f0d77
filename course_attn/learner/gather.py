"""From a function in a notebook to a file that stands alone: its imports, its helpers, its constants."""

from __future__ import annotations

import ast
import inspect
import math
import sys
import textwrap
from collections.abc import Mapping
from types import FunctionType, ModuleType
from typing import Any

from course_attn.grading.free_names import free_names


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
    now, later = free_names(*tree.body)
    bodies[value.__name__] = ""  # a function that calls itself is not gathered twice
    for used in sorted(now | later):
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
