"""The command `course-attn`."""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from course_attn import __version__
from course_attn.cli import app
from course_attn.grading import catalogue, report
from course_attn.learner import comparison, no_nan

ROOT = Path(__file__).parents[1]
SOLUTION = ROOT / "solutions/ch01_attention/masked_softmax.py"
COUNT = len(catalogue.exercises())


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


def test_file_with_a_nul_and_file_of_unknown_encoding(tmp_path):
    path = tmp_path / "mine.py"
    path.write_bytes(b"x = 1\n# \0\n")
    said = "mine.py holds a NUL character in line 2: save it as UTF-8 text"
    assert said in course_attn("check", "masked_softmax", str(path))[1]
    path.write_bytes(b"# coding: nonsense\n")
    assert "mine.py has a syntax error: unknown encoding" in course_attn("check", "masked_softmax", str(path))[1]


def test_notebook_instead_of_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.ipynb").write_text('{"cells": []}')
    code, shown, error = course_attn("check", "masked_softmax", "x.ipynb")
    assert (code, shown) == (2, "")
    wanted = 'in a notebook call check("masked_softmax", masked_softmax)'
    assert error == f"check: PATH must be a .py file, got the notebook x.ipynb; {wanted}\n"


@pytest.mark.parametrize("deadline", ["1e400", "1e300", "0", "nan"])
def test_deadline_out_of_range(deadline):
    code, _, error = course_attn("check", "masked_softmax", "--deadline", deadline)
    assert code == 2
    assert "Invalid value for '--deadline'" in re.sub(r"\x1b\[[0-9;]*m", "", error)


def test_no_number_is_refused_whatever_typer_does_itself():
    assert no_nan(2.5) == 2.5
    with pytest.raises(typer.BadParameter, match="nan is no number of seconds"):
        no_nan(float("nan"))


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


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An initialised folder, as working directory."""
    monkeypatch.chdir(tmp_path)
    assert course_attn("init", "mine")[0] == 0
    monkeypatch.chdir(tmp_path / "mine")
    return tmp_path / "mine"


def solve(folder, name):
    exercise = catalogue.find(name)
    shutil.copy(ROOT / "solutions" / exercise.chapter / f"{name}.py", folder / exercise.path)


def test_init_says_what_comes_next_and_refuses_a_second_time(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, shown, _ = course_attn("init")
    assert code == 0
    assert shown.endswith("Next:\n  cd attention-course\n  course-attn\n")
    code, shown, error = course_attn("init")
    assert (code, shown) == (2, "")
    assert "init: FOLDER must be outside a course folder" in error
    monkeypatch.chdir(tmp_path / "attention-course" / "exercises")
    assert course_attn("init", "another")[0] == 2


def test_passing_is_remembered_and_says_what_comes_next(folder):
    assert course_attn("check")[1] == report.not_attempted("scaled_dot_scores") + "\n"
    solve(folder, "scaled_dot_scores")
    code, shown, _ = course_attn("check")
    assert code == 0
    assert shown.startswith("scaled_dot_scores: passed, all 5 checks.\nTo compare: course-attn solution")
    assert shown.endswith(f"1/{COUNT}\nNext: masked_softmax\n")
    assert "x scaled_dot_scores" in course_attn("list")[1]


def test_check_all(folder):
    code, shown, _ = course_attn("check", "--all")
    assert code == 1
    assert shown.count("not attempted") == COUNT
    for name in catalogue.exercises():
        solve(folder, name)
    (folder / catalogue.find("soft_lookup").path).unlink()
    code, shown, _ = course_attn("check", "--all")
    assert code == 1
    assert shown.count("  passed\n") == COUNT - 1
    assert re.search(r"^soft_lookup +no file$", shown, re.MULTILINE)
    solve(folder, "soft_lookup")
    assert course_attn("check", "--all")[0] == 0


def test_check_verbose_and_deadline(folder):
    path = folder / catalogue.find("masked_softmax").path
    path.write_text("def masked_softmax(scores, mask):\n    return scores\n")
    assert course_attn("check", "masked_softmax", "-v")[1].count("Failed: ") >= 6
    path.write_text("while True:\n    pass\n")
    code, shown, _ = course_attn("check", "masked_softmax", "--deadline", "1.5")
    assert code == 1
    assert "stopped: after 1.5 seconds it was still running" in shown
    assert len(shown.splitlines()) <= report.MAX_LINES


def test_hints_are_recorded(folder):
    assert course_attn("hint", "soft_lookup", "2")[0] == 0
    assert json.loads((folder / ".course/state.json").read_text())["hints"] == {"soft_lookup": 2}


def test_hint_without_a_name_is_of_the_current_exercise(folder):
    assert course_attn("hint")[1] == course_attn("hint", "scaled_dot_scores")[1]


def test_solution_only_after_passing(folder, monkeypatch):
    find = comparison.solution_of  # the package that is tested may be an installed one
    monkeypatch.setattr(comparison, "solution_of", lambda exercise, *starts: find(exercise, ROOT, *starts))
    code, shown, _ = course_attn("solution", "scaled_dot_scores")
    assert code == 1
    assert "has not passed yet" in shown
    path = folder / catalogue.find("scaled_dot_scores").path
    path.write_text("def scaled_dot_scores(query, key):\n    return query @ key.mT / query.shape[-1] ** 0.5\n")
    assert course_attn("check", "scaled_dot_scores")[0] == 0
    code, shown, _ = course_attn("solution", "scaled_dot_scores")
    assert code == 0
    assert "-     return query @ key.mT / query.shape[-1] ** 0.5\n" in shown
    assert "+     return query @ key.transpose(-2, -1)" in shown


def test_solution_without_a_checkout_says_where(folder, monkeypatch):
    solve(folder, "scaled_dot_scores")
    course_attn("check", "scaled_dot_scores")
    monkeypatch.setattr("course_attn.learner.comparison.solution_of", lambda *args: None)
    code, shown, _ = course_attn("solution", "scaled_dot_scores")
    assert code == 0
    assert "solutions/ch01_attention/scaled_dot_scores.py of\nhttps://" in shown


@pytest.mark.parametrize(("answer", "code", "said"), [("y\n", 0, "is the stub again"), ("n\n", 1, "Nothing was reset")])
def test_reset_asks(folder, answer, code, said):
    solve(folder, "soft_lookup")
    before = (folder / catalogue.find("soft_lookup").path).read_text()
    done = CliRunner().invoke(app, ["reset", "soft_lookup"], input=answer)
    assert done.exit_code == code
    assert said in done.stdout
    copy = folder / ".course/backup/soft_lookup-1.py"
    assert (copy.read_text() == before) if code == 0 else not copy.exists()


def test_reset_without_anyone_to_ask(folder):
    code, _, error = course_attn("reset", "soft_lookup")
    assert code == 2
    assert "course-attn reset -y does not ask" in error


def test_submit(folder):
    code, _, error = course_attn("submit")
    assert code == 2
    assert "every exercise is still its stub" in error
    solve(folder, "soft_lookup")
    code, shown, _ = course_attn("submit")
    assert code == 0
    assert f"1 of {COUNT} exercises: soft_lookup." in shown
    assert (folder / "submission.zip").is_file()


def test_broken_state_is_told_and_not_fatal(folder):
    (folder / ".course/state.json").write_text("{")
    code, shown, error = course_attn("check")
    assert code == 1
    assert "not attempted yet" in shown
    assert "it is now state.broken-1.json" in error
    (folder / ".course/state.json").write_text("{")
    code, _, error = course_attn("submit")
    assert "it is now state.broken-2.json" in error


@pytest.mark.parametrize("command", ["", "watch", "hint", "reset soft_lookup", "solution soft_lookup", "submit"])
def test_outside_a_course_folder(tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    code, _, error = course_attn(*command.split())
    assert code == 2
    assert "this is no course folder; go to yours, or make one: course-attn init" in error


def test_check_outside_a_course_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "check: which exercise?" in course_attn("check")[2]
    assert "check: no folder exercises here" in course_attn("check", "--all")[2]
    assert "not both" in course_attn("check", "soft_lookup", "--all")[2]


def test_manual_run_needs_keys(folder):
    code, _, error = course_attn("watch", "--manual-run")
    assert code == 2
    assert "--manual-run needs a terminal" in error


def test_missing_and_unreadable_files(folder):
    path = folder / catalogue.find("soft_lookup").path
    path.write_bytes(b"\xff\xfe")
    assert "is not UTF-8 text" in course_attn("check", "soft_lookup")[1]
    path.unlink()
    code, _, error = course_attn("check", "soft_lookup")
    assert code == 2
    assert "course-attn reset soft_lookup puts its stub there" in error


def test_doctor(folder):
    code, shown, _ = course_attn("doctor")
    assert code == 0
    for what in ("python", "torch", "course folder", "isolation"):
        assert f"\n{what:<14} " in f"\n{shown}"


def test_grade_is_there():
    code, shown, _ = course_attn("grade", "--help")
    assert code == 0
    assert "course-attn grade" in shown
    assert "--make-gradescope" in re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert course_attn("grade", "--no-such-option")[0] == 2


WITHOUT_TORCH = """
import sys
from course_attn.cli import main
sys.argv = ["course-attn", *sys.argv[1:]]
try:
    main()
finally:
    print([name for name in ("torch", "watchfiles", "pytest") if name in sys.modules])
"""


@pytest.mark.parametrize("command", ["list", "hint soft_lookup", "init another", "--help"])
def test_what_computes_nothing_does_not_wait_for_torch(tmp_path, command):
    command = [sys.executable, "-c", WITHOUT_TORCH, *command.split()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.endswith("\n[]\n")


def run_by_hand(*args, before="", cwd, **options):
    """Exit code, and every line printed, of the command in a process of its own."""
    code = f"import sys\n{before}\nfrom course_attn.cli import main\nsys.argv[0] = 'course-attn'\nmain()"
    command = [sys.executable, "-c", code, *args]
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, stdin=subprocess.DEVNULL, **options)
    return done.returncode, (done.stdout + done.stderr).splitlines()


MISSING = ("sys.modules['torch'] = None", "import of torch halted; None in sys.modules")  # Python's sign for: not there
BROKEN = ("sys.path.insert(0, 'broken')", "libgomp.so.1: cannot open shared object file")
NEED_TORCH = ["check", "check --all", "watch", "", "grade answers", "grade --help", "doctor"]


@pytest.mark.parametrize(
    ("command", "kind"), [*((command, MISSING) for command in NEED_TORCH), ("check", BROKEN), ("doctor", BROKEN)]
)
def test_without_torch_one_line_says_so(folder, command, kind):
    (folder / "broken").mkdir()
    (folder / "broken/torch.py").write_text("raise OSError('libgomp.so.1: cannot open shared object file')\n")
    before, reason = kind
    code, lines = run_by_hand(*command.split(), before=before, cwd=folder)
    assert code == 1
    wanted = f"course-attn: PyTorch cannot be loaded here ({reason}). Install it; a CPU-only build is enough, and "
    assert lines[-1] == f"{wanted}PyTorch's own page, Get Started, says how."
    assert (len(lines) == 1) == (command != "doctor"), lines
    assert command != "doctor" or f"{'torch':<14} not here: {reason}" in lines


NOT_INSTALLED = """sys.modules['torch'] = None
from importlib import metadata
real = metadata.version
def version(name):
    if name == 'torch':
        raise metadata.PackageNotFoundError(name)
    return real(name)
metadata.version = version"""


@pytest.mark.parametrize("command", ["list", "hint", "reset soft_lookup -y", "submit", "--version"])
def test_what_computes_nothing_does_without_torch(folder, command):
    solve(folder, "masked_softmax")
    code, lines = run_by_hand(*command.split(), before=NOT_INSTALLED, cwd=folder)
    assert code == 0, lines
    if command == "submit":
        with zipfile.ZipFile(folder / "submission.zip") as archive:
            assert json.loads(archive.read("manifest.json"))["torch"] == "none"


def test_another_import_error_is_not_laid_at_torchs_door(folder):
    code, lines = run_by_hand("check", before="sys.modules['course_attn.learner.child'] = None", cwd=folder)
    assert code == 1
    assert lines[-1].startswith("ModuleNotFoundError: import of course_attn.learner.child halted")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no folder that someone stands in")
@pytest.mark.parametrize("command", ["init", "hint soft_lookup", "check soft_lookup", "submit", "watch"])
def test_in_a_folder_that_was_deleted(tmp_path, command):
    gone = tmp_path / "gone"
    gone.mkdir()
    code, lines = run_by_hand(*command.split(), before=f"import os\nos.rmdir({str(gone)!r})", cwd=gone)
    assert code == 2
    assert len(lines) == 1
    assert lines[0].startswith("course-attn: the folder you are in is not there any more")


def test_version():
    assert course_attn("--version") == (0, f"course-attn {__version__}\n", "")
