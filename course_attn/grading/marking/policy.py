"""What a teacher should look at: rules read off an answer's text. A flag never changes a mark."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

# What every answer may import; the exercise adds to it. The last five compute nothing.
ALLOWED = ("torch", "math", "__future__", "typing", "collections", "functools", "itertools", "dataclasses")
BUILT_IN = {
    "scaled_dot_product_attention",
    "multi_head_attention_forward",
    "MultiheadAttention",
    "TransformerEncoderLayer",
    "TransformerDecoderLayer",
    "Transformer",
    "flex_attention",
}
REFERENCE = {"course_attn", "solutions", "tests"}
DYNAMIC = {"exec", "eval", "compile", "__import__", "getattr", "setattr", "globals", "vars", "open", "breakpoint"}
HIDDEN = {"__globals__", "__builtins__", "__subclasses__", "__code__", "__dict__", "_C", "ops"}


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
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return [Flag(0, "unreadable", "the text is not valid Python")]
    lines = text.splitlines()
    found = set()
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        shown = lines[line - 1].strip()[:120] if 0 < line <= len(lines) else ""
        found |= {Flag(line, rule, shown) for rule in _rules(node, allowed)}
    return sorted(found)


def _rules(node: ast.AST, allowed: tuple[str, ...]) -> set[str]:
    """The rules that one node breaks."""
    rules: set[str] = set()
    if isinstance(node, ast.Import | ast.ImportFrom):
        for module in _imported(node):
            if not any(f"{module}.".startswith(f"{each}.") for each in allowed):
                rules.add("reference" if module.partition(".")[0] in REFERENCE else "import")
        rules |= {"built-in attention" for alias in node.names if _built_in(alias.name.rpartition(".")[2])}
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    if _built_in(name):
        rules.add("built-in attention")
    if name in HIDDEN or (isinstance(node, ast.Name) and name in DYNAMIC):
        rules.add("dynamic")
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and _built_in(node.value.rpartition(".")[2]):
        rules.add("built-in attention")
    return rules


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    """The modules of an import; of `from PACKAGE import NAME` also PACKAGE.NAME, where a module may be meant."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    module = node.module or "."
    return [f"{module}.{alias.name}" for alias in node.names]


def _built_in(name: str) -> bool:
    return name in BUILT_IN or name.startswith(("_scaled_dot_product", "_native_multi_head"))
