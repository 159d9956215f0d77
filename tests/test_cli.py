"""The command `course-attn`."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from course_attn.cli import app
from course_attn.grading import catalogue, report

ROOT = Path(__file__).parents[1]
SOLUTION = ROOT / "solutions/ch01_attention/masked_softmax.py"


def course_attn(*args):
    """Exit code, standard output, standard error."""
    done = CliRunner().invoke(app, list(args))
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A learner's folder, as working directory."""
    shutil.copytree(ROOT / "exercises", tmp_path / "exercises", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_stub(course):
    assert course_attn("check", "masked_softmax") == (1, report.not_attempted("masked_softmax") + "\n", "")


def test_right_answer_where_it_is_expected(course):
    shutil.copy(SOLUTION, course / "exercises/ch01_attention/masked_softmax.py")
    assert course_attn("check", "masked_softmax") == (0, "masked_softmax: passed, all 8 checks.\n", "")


def test_right_answer_in_another_file(tmp_path):
    path = tmp_path / "mine.py"
    shutil.copy(SOLUTION, path)
    assert course_attn("check", "masked_softmax", str(path))[0] == 0


def test_mistake(tmp_path):
    path = ROOT / "tests/exercises/ch01_attention/masked_softmax/mistake_inverted.py"
    code, shown, _ = course_attn("check", "masked_softmax", str(path))
    assert code == 1
    assert "the mask is read the other way round" in shown
    assert "Stuck? course-attn hint masked_softmax" in shown


@pytest.mark.parametrize("source", ["def masked_softmax(:\n", "x = 1\n", "import nosuchmodule\n", "raise SystemExit\n"])
def test_file_that_cannot_be_used(tmp_path, source):
    path = tmp_path / "mine.py"
    path.write_text(source)
    code, shown, _ = course_attn("check", "masked_softmax", str(path))
    assert code == 1
    assert shown.startswith("masked_softmax: cannot be checked.\n  mine.py")
    assert "Traceback" not in shown


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("check", "masked_softmix"), "did you mean masked_softmax?"),
        (("check", "masked_softmax", "nowhere.py"), "check: no file nowhere.py here"),
        (("hint", "softlookup"), "did you mean soft_lookup?"),
        (("hint", "soft_lookup", "4"), "hint: LEVEL must be 1, 2 or 3, got 4"),
        (("hint", "soft_lookup", "0"), "hint: LEVEL must be 1, 2 or 3, got 0"),
    ],
)
def test_misuse_is_exit_code_two(tmp_path, monkeypatch, args, said):
    monkeypatch.chdir(tmp_path)
    code, shown, error = course_attn(*args)
    assert code == 2
    assert said in error
    assert shown == ""


def test_misuse_that_the_parser_finds():
    assert course_attn("hint", "soft_lookup", "three")[0] == 2
    assert course_attn("check")[0] == 2
    assert course_attn("fly")[0] == 2


def test_hints_lead_to_the_next():
    hints = catalogue.find("soft_lookup").hints
    for level, hint in enumerate(hints, start=1):
        code, shown, _ = course_attn("hint", "soft_lookup", str(level))
        assert code == 0
        assert hint in shown
        assert (f"course-attn hint soft_lookup {level + 1}" in shown) == (level < 3)
    assert course_attn("hint", "soft_lookup") == course_attn("hint", "soft_lookup", "1")


def test_list_names_every_exercise():
    code, shown, _ = course_attn("list")
    assert code == 0
    places = [shown.index(name) for name in catalogue.exercises()]
    assert places == sorted(places)
