"""Answers in a notebook or a file, found by name, each with what it uses. Nothing is run."""

from __future__ import annotations

import ast
import json
import re
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from course_attn.grading.marking.magics import NotPython, parse, parse_cell
from course_attn.grading.marking.program import Programs, Statement, answered_names, called_names, statements
from course_attn.grading.unanswered import is_stub_definition

MAX_CODE = 2**19  # of Python in one submission: twice what the cells of all chapters and all stubs hold together
MAX_REMARKS = 20
TOOLS = {"course_attn", "matplotlib", "IPython", "pytest"}  # what a learner tries an answer with
OPENING = re.compile(r"^[ \t]*(?:(?:def|class)[ \t]+(\w+)|(\w+)[ \t]*=[^=])", re.MULTILINE)


@dataclass(frozen=True)
class Answer:
    """An answer as it is found.

    Args:
        text: A program that defines it.
        stub: Whether nobody has written into it.
    """

    text: str
    stub: bool


@dataclass
class Taken:
    """What one notebook or file gives.

    Args:
        answers: Exercise → answer.
        spare: Exercise → answer, where the file is named after another exercise: for when nothing else answers it.
        problems: Exercise → why what should define it cannot be read.
        remarks: What a teacher may want to know.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    spare: dict[str, Answer] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


class Reader:
    """Reads the notebooks and files of one submission.

    Args:
        known: Name that an answer may have → its exercise.
        stub_of: Gives an exercise's stub.
        asked: Gives the name that an exercise asks for, of two spellings the one that counts where both are written.
    """

    def __init__(
        self, known: Mapping[str, str], stub_of: Callable[[str], str], asked: Callable[[str], str] = str
    ) -> None:
        self.known = known
        self.stub_of = stub_of
        self.asked = asked
        self._read = 0  # bytes of Python that were read
        self._given = 0  # bytes of the programs made of it

    def notebook(self, data: bytes) -> Taken:
        """The answers in a notebook.

        Raises:
            ValueError: If it is no notebook, or the submission holds too much Python.
        """
        try:
            notebook = json.loads(data)  # bytes: it minds a byte order mark
        except (ValueError, RecursionError) as reason:
            raise ValueError(f"is not a notebook: {type(reason).__name__}: {str(reason)[:80]}") from None
        cells = notebook.get("cells") if isinstance(notebook, dict) else None
        if not isinstance(cells, list):
            raise ValueError("is not a notebook: it has no list of cells")
        taken = Taken()
        texts = {
            number: source(cell.get("source", ""))
            for number, cell in enumerate(cells, start=1)
            if isinstance(cell, dict) and cell.get("cell_type") == "code"
        }
        if not any(self.mentions(text) for text in texts.values()):
            return taken
        self._allow(sum(map(len, texts.values())))
        found: list[Statement] = []
        for number, text in texts.items():
            try:
                tree, kept, remark = parse_cell(text)
            except NotPython as reason:
                self._broken(text, f": cell {number} {reason}", taken)
                taken.remarks.append(f"cell {number} {reason}, and was left out")
                continue
            found += statements(tree, kept)
            if remark:
                taken.remarks.append(f"cell {number} {remark}" if remark[:3] == "is " else f"cell {number}: {remark}")
        if len(taken.remarks) > MAX_REMARKS:
            taken.remarks[MAX_REMARKS:] = [f"{len(taken.remarks) - MAX_REMARKS} more cells were left out or changed"]
        self._collect(found, taken)
        return taken

    def file(self, text: str, stem: str) -> Taken:
        """The answers in a file: of one with an exercise's name its whole text, of another what each answer uses.

        The whole text but for a plot or a check that the answer does not use: these cannot be imported where it runs.

        Raises:
            ValueError: If it cannot be read as Python, or the submission holds too much of that.
        """
        taken = Taken()
        named = self.known.get(stem)
        if named is None and not self.mentions(text):
            return taken
        self._allow(len(text))
        try:
            found = statements(parse(text), text)
        except NotPython as reason:
            if named is None or "\0" in text:
                self._broken(text, str(reason), taken)
                if not taken.problems:
                    raise
                return taken
            taken.answers[named] = Answer(text, False)  # the worker finds the error where the learner's own check did
            return taken
        self._collect(found, taken)
        if named is not None:
            own = taken.answers.pop(named, None)
            taken.spare = {name: each for name, each in taken.answers.items() if not each.stub}
            if own is None or own.stub or not any(_is_tool(each) and each.text not in own.text for each in found):
                own = Answer(text, own is not None and own.stub)
            taken.answers = {named: own}
        return taken

    def mentions(self, text: str) -> bool:
        """Whether an answer may be in a text. What mentions no exercise is not parsed."""
        return any(name in text for name in self.known)

    def _allow(self, size: int) -> None:
        self._read += size
        if self._read > MAX_CODE:
            raise ValueError(f"is left out: the submission holds more than {MAX_CODE // 1024} kB of Python")

    def _broken(self, text: str, problem: str, taken: Taken) -> None:
        """Tie a problem to the exercises that a text was to answer."""
        for match in OPENING.finditer(text):
            exercise = self.known.get(match[1] or match[2])
            if exercise is not None:
                taken.problems[exercise] = problem

    def _collect(self, found: list[Statement], taken: Taken) -> None:
        """Find the answers among statements."""
        written: dict[str, list[int]] = {}
        stubs: dict[str, list[int]] = {}
        for place, statement in enumerate(found):
            for name in answered_names(statement):
                if name in self.known:
                    stub = is_stub_definition(statement.node, self.stub_of(self.known[name]))
                    (stubs if stub else written).setdefault(name, []).append(place)
        last = {name: where[-1] for name, where in {**stubs, **written}.items()}
        for exercise in {self.known[name] for name in last}:
            both = [name for name in last if self.known[name] == exercise]
            if len(both) > 1:
                best = [name for name in both if name in written] or both
                kept_name = next((name for name in best if name == self.asked(exercise)), best[-1])
                last = {name: place for name, place in last.items() if name == kept_name or name not in both}
        idle = {place for name, where in stubs.items() if name in written for place in where}
        # After `f = f(3)` the answer is still the function, and so it is where its stub was left below it.
        kept = [place for place, each in enumerate(found) if place not in idle and not _overwrites(each, place, last)]
        programs = Programs([found[place] for place in kept])
        for name, place in last.items():
            count = len(written.get(name, []))
            if count > 1:
                taken.remarks.append(f"{name} is defined {count} times: the last counts")
            text = programs.of(bisect_left(kept, place))
            self._given += len(text)
            if self._given > MAX_CODE:
                raise ValueError(f"is left out: its answers use more than {MAX_CODE // 1024} kB of Python")
            taken.answers[self.known[name]] = Answer(text, not count)
        for statement in found:
            for name in called_names(statement):
                if name in self.known and name not in written:
                    taken.problems[self.known[name]] = f": {name} is made by a call; write it with def or class"


def source(given: object) -> str:
    """A cell's text: in the file it may be a list of lines."""
    return "".join(map(str, given)) if isinstance(given, list) else str(given)


def _is_tool(statement: Statement) -> bool:
    """True for an import of something that plots, checks or shows."""
    node = statement.node
    named = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
    named += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    return any(name.partition(".")[0] in TOOLS for name in named)


def _overwrites(statement: Statement, place: int, last: Mapping[str, int]) -> bool:
    """True for a statement after an answer that does nothing but give its name to something else."""
    written = {*statement.binds, *statement.changes}
    return len(written) == 1 and all(last.get(name, place) < place for name in written)
