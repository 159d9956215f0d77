"""Every exercise: stub not attempted, solution passes, each planted mistake gets its own message."""

import ast
import doctest
import re
import runpy
from pathlib import Path

import pytest

from course_attn.grading import catalogue, loading, report, runner

ROOT = Path(__file__).parents[2]
PLANTED = Path(__file__).parent
EXERCISES = list(catalogue.exercises().values())
MISTAKES = sorted(PLANTED.glob("ch*/*/mistake_*.py"))
RIGHT = sorted(PLANTED.glob("ch*/*/right_*.py"))


def short(value):
    """A readable test id."""
    return f"{value.parent.name}-{value.stem}" if isinstance(value, Path) else value.name


def checked(exercise, path):
    """The report on the file at ``path``."""
    return runner.run(exercise, loading.load(path, exercise.name))


def message_of(path):
    """The message that a planted mistake must get: its docstring."""
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("exercise", EXERCISES, ids=short)
def test_stub_is_not_attempted(exercise):
    assert report.as_text(checked(exercise, ROOT / exercise.path)) == report.not_attempted(exercise.name)


@pytest.mark.parametrize("exercise", EXERCISES, ids=short)
def test_solution_passes(exercise):
    path = ROOT / "solutions" / exercise.chapter / f"{exercise.name}.py"
    assert checked(exercise, path).passed, report.as_text(checked(exercise, path))


@pytest.mark.parametrize("path", RIGHT, ids=short)
def test_other_right_answers_pass(path):
    found = checked(catalogue.find(path.parent.name), path)
    assert found.passed, report.as_text(found)


@pytest.mark.parametrize("path", MISTAKES, ids=short)
def test_mistake_gets_its_own_message(path):
    found = checked(catalogue.find(path.parent.name), path)
    text = report.as_text(found)
    assert not found.passed
    assert len(text.splitlines()) <= report.MAX_LINES
    assert re.search(r"^  line \d+: \S", text, re.MULTILINE), "the learner's own line is missing"
    text = " ".join(text.split())  # long lines are broken
    assert message_of(path) in text, text
    others = [message_of(other) for other in path.parent.glob("mistake_*.py") if other != path]
    assert [other for other in others if other in text] == [], text


@pytest.mark.parametrize("exercise", EXERCISES, ids=short)
def test_enough_is_planted(exercise):
    folder = PLANTED / exercise.chapter / exercise.name
    assert len(list(folder.glob("mistake_*.py"))) >= 5
    assert len(list(folder.glob("right_*.py"))) >= 2
    messages = [message_of(path) for path in folder.glob("mistake_*.py")]
    assert len(set(messages)) == len(messages)


@pytest.mark.parametrize("exercise", EXERCISES, ids=short)
def test_each_check_catches_what_the_earlier_ones_let_through(exercise):
    folder = PLANTED / exercise.chapter / exercise.name
    caught = {checked(exercise, path).failure.title for path in folder.glob("mistake_*.py")}
    assert [title for title in map(runner.title_of, runner.checks_of(exercise)) if title not in caught] == []


@pytest.mark.parametrize("exercise", EXERCISES, ids=short)
def test_example_in_the_text_is_true(exercise):
    names = runpy.run_path(str(ROOT / "solutions" / exercise.chapter / f"{exercise.name}.py"))
    example = doctest.DocTestParser().get_doctest(names["__doc__"], names, exercise.name, None, None)
    assert example.examples
    assert doctest.DocTestRunner().run(example).failed == 0


@pytest.mark.parametrize("exercise", EXERCISES, ids=short)
def test_text_is_complete(exercise):
    assert len(exercise.hints) == 3
    assert all(len(hint.split()) >= 8 for hint in exercise.hints)
    assert exercise.kind in catalogue.KINDS
    assert exercise.difficulty in (1, 2, 3)
    assert exercise.minutes > 0
    assert exercise.points > 0
    assert len(exercise.name) <= 32
    assert set(exercise.name) <= set("abcdefghijklmnopqrstuvwxyz_")
    text = ast.get_docstring(ast.parse(exercise.stub))
    assert exercise.facts in text
    assert "`torch`" in text, "the text says what may be used"


def test_names_are_unique_and_each_kind_is_there():
    assert len(list(catalogue.CHECKS.glob("ch*/*.toml"))) == len(EXERCISES)
    assert {exercise.kind for exercise in EXERCISES if exercise.chapter == "ch01_attention"} == set(catalogue.KINDS)


@pytest.mark.parametrize("exercise", EXERCISES, ids=short)
def test_checks_reach_the_answer_only_through_student(exercise):
    checks = runner.checks_of(exercise)
    assert checks
    for check in checks:
        assert list(check.__annotations__) == ["student", "return"]
        assert check.__doc__
