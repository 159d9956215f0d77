"""An exercise that asks for a class, marked as any other: right, wrong and hostile answers."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "class_exercise"))
from class_answers import EXTREME, HOSTILE, OTHER_RIGHT, RIGHT, WRONG

from course_attn.grading import catalogue, loading, runner
from course_attn.grading.marking import batch, submissions
from course_attn.grading.marking.marks import Terms
from course_attn.grading.marking.submissions import Submission


def marked(tier, text, deadline=20.0):
    terms = Terms(("tiny_attention",), tier, tier, "a secret", deadline)
    answers = {"tiny_attention": ("tiny_attention.py", text)}
    return batch.mark_here(Submission("ann", answers), terms)["exercises"][0]


@pytest.fixture(autouse=True)
def _the_exercise_is_there(class_exercise):
    assert class_exercise.parameters == ["d_model"]


@pytest.mark.parametrize("text", [RIGHT, OTHER_RIGHT])
def test_right_answers_get_all_points(tier, text):
    found = marked(tier, text)
    assert found["score"] == found["points"] == 5, found
    assert found["flags"] == []


@pytest.mark.parametrize("name", WRONG)
def test_wrong_answers_fail_where_they_should(tier, name):
    text, place, said = WRONG[name]
    found = marked(tier, text)
    failed = [number for number, check in enumerate(found["checks"]) if check["status"] == "failed"]
    assert failed[0] == place, found
    assert said in found["checks"][place]["message"]
    assert found["score"] < 5


def test_stub_is_not_attempted(tier, class_exercise):
    found = marked(tier, class_exercise.stub)
    assert (found["score"], found["status"]) == (0, "missing")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_answers_get_nothing(tier, name):
    assert marked(tier, HOSTILE[name], 2.0)["score"] == 0
    assert marked(tier, RIGHT)["score"] == 5, "the next one must not suffer"


@pytest.mark.parametrize("name", EXTREME)
def test_a_lie_costs_the_checks_it_is_told_to(tier, name):
    text, lost = EXTREME[name]
    found = marked(tier, text)
    assert [number for number, check in enumerate(found["checks"]) if check["status"] != "passed"] == lost, found


def test_the_same_without_a_sandbox(tmp_path, class_exercise, tier):
    for number, text in enumerate([RIGHT, *(text for text, _, _ in WRONG.values())]):
        path = tmp_path / f"answer{number}.py"
        path.write_text(text)
        local = runner.run(class_exercise, loading.load(path, "tiny_attention"), stop=False)
        remote = marked(tier, text)
        if not local.unusable:
            assert [check["status"] for check in remote["checks"]] == [each.status for each in local.outcomes]


def test_a_class_is_found_in_files_and_notebooks(tmp_path):
    (tmp_path / "answers.py").write_text(RIGHT)
    assert set(submissions.read(tmp_path / "answers.py").answers) == {"tiny_attention"}
    cells = [{"cell_type": "code", "source": text} for text in ("%matplotlib inline", RIGHT, "TinyAttention(3)")]
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": cells}))
    assert "class TinyAttention" in submissions.read(tmp_path / "n.ipynb").answers["tiny_attention"][1]


def test_what_the_exercise_lends_can_be_used(tier):
    uses = RIGHT.replace("import math", "import math\nfrom course_attn.masks import causal_mask")
    refused = marked(tier, uses)
    assert (refused["score"], refused["status"]) == (0, "unusable")
    assert "reference" in {flag["rule"] for flag in refused["flags"]}
    with (catalogue.CHECKS / "ch00_classes" / "tiny_attention.toml").open("a") as file:
        file.write('imports = ["course_attn.masks"]\n')
    catalogue.exercises.cache_clear()
    lent = marked(tier, uses)
    assert lent["score"] == 5, lent
    assert lent["flags"] == []
