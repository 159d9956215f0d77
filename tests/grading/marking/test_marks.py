"""Points: each check a share, the same result every time, nothing for what was not seen to pass."""

import dataclasses
from pathlib import Path

import pytest

from course_attn.grading.marking import batch, marks
from course_attn.grading.marking.submissions import Submission

ROOT = Path(__file__).parents[3]
RIGHT = (ROOT / "solutions" / "ch01_attention" / "scaled_dot_scores.py").read_text()
HALF = "import torch\n\ndef predict_output():\n    return 46.0, 0.0, 0.0\n"


def marked(terms, **answers):
    return batch.mark_here(Submission("ann", {name: (f"{name}.py", text) for name, text in answers.items()}), terms)


def test_full_partial_and_none(terms):
    result = marked(terms, scaled_dot_scores=RIGHT, predict_output=HALF)
    first, second = result["exercises"]
    assert (first["score"], first["points"], first["status"]) == (2, 2, "marked")
    assert (second["score"], second["points"]) == (0.67, 2)
    assert result["score"] == 2.67
    assert result["max_score"] == 4
    assert result["tier"] == terms.tier
    missing = marked(terms, scaled_dot_scores=RIGHT)["exercises"][1]
    assert (missing["score"], missing["status"], missing["problem"]) == (0, "missing", "not handed in")


@pytest.mark.parametrize(
    ("text", "status", "problem"),
    [
        ("def scaled_dot_scores(query, key):\n    raise NotImplementedError\n", "missing", "not attempted"),
        ("def scaled_dot_scores(query):\n    return query\n", "unusable", "must take (query, key), got (query)"),
        ("def other():\n    pass\n", "unusable", "must define a function scaled_dot_scores, got other"),
        ("import course_attn\n", "unusable", "course_attn is not there"),
        ("import os\nos._exit(0)\n", "unusable", "ended its own process"),
        ("def (\n", "unusable", "syntax error in line 1"),
        ("x = '\ud800'\n", "unusable", "UnicodeEncodeError"),
    ],
)
def test_answers_that_cannot_be_used(terms, text, status, problem):
    found = marked(terms, scaled_dot_scores=text)["exercises"][0]
    assert found["score"] == 0
    assert found["status"] == status
    assert problem in found["problem"]


def test_a_crash_in_one_check_leaves_the_others(terms):
    text = RIGHT + "\nimport os\nright = scaled_dot_scores\n\n"
    text += "def scaled_dot_scores(query, key):\n    return right(query, key) if query.dim() == 2 else os._exit(0)\n"
    found = marked(terms, scaled_dot_scores=text)["exercises"][0]
    statuses = [check["status"] for check in found["checks"]]
    assert statuses[0] == "passed"
    assert "failed" in statuses
    assert 0 < found["score"] < 2


def test_the_same_again_and_other_inputs_under_another_secret(terms):
    wrong = "def scaled_dot_scores(query, key):\n    return query @ key.mT\n"
    first = marked(terms, scaled_dot_scores=wrong)
    assert marked(terms, scaled_dot_scores=wrong) == first
    other = marked(dataclasses.replace(terms, secret="another"), scaled_dot_scores=wrong)
    assert other["key"] != first["key"]
    messages = [[check["message"] for check in each["exercises"][0]["checks"]] for each in (first, other)]
    assert messages[0] != messages[1], "random inputs must follow the secret"


def test_asking_for_the_course_when_it_runs_is_flagged(terms):
    trick = "try:\n    __import__('course' + '_attn.scores')\nexcept ImportError:\n    pass\n"
    sly = RIGHT.replace("import math", f"import math\n\n{trick}")
    found = marked(terms, scaled_dot_scores=sly)["exercises"][0]
    assert found["score"] == found["points"], "a flag changes no mark"
    assert {"line": 0, "rule": "reference", "evidence": "asked for course_attn when it ran"} in found["flags"]
    assert marked(terms, scaled_dot_scores=RIGHT)["exercises"][0]["flags"] == []


def test_any_change_of_the_course_is_another_key(tmp_path, terms):
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "a.py").write_text("x = 1\n")
    first = marks.course_digest(tmp_path)
    (tmp_path / "checks" / "a.toml").write_text("points = 2\n")
    marks.course_digest.cache_clear()
    assert marks.course_digest(tmp_path) != first
    assert terms.digest == dataclasses.replace(terms).digest
    assert terms.digest != dataclasses.replace(terms, deadline=7.0).digest
