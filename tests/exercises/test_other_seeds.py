"""Marking draws other inputs than a learner sees: on them the verdicts and the names of the mistakes must stay."""

import ast
from pathlib import Path

import pytest

from course_attn.grading import catalogue, loading, report, runner, seeds

ROOT = Path(__file__).parents[2]
PLANTED = Path(__file__).parent
EXERCISES = list(catalogue.exercises().values())
SALTS = [f"other inputs {number}" for number in range(20)]


def reports(exercise, path, salts):
    """The report on the file at ``path`` under each salt."""
    function = loading.load(path, exercise.name)
    for salt in salts:
        with seeds.salted(salt):
            yield runner.run(exercise, function)


@pytest.mark.slow
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_right_answers_pass_on_other_inputs(exercise):
    rights = sorted((PLANTED / exercise.chapter / exercise.name).glob("right_*.py"))
    for path in [ROOT / "solutions" / exercise.chapter / f"{exercise.name}.py", *rights]:
        for found in reports(exercise, path, SALTS):
            assert found.passed, f"{path.name}: {report.as_text(found)}"


@pytest.mark.slow
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_mistakes_keep_their_names_on_other_inputs(exercise):
    for path in sorted((PLANTED / exercise.chapter / exercise.name).glob("mistake_*.py")):
        message = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        for found in reports(exercise, path, SALTS[:3]):
            text = report.as_text(found)
            assert not found.passed, path.name
            assert message in " ".join(text.split()), f"{path.name}: {text}"
