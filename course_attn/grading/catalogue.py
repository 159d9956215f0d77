"""Which exercises there are, and what is written about each."""

from __future__ import annotations

import ast
import difflib
import importlib
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType

from course_attn._error import error
from course_attn.grading.names import spellings

CHECKS = Path(__file__).parent / "checks"
STUBS = Path(__file__).parent / "stubs"  # made by tools/build_exercises.py; a learner edits exercises/, never these
KINDS = {
    "implement": "Implement",
    "bug": "Find the bug",
    "predict": "Predict, then run",
    "prove": "Prove and check",
    "measure": "Measure",
}


@dataclass(frozen=True)
class Exercise:
    """One exercise: what NAME.toml says, and where its stub and its checks are.

    Args:
        name: The bare file name; also the name of the function asked for.
        chapter: The folder, such as ``ch01_attention``.
        title: What the book calls it.
        kind: A key of ``KINDS``.
        order: Its place in the chapter, from 1.
        minutes: How long it takes most readers.
        difficulty: 1 (a line or two) to 3.
        points: What it is worth.
        hints: A question, a pointer, nearly the answer.
        imports: What an answer may import besides torch and math, such as ``course_attn.masks``.
    """

    name: str
    chapter: str
    title: str
    kind: str
    order: int
    minutes: int
    difficulty: int
    points: int
    hints: list[str]
    imports: list[str] = field(default_factory=list)

    @property
    def facts(self) -> str:
        """Kind, minutes, difficulty and points in one line."""
        points = "1 point" if self.points == 1 else f"{self.points} points"
        return f"{KINDS[self.kind]} · {self.minutes} minutes · difficulty {self.difficulty} of 3 · {points}"

    @property
    def heading(self) -> str:
        """Its chapter in words, such as ``Chapter 2: self attention``."""
        number, _, topic = self.chapter.removeprefix("ch").partition("_")
        return f"Chapter {int(number)}: {topic.replace('_', ' ')}"

    @property
    def path(self) -> Path:
        """Where the learner's file is expected, seen from the course's folder."""
        return Path("exercises") / self.chapter / f"{self.name}.py"

    @property
    def stub_path(self) -> Path:
        """The stub as it came with the package."""
        return STUBS / self.chapter / f"{self.name}.py.txt"

    @property
    def stub(self) -> str:
        """The file a learner starts from."""
        return self.stub_path.read_text(encoding="utf-8")

    @property
    def answer(self) -> str:
        """The name that an answer defines, that of the function (the exercise's own) or of the class."""
        return self._definition().name

    @property
    def parameters(self) -> list[str]:
        """Names of the parameters of the function asked for, in order; of a class, those it is made with."""
        asked = self._definition()
        if isinstance(asked, ast.FunctionDef):
            return [argument.arg for argument in asked.args.args]
        made = [part for part in asked.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"]
        return [argument.arg for part in made for argument in part.args.args[1:]]

    def _definition(self) -> ast.FunctionDef | ast.ClassDef:
        for node in ast.parse(self.stub).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in spellings(self.name):
                return node
        raise error("stub", self.name, f"a file that defines {self.name}", "one that does not")

    def checks(self) -> ModuleType:
        """The module of checks, imported when asked for."""
        return importlib.import_module(f"course_attn.grading.checks.{self.chapter}.{self.name}")


@cache
def exercises() -> dict[str, Exercise]:
    """Every exercise by name, in the order of the course."""
    found = []
    for path in CHECKS.glob("ch*/*.toml"):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        found.append(Exercise(name=path.stem, chapter=path.parent.name, **table))
    found.sort(key=lambda exercise: (exercise.chapter, exercise.order))
    return {exercise.name: exercise for exercise in found}


def find(name: str) -> Exercise:
    """The exercise of that name.

    Raises:
        ValueError: If there is none; the text suggests the nearest.
    """
    known = exercises()
    if isinstance(name, str) and name in known:
        return known[name]
    near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
    advice = f"did you mean {near[0]}?" if near else "course-attn list shows them all"
    raise error("check", "NAME", "the name of an exercise", f"{name!r}", advice)
