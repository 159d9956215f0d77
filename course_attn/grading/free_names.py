"""The names that a statement looks up outside itself: what it reads when it runs, and what its functions read later."""

from __future__ import annotations

import ast
import dis
import inspect
import warnings
from types import CodeType

READS = {"LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"}
AT_ONCE = {"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"}


def free_names(*nodes: ast.stmt, flags: int = 0) -> tuple[set[str], set[str]]:
    """The global names that statements read.

    Args:
        nodes: Statements of a module's top level.
        flags: Those of `compile`, such as that of ``from __future__ import annotations``.

    Returns:
        The names read when the statements run (in decorators, defaults, annotations, bodies of classes), and those
        that the functions in them read when they are called. Names local to a function are in neither.
    """
    tree = ast.Module(body=list(nodes), type_ignores=[])
    now: set[str] = set()
    later: set[str] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the answer's own text: its author's to see, not the marker's
        # This module's own `from __future__` must not reach the answer: it would leave out the annotations.
        code = compile(tree, "<answer>", "exec", flags=flags, dont_inherit=True)
    waiting: list[tuple[CodeType, set[str]]] = [(code, now)]
    while waiting:
        code, names = waiting.pop()
        names |= {str(step.argval) for step in dis.get_instructions(code) if step.opname in READS}
        for inner in code.co_consts:
            if isinstance(inner, CodeType):
                function = inner.co_flags & inspect.CO_OPTIMIZED and inner.co_name not in AT_ONCE
                waiting.append((inner, later if function else names))
    return now, later
