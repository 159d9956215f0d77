"""Answers that resemble each other or a solution, whatever the names and the comments: a list for the teacher."""

from __future__ import annotations

import ast
import csv
import io
import itertools
from collections import Counter, defaultdict
from typing import Any

from course_attn.grading.marking.magics import NotPython, parse
from course_attn.grading.marking.submissions import Submission

WORDS = 6
COMMON = 0.5  # what more than half of all answers share says nothing about any of them
LEAST_SHAPES = 20
LEAST_WORDS = 60
COPIED = "the course's solution, but for names and comments"


def shape(text: str) -> set[tuple[str, ...]]:
    """Runs of node types and operators of a program, without names, constants, docstrings and layout."""
    words = _words(text)
    return {tuple(words[start : start + WORDS]) for start in range(max(0, len(words) - WORDS + 1))}


def pairs(
    submissions: list[Submission], solutions: dict[str, str] | None = None, least: float = 0.8
) -> list[tuple[str, str, str, float]]:
    """Pairs of answers that share at least ``least`` of their runs: exercise, one, other, share.

    Args:
        submissions: What was handed in.
        solutions: Exercise → text of the solution, compared with every answer.
        least: The share from which a pair is listed.

    Returns:
        The pairs, the most alike first.
    """
    shapes: dict[str, dict[str, set[tuple[str, ...]]]] = defaultdict(dict)
    for submission in submissions:
        for exercise, (_, text) in submission.answers.items():
            shapes[exercise][submission.name] = shape(text)
    found = []
    for exercise, answers in shapes.items():
        if solutions and exercise in solutions:
            answers["(solution)"] = shape(solutions[exercise])
        counts = Counter(run for runs in answers.values() for run in runs)
        most = COMMON * len(answers) if len(answers) >= LEAST_SHAPES else len(answers)
        rare = {name: {run for run in runs if counts[run] <= most} for name, runs in answers.items()}
        for (one, left), (other, right) in itertools.combinations(sorted(rare.items()), 2):
            either = left | right
            share = len(left & right) / len(either) if either else 0.0
            if share >= least:
                found.append((exercise, one, other, round(share, 3)))
    return sorted(found, key=lambda pair: (-pair[3], pair))


def flag_copies(results: list[dict[str, Any]], submissions: list[Submission], solutions: dict[str, str]) -> None:
    """Flag, in the results, the answers that are a solution from beginning to end but for names and comments.

    Short solutions are left out: of those there is only one to write.
    """
    known = {exercise: _words(text) for exercise, text in solutions.items()}
    for result, submission in zip(results, submissions, strict=True):
        for each in result["exercises"]:
            words = known.get(each["name"], [])
            _, text = submission.answers.get(each["name"], ("", ""))
            if len(words) >= LEAST_WORDS and _words(text) == words:
                each["flags"] = [{"line": 0, "rule": "solution", "evidence": COPIED}, *each["flags"]]


def table(found: list[tuple[str, str, str, float]]) -> str:
    """The pairs as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("exercise", "one", "other", "share"), *found])
    return text.getvalue()


def _words(text: str) -> list[str]:
    """The node types and attributes of a program in order; none of one that cannot be read."""
    try:
        tree = parse(text)
    except NotPython:
        return []
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return [_word(node) for node in ast.walk(tree)]


def _word(node: ast.AST) -> str:
    """A node's type, and the name of an attribute: `softmax` and `matmul` say more than `Attribute`."""
    return node.attr if isinstance(node, ast.Attribute) else type(node).__name__
