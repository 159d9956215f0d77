"""A program for one answer, out of the statements of a notebook or a file: its definition and what that uses."""

from __future__ import annotations

import ast
import builtins
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from course_attn.grading.free_names import free_names

IMPORT = (ast.Import, ast.ImportFrom)
DEFINITION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
SCOPES = (*DEFINITION, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
MAX_LOOKUPS = 200_000  # a notebook that leads its reader in more circles is read as if all ran at its end
MAX_IMPORTS = 2**20  # letters: an import of several names is written out once for each
ANNOTATIONS = annotations.compiler_flag  # this module's own first import gave the name


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of the top level; an import of several names is several statements.

    Args:
        node: Its tree.
        text: Its text.
        binds: The names it gives a value, whatever they were before.
        changes: The names whose value it may change: `x += 1`, `x[0] = 1`, `if …: x = 1`, `import x.y`.
        calls: The names of which it calls a method and leaves the result: `x.append(1)`.
    """

    node: ast.stmt
    text: str
    binds: tuple[str, ...]
    changes: tuple[str, ...]
    calls: tuple[str, ...] = ()


def statements(tree: ast.Module, text: str) -> list[Statement]:
    """The statements of a text, in order.

    Raises:
        ValueError: If its imports are endless.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").encode().split(b"\n")  # columns are counted in bytes
    found = []
    imported = 0
    for node in tree.body:
        if isinstance(node, IMPORT):
            for alias in node.names:
                imported += len(getattr(node, "module", None) or "") + len(alias.name) + len(alias.asname or "")
                if imported > MAX_IMPORTS:
                    raise ValueError("is left out: it imports more names than anyone uses")
                one = ast.copy_location(_import_of(node, alias), node)
                name = alias.asname or alias.name.partition(".")[0]
                whole = alias.asname is not None or "." not in alias.name or isinstance(node, ast.ImportFrom)
                found.append(Statement(one, ast.unparse(one), (name,) if whole else (), () if whole else (name,)))
        else:
            found.append(Statement(node, _segment(node, lines), *_bound(node), _called(node)))
    return found


def answered_names(statement: Statement) -> tuple[str, ...]:
    """The names that a statement binds to something that can be an answer: a function, a class, another name of one."""
    node = statement.node
    if isinstance(node, DEFINITION):
        return (node.name,)
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return statement.binds if isinstance(node.value, ast.Lambda | ast.Name | ast.Attribute) else ()
    if isinstance(node, ast.If | ast.Try | ast.With | ast.For | ast.While):
        return tuple({part.name for part in _own_parts(node) if isinstance(part, DEFINITION)})
    return ()


def called_names(statement: Statement) -> tuple[str, ...]:
    """The names that a statement binds to what a call gives, without reading them: `f = partial(g, 3)`."""
    if not isinstance(statement.node, ast.Assign | ast.AnnAssign) or not isinstance(statement.node.value, ast.Call):
        return ()
    read = {part.id for part in ast.walk(statement.node.value) if isinstance(part, ast.Name)}
    return tuple(name for name in statement.binds if name not in read)


class Programs:
    """Programs out of the statements of one notebook or file.

    What a statement uses when it runs is looked up as things stand there; what an answer uses when it is called, as
    things stand where it is called last (by its check), or else at the end. Nothing is run to find out.

    Args:
        given: The statements, in order.
    """

    def __init__(self, given: Sequence[Statement]) -> None:
        self.given = given
        self.futures = [statement.text for statement in given if _is_future(statement.node)]
        self.flags = ANNOTATIONS if any(_is_future(each.node, "annotations") for each in given) else 0
        self.written: dict[str, list[int]] = defaultdict(list)
        self._names: dict[int, tuple[set[str], set[str]]] = {}
        self._lookups = 0
        for place, statement in enumerate(given):
            for name in (*statement.binds, *statement.changes):
                if name in statement.binds or not self._sets_up_a_module(name, statement.node):
                    self.written[name].append(place)
            for name in statement.calls:
                before = self.written[name]
                if before and not isinstance(given[before[-1]].node, IMPORT):  # not torch.manual_seed(0)
                    before.append(place)
        self._used: dict[str, int] = {}  # name → where a statement reads it last, to call it or to print it
        for place, statement in enumerate(given):
            if isinstance(statement.node, ast.Expr):
                self._used.update(dict.fromkeys(self._reads(place)[0], place))

    def of(self, root: int) -> str:
        """The statement at ``root`` and, in their order, those it needs; imports first where that changes nothing."""
        imports = dict.fromkeys(self.futures)
        rest: list[str] = []
        taken: set[str] = set()
        for place in sorted(self._needed_by(root)):
            statement = self.given[place]
            names = {*statement.binds, *statement.changes, *statement.calls}
            if isinstance(statement.node, IMPORT) and not names & taken:
                imports.setdefault(statement.text)
            else:
                taken |= names
                rest.append(statement.text)
        return "\n".join(imports) + ("\n\n\n" if imports else "") + "\n\n\n".join(rest) + "\n"

    def _needed_by(self, root: int) -> set[int]:
        """The places of ``root`` and of all that it needs."""
        end = len(self.given)
        called = max((self._used.get(name, -1) for name in answered_names(self.given[root])), default=-1)
        waiting, seen = [(root, called if called > root else end)], set()
        unknown = False
        while waiting:
            place, time = waiting.pop()
            time = time if self._lookups < MAX_LOOKUPS else end
            if (place, time) in seen:
                continue
            seen.add((place, time))
            now, later = self._reads(place)
            self._lookups += len(now) + len(later)
            for name, at in [(name, place) for name in now] + [(name, time) for name in later]:
                found = self._last(name, at if self._lookups < MAX_LOOKUPS else end)
                unknown |= found is None and not hasattr(builtins, name)
                waiting += [(found, at)] if found is not None else []
        return {place for place, _ in seen} | {*(self.written.get("*", []) if unknown else [])}

    def _reads(self, place: int) -> tuple[set[str], set[str]]:
        """The names that a statement reads now and later; what it changes, it reads."""
        if place not in self._names:
            statement = self.given[place]
            try:
                now, later = free_names(statement.node, flags=self.flags)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                now, later = set(), set()  # it will not run either: the worker says so
            self._names[place] = now | set(statement.changes), later
        return self._names[place]

    def _last(self, name: str, time: int) -> int | None:
        """Where ``name`` was last written before ``time``; if nowhere, where it is written last of all."""
        places = self.written.get(name, [])
        return places[bisect_left(places, time) - 1] if places else None

    def _sets_up_a_module(self, name: str, node: ast.stmt) -> bool:
        """True for `torch.backends.x = 1`: an answer that uses torch does not need it."""
        before = self.written[name]
        imported = bool(before) and isinstance(self.given[before[-1]].node, IMPORT)
        return imported and isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign)


def _bound(node: ast.stmt) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names that a statement binds, and those it changes."""
    if isinstance(node, DEFINITION):
        return (node.name,), ()
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return (), ()  # `x: int` says something of x and gives it nothing
    stored: dict[str, None] = {}
    changed: dict[str, None] = {}
    for part in _own_parts(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            stored.setdefault(part.id)
        elif isinstance(part, DEFINITION):
            stored.setdefault(part.name)
        elif isinstance(part, ast.alias):
            stored.setdefault(part.asname or part.name.partition(".")[0])
        elif isinstance(part, ast.Subscript | ast.Attribute) and isinstance(part.ctx, ast.Store):
            whole: ast.expr = part
            while isinstance(whole, ast.Subscript | ast.Attribute):
                whole = whole.value
            if isinstance(whole, ast.Name):
                changed.setdefault(whole.id)
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return tuple(stored), tuple(changed)
    return (), tuple(stored | changed)


def _called(node: ast.stmt) -> tuple[str, ...]:
    """The names of which a statement calls a method, or a method of a part, and leaves the result."""
    found: dict[str, None] = {}
    if not isinstance(node, DEFINITION):
        for part in _own_parts(node):
            if isinstance(part, ast.Expr) and isinstance(part.value, ast.Call):
                whole = part.value.func
                while isinstance(whole, ast.Subscript | ast.Attribute):
                    whole = whole.value
                if isinstance(whole, ast.Name) and whole is not part.value.func:
                    found.setdefault(whole.id)
    return tuple(found)


def _own_parts(node: ast.stmt) -> Iterator[ast.AST]:
    """The parts of a statement that run in its own scope, definitions themselves included."""
    waiting: list[ast.AST] = [node]
    while waiting:
        part = waiting.pop()
        yield part
        if not isinstance(part, SCOPES):
            waiting += ast.iter_child_nodes(part)


def _import_of(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> ast.Import | ast.ImportFrom:
    if isinstance(node, ast.Import):
        return ast.Import(names=[alias])
    return ast.ImportFrom(module=node.module, names=[alias], level=node.level)


def _is_future(node: ast.stmt, name: str = "") -> bool:
    if not isinstance(node, ast.ImportFrom) or node.module != "__future__":
        return False
    return not name or any(alias.name == name for alias in node.names)


def _segment(node: ast.stmt, lines: list[bytes]) -> str:
    """The text of a statement. `ast.get_source_segment` splits the whole text anew for each."""
    if getattr(node, "decorator_list", None):
        return ast.unparse(node)  # its text begins at an @ that no node knows the place of
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    if first == last:
        return lines[first][node.col_offset : node.end_col_offset].decode()
    parts = [lines[first][node.col_offset :], *lines[first + 1 : last], lines[last][: node.end_col_offset]]
    return b"\n".join(parts).decode()
