"""An answer beside the solution."""

from email.message import Message
from pathlib import Path

import pytest

from course_attn.grading import catalogue
from course_attn.learner import comparison

ROOT = Path(__file__).parents[2]
SOLUTION = '"""Doc."""\n\nimport math\n\n\ndef f(x):\n    # BEGIN SOLUTION\n    return x\n    # END SOLUTION\n'


def test_found_in_a_checkout_above(tmp_path):
    exercise = catalogue.find("soft_lookup")
    assert comparison.solution_of(exercise, tmp_path) is None
    assert comparison.solution_of(exercise, tmp_path, ROOT / "course_attn") == (
        ROOT / "solutions/ch01_attention/soft_lookup.py"
    )


def test_where_to_find_it(monkeypatch):
    known = Message()
    monkeypatch.setattr("importlib.metadata.metadata", lambda name: known)
    assert " of\nthe course's repository\n" in comparison.where_to_find(catalogue.find("soft_lookup"))
    known["Project-URL"] = "Documentation, https://example.org/pages"
    known["Project-URL"] = "Repository, https://example.org/repository"
    text = comparison.where_to_find(catalogue.find("soft_lookup"))
    assert "solutions/ch01_attention/soft_lookup.py of\nhttps://example.org/repository\n" in text


def test_lines_of_both():
    shown = comparison.compare('"""Mine."""\n\nimport math\n\n\ndef f(x):\n    return 2 * x\n', SOLUTION)
    assert shown == ["  import math", "", "", "  def f(x):", "-     return 2 * x", "+     return x"]


@pytest.mark.parametrize("exercise", catalogue.exercises().values(), ids=lambda exercise: exercise.name)
def test_no_marks_are_left(exercise):
    solution = (ROOT / "solutions" / exercise.chapter / f"{exercise.name}.py").read_text(encoding="utf-8")
    shown = "\n".join(comparison.compare("x = 1\n", solution))
    assert f"def {exercise.name}" in shown
    assert "BEGIN" not in shown
    assert "END" not in shown


def test_answer_that_is_no_python():
    assert comparison.code_of("def f(:\n") == "def f(:\n"
