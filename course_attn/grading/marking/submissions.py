"""What one learner handed in, as answers: from files, folders, zips and notebooks, however broken."""

from __future__ import annotations

import ast
import codecs
import hashlib
import io
import json
import tokenize
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath

from course_attn.grading import catalogue
from course_attn.grading.marking.magics import NotPython, parse
from course_attn.grading.marking.notebooks import Answer, Reader, Taken
from course_attn.grading.marking.program import Programs, answered_names, statements
from course_attn.grading.marking.reading import Files
from course_attn.grading.names import spellings

EXPLAINED, MAX_EXPLAINED = 3, 2**17  # where nothing was found: so many files, of so many letters, are looked into
SLOW = {"punycode", "idna"}  # codecs that need minutes for what others do at once; no one writes Python in them


@dataclass
class Submission:
    """What one learner handed in.

    Args:
        name: Who: the name of the file or folder.
        answers: Exercise → (file, text).
        problems: What could not be used, and why; tied to an exercise where one is known.
        remarks: What a teacher may want to know.
    """

    name: str
    answers: dict[str, tuple[str, str]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """A hash of everything that the result depends on."""
        parts = [self.answers, self.problems, *([self.remarks] if self.remarks else [])]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def read(path: Path, name: str | None = None) -> Submission:
    """Read a file, folder, zip or notebook. Never raises for what it finds there."""
    found = Submission(name or path.stem)
    desk = _Desk(found)
    try:
        for label, data in Files(desk.problem, found.remarks.append).of(path):
            desk.take(label, data)
    except Exception as reason:  # one broken submission must never stop the others
        found.problems[path.name] = f"{path.name} cannot be read: {type(reason).__name__}: {reason}"
    desk.settle()
    if not found.answers and not found.problems:
        found.problems[path.name] = f"{path.name} holds no answer to an exercise that is known"
    return found


class _Desk:
    """Where the answers of a submission come together.

    Args:
        found: Filled by `settle`.
    """

    def __init__(self, found: Submission) -> None:
        self.found = found
        self.exercises = catalogue.exercises()
        known = {spelling: name for name in self.exercises for spelling in spellings(name)}
        self.reader = Reader(
            known, cache(lambda name: self.exercises[name].stub), lambda name: self.exercises[name].answer
        )
        self.answers: dict[str, list[tuple[str, Answer]]] = defaultdict(list)
        self.spare: dict[str, list[tuple[str, Answer]]] = defaultdict(list)  # in files of other exercises' names
        self.broken: dict[str, dict[str, str]] = defaultdict(dict)  # exercise → file → problem
        self.unnamed: list[tuple[str, str]] = []  # files in which nothing speaks of an exercise

    def problem(self, label: str, text: str, exercise: str = "") -> None:
        """Enter what is wrong with a file, under the exercise that it was to answer if that is known."""
        exercise = exercise or PurePosixPath(label).stem
        whole = f"{label}{'' if text.startswith(':') else ' '}{text}"
        if exercise in self.exercises:
            self.broken[exercise][label] = whole
        else:
            self.found.problems[label] = whole

    def take(self, label: str, data: bytes) -> None:
        """Find the answers in one file."""
        try:
            taken = self.reader.notebook(data) if label.lower().endswith(".ipynb") else self._file(label, data)
        except ValueError as reason:
            self.problem(label, str(reason))
            return
        except Exception as reason:  # one broken file must not hide the others
            self.problem(label, f"cannot be read: {type(reason).__name__}: {reason}"[:300])
            return
        self.found.remarks += [f"{label}: {remark}" for remark in taken.remarks]
        for exercise, problem in taken.problems.items():
            self.problem(label, problem, exercise)
        for exercise, answer in taken.answers.items():
            self.answers[exercise].append((label, answer))
        for exercise, answer in taken.spare.items():
            self.spare[exercise].append((label, answer))

    def settle(self) -> None:
        """Choose: what someone has written before a stub. Two different answers are a problem, not a choice."""
        for exercise, given in self.spare.items():
            if exercise not in self.broken and all(answer.stub for _, answer in self.answers[exercise]):
                self.answers[exercise] += given
        for exercise in sorted({*self.answers, *self.broken}):
            given = self.answers[exercise]
            written = [(label, answer) for label, answer in given if not answer.stub]
            if self.broken[exercise] and not written:
                self.found.problems[exercise] = "; ".join(list(self.broken[exercise].values())[:3])
                continue
            self.found.problems.update(self.broken[exercise])
            (label, answer), *others = written or given
            other = next((where for where, each in others if written and not _same(exercise, answer, each)), None)
            if other is not None:
                problem = f"{exercise} is answered twice, in {label} and {other}: hand in one"
                self.found.problems[exercise] = problem
            else:
                self.found.answers[exercise] = (PurePosixPath(label).name, answer.text)
        nothing = not self.found.answers and not self.found.problems
        for number, (label, text) in enumerate(self.unnamed):
            reason = _no_python(text) if nothing and number < EXPLAINED else ""
            if reason:
                self.found.problems[label] = f"{label} {reason}"
            else:
                self.found.remarks.append(f"{label}: no exercise of this name, and none answered in it")

    def _file(self, label: str, data: bytes) -> Taken:
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
            if codecs.lookup(encoding).name in SLOW:
                raise LookupError(encoding)
            text = io.TextIOWrapper(io.BytesIO(data), encoding).read()
        except (SyntaxError, UnicodeDecodeError, LookupError):
            raise ValueError("is not UTF-8 text") from None
        taken = self.reader.file(text, PurePosixPath(label).stem)
        if not taken.answers and not taken.problems:
            self.unnamed.append((label, text))
        return taken


def _no_python(text: str) -> str:
    """Why a text, if it is short, is no Python; "" if it is."""
    try:
        parse(text[:0] if len(text) > MAX_EXPLAINED else text)
    except NotPython as reason:
        return str(reason)
    return ""


def _same(exercise: str, one: Answer, other: Answer) -> bool:
    """Whether two answers are one but for layout, comments and what they do not use."""
    return one.text == other.text or _core(exercise, one.text) == _core(exercise, other.text)


def _core(exercise: str, text: str) -> str:
    """What of an answer's text counts, without its layout; the text itself if it is no Python."""
    try:
        found = statements(parse(text), text)
        places = [place for place, each in enumerate(found) if set(answered_names(each)) & {*spellings(exercise)}]
        return ast.dump(parse(Programs(found).of(places[-1]))) if places else text
    except (NotPython, ValueError, RecursionError, MemoryError):
        return text
