"""What a teacher should look at: rules read off an answer's text. A flag never changes a mark."""

from __future__ import annotations

import ast
import collections
import dataclasses
import functools
import typing
from collections.abc import Iterable
from dataclasses import dataclass
from types import ModuleType

import torch

from course_attn.grading.marking.magics import NotPython, parse
from course_attn.grading.sandbox.attended import built_in

# What every answer may import; the exercise adds to it. The last five compute nothing.
ALLOWED = ("torch", "math", "__future__", "typing", "collections", "functools", "itertools", "dataclasses")
REFERENCE = {"course_attn", "solutions", "tests"}
DYNAMIC = {"exec", "eval", "compile", "__import__", "getattr", "setattr", "globals", "vars", "open", "breakpoint"}
HIDDEN = {
    *("__globals__", "__builtins__", "__subclasses__", "__code__", "__dict__", "__getattribute__", "__getattr__"),
    *("__class__", "__base__", "__bases__", "__mro__", "__loader__", "__spec__", "__self__", "__closure__"),
    *("_C", "_VF", "_ops", "ops", "overrides", "library", "DisableTorchFunction", "DisableTorchFunctionSubclass"),
    *("hub", "package", "serialization", "_dynamo"),
}
TYPES = {"typing", "dataclasses"}  # that hold the module `types`; elsewhere this is a name like any other
HARMLESS = {"abc", "copy"}  # `collections.abc`, and a method of lists and dictionaries
DOCUMENTED = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
OPEN = (torch, torch.nn, torch.nn.functional, torch.nn.init, torch.autograd, torch.random, torch.utils)


@dataclass(frozen=True, order=True)
class Flag:
    """A line that a teacher should read.

    Args:
        line: Its number.
        rule: "built-in attention", "reference", "import", "dynamic", "unreadable", or "solution" (`similarity`).
        evidence: The text that raised it.
    """

    line: int
    rule: str
    evidence: str


def flags(text: str, imports: Iterable[str] = ()) -> list[Flag]:
    """Everything in an answer that a rule speaks of, by line.

    Args:
        text: The answer.
        imports: Modules that the exercise allows besides `ALLOWED`.
    """
    allowed = (*ALLOWED, *imports)
    try:
        tree = parse(text)
    except NotPython:
        return [Flag(0, "unreadable", "the text is not valid Python")]
    lines = text.splitlines()
    innocent = _innocent(tree)
    found = set()
    for node in ast.walk(tree):
        if node in innocent:
            continue
        line = getattr(node, "lineno", 0)
        shown = lines[line - 1].strip()[:120] if 0 < line <= len(lines) else ""
        found |= {Flag(line, rule, shown) for rule in _rules(node, allowed)}
    return sorted(found)


def _behind() -> set[str]:
    """The names under which modules that may be imported hold others, as torch holds `sys`: a door past an import."""
    held = {
        name: value.__name__
        for door in (*OPEN, collections, dataclasses, functools, typing)
        for name, value in vars(door).items()
        if isinstance(value, ModuleType)
    }
    return {name for name, module in held.items() if module.partition(".")[0] not in ALLOWED} - HARMLESS


BEHIND = _behind()


def _innocent(tree: ast.Module) -> set[ast.AST]:
    """The nodes that only look like what the rules speak of.

    They are docstrings, the text's own names (a star import could have given them, so none beside one),
    `x.__class__.__name__`, and `x.types` where x is no module that holds Python's `types`.
    """
    nodes = list(ast.walk(tree))
    imported = [alias for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names]
    doors = TYPES | {alias.asname for alias in imported if alias.asname and alias.name in TYPES}
    own = set() if any(alias.name == "*" for alias in imported) else {name for node in nodes for name in _bound(node)}
    found: set[ast.AST] = set()
    for node in nodes:
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            found.add(node.body[0].value)  # type: ignore[attr-defined]  # that it is a constant is what was asked
        elif isinstance(node, ast.Name) and node.id in own and built_in(node.id):
            found.add(node)
        elif isinstance(node, ast.Attribute):
            if node.attr == "types" and not doors & {*_used(node.value)}:
                found.add(node)
            if node.attr == "__name__" and _used(node.value) == ["__class__"]:
                found.add(node.value)
    return found


def _bound(node: ast.AST) -> list[str]:
    """The names that a node gives a value, other than by an import."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.arg):
        return [node.arg]
    return [node.id] if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else []


def _rules(node: ast.AST, allowed: tuple[str, ...]) -> set[str]:
    """The rules that one node breaks."""
    rules: set[str] = set()
    if isinstance(node, ast.Import | ast.ImportFrom):
        for module in _imported(node):
            if not any(f"{module}.".startswith(f"{each}.") for each in allowed):
                rules.add("reference" if module.partition(".")[0] in REFERENCE else "import")
        parts = {part for alias in node.names for part in alias.name.split(".")}
        rules |= {"built-in attention" for part in parts if built_in(part)} | {"dynamic" for part in parts & HIDDEN}
        if isinstance(node, ast.ImportFrom):
            rules |= {"import" for part in parts & BEHIND}
    for name in _used(node):
        if built_in(name):
            rules.add("built-in attention")
        if name in HIDDEN or (isinstance(node, ast.Name) and name in DYNAMIC):
            rules.add("dynamic")
        if name in BEHIND and not isinstance(node, ast.Name):
            rules.add("import")
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and built_in(node.value.rpartition(".")[2]):
        rules.add("built-in attention")
    return rules


def _used(node: ast.AST) -> list[str]:
    """The names that a node looks up: its own, an attribute's, or those that a pattern of `match` takes apart."""
    if isinstance(node, ast.MatchClass):
        return node.kwd_attrs
    return [node.attr] if isinstance(node, ast.Attribute) else [node.id] if isinstance(node, ast.Name) else []


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    """The modules of an import; of `from PACKAGE import NAME` also PACKAGE.NAME, where a module may be meant."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    module = node.module or "."
    return [f"{module}.{alias.name}" for alias in node.names]
