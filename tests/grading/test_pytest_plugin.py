"""`pytest exercises/chNN_topic/NAME.py`, run as a learner runs it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course_attn.grading import catalogue, loading, report, runner

ROOT = Path(__file__).parents[2]


def file_for(course, name):
    """Where a learner's answer stands."""
    return course / catalogue.find(name).path


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A learner's folder: stubs, one right answer, one mistake, one syntax error, one test of the learner's own."""
    home = tmp_path_factory.mktemp("course")
    shutil.copytree(ROOT / "exercises", home / "exercises", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "solutions/ch01_attention/soft_lookup.py", file_for(home, "soft_lookup"))
    mistake = ROOT / "tests/exercises/ch01_attention/masked_softmax/mistake_dead_nan.py"
    shutil.copy(mistake, file_for(home, "masked_softmax"))
    file_for(home, "leaky_padding").write_text("def leaky_padding(:\n")
    (home / "exercises" / "test_mine.py").write_text("def test_mine():\n    assert 1 + 1 == 2\n")
    return home


def pytest_on(course, *args):
    """Exit code and output of pytest in the learner's folder."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    environment["PYTHONPATH"] = str(ROOT)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", *args]
    done = subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def whole_folder(course):
    """What `pytest exercises` shows."""
    return pytest_on(course, "-v", "exercises")


def test_one_stub_named_on_the_command_line(course):
    code, shown = pytest_on(course, "exercises/ch01_attention/scaled_dot_scores.py")
    assert code == 1
    assert report.not_attempted("scaled_dot_scores") in shown
    assert "1 failed, 4 skipped" in shown
    assert "Traceback" not in shown


def test_whole_folder(whole_folder):
    code, shown = whole_folder
    assert code == 1
    for name in ("scaled_dot_scores", "predict_output", "ranking_counter_example", "variance_exponent"):
        assert report.not_attempted(name) in shown
    assert shown.count("soft_lookup.py::") == len(runner.checks_of(catalogue.find("soft_lookup")))
    assert "soft_lookup.py::dead_query PASSED" in shown


def test_mistake_gets_the_same_message_as_elsewhere(course, whole_folder):
    exercise = catalogue.find("masked_softmax")
    elsewhere = report.as_text(runner.run(exercise, loading.load(file_for(course, exercise.name), exercise.name)))
    assert elsewhere.startswith("masked_softmax: 4 of 8 checks passed.\n")
    assert elsewhere.split("\n", 1)[1] in whole_folder[1]
    assert "pytest_plugin.py" not in whole_folder[1]


def test_syntax_error_is_short(whole_folder):
    assert "masked_softmax: cannot be checked" not in whole_folder[1]
    assert "leaky_padding: cannot be checked.\n  leaky_padding.py has a syntax error in line 1" in whole_folder[1]
    assert "Traceback" not in whole_folder[1]


def test_other_files_are_left_to_pytest(whole_folder):
    assert "test_mine.py::test_mine PASSED" in whole_folder[1]
