"""A teacher's slips with `course-attn grade`: a short message before anything is marked, an exit code that tells."""

import csv
import json
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from course_attn.grading import grade_command
from course_attn.grading.grade_command import grade
from course_attn.grading.marking import batch
from course_attn.grading.sandbox import isolation

ROOT = Path(__file__).parents[2]
APP = typer.Typer(pretty_exceptions_enable=False)
APP.command()(grade)
ANSWER = ROOT / "solutions" / "ch01_attention" / "predict_output.py"
EVIL = "bad\x1b]0;pwned\x07.py"

pytestmark = pytest.mark.skipif(not isolation.can("B"), reason="this machine cannot give marks")


@pytest.fixture(autouse=True)
def _marking_is_counted(monkeypatch):
    monkeypatch.setattr(batch, "mark_here", lambda submission, terms: pytest.fail("nothing may be marked"))


def run(*arguments):
    arguments = [str(argument) for argument in arguments]
    return CliRunner().invoke(APP, [*arguments, "--exercise", "predict_output"])


def refused(done, *words):
    assert done.exit_code == 2, (done.output, done.exception)
    assert isinstance(done.exception, SystemExit), "a message, not a traceback"
    for word in words:
        assert word in done.output


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--out", "FILE"], "--out must be a folder, got the file"),
        (["--out", "FILE/inside"], "Not a directory"),
        (["--jobs", "-3"], "--jobs"),
        (["--deadline", "0"], "--deadline"),
        (["--deadline", "-1"], "--deadline"),
        (["--deadline", "inf"], "--deadline"),
        (["--deadline", "nan"], "--deadline"),
        (["--results", "NONE/x.json"], "--results must be a file in a folder that can be written to, got"),
        (["--solutions", "NONE"], "--solutions must be a folder, got"),
        (["--cluster", "nonsense"], "no Dask scheduler at nonsense: missing port"),
    ],
)
def test_options(tmp_path, options, words):
    (tmp_path / "file").write_text("")
    places = {"FILE": str(tmp_path / "file"), "NONE": str(tmp_path / "none")}
    for word, path in places.items():
        options = [option.replace(word, path) for option in options]
    options += [] if "--out" in options else ["--out", tmp_path / "out"]
    refused(run(ANSWER, *options), words)


def test_results_of_several(tmp_path):
    done = run(ANSWER, ANSWER, "--results", tmp_path / "r.json", "--out", tmp_path / "out")
    refused(done, "--results must be left out but for one submission, got 2 submissions")
    assert not (tmp_path / "r.json").exists()


def test_gradescope_into_no_folder(tmp_path):
    refused(run(tmp_path / "none" / "a.zip", "--make-gradescope", "--out", tmp_path / "out"), "PATH must be a file in")
    refused(run(tmp_path / "a", tmp_path / "b", "--make-gradescope", "--out", tmp_path / "out"), "must be one")
    assert list(tmp_path.iterdir()) == []


def test_a_scheduler_that_does_not_answer(tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "CONNECT_SECONDS", 0.5)
    done = run(ANSWER, "--cluster", "tcp://127.0.0.1:1", "--out", tmp_path)
    refused(done, "grade: no Dask scheduler at tcp://127.0.0.1:1: Timed out")


def test_a_cluster_without_dask(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    done = run(ANSWER, "--cluster", "local", "--out", tmp_path)
    refused(done, "--cluster needs Dask", "pip install distributed")


def test_what_could_not_be_marked_is_told_by_the_exit_code(tmp_path, monkeypatch):
    lost = lambda submission, terms: batch.not_marked(submission, terms, "the sandbox has ended")  # noqa: E731
    monkeypatch.setattr(batch, "mark_here", lost)
    done = run(ANSWER, "--out", tmp_path, "--results", tmp_path / "r.json")
    assert done.exit_code == 1, done.output
    assert "1 could not be marked" in done.output
    row = next(csv.DictReader((tmp_path / "grades.csv").read_text().splitlines()))
    assert "the sandbox has ended" in row["problem"]
    assert json.loads((tmp_path / "r.json").read_text())["score"] == 0


def test_a_file_name_gives_the_terminal_no_orders(tmp_path, monkeypatch):
    monkeypatch.undo()
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / EVIL).write_bytes(b"x = '\xe4'\n")
    (folder / "line\nann: 2 of 2.docx").write_text("")
    done = run(folder, "--each", "--out", tmp_path / "out")
    batch.close_all()
    assert done.exit_code == 0, done.output
    assert "pwned" in done.output
    assert "\x1b" not in done.output
    assert "\x07" not in done.output
    assert not any(line.startswith("ann") for line in done.output.splitlines())
    refused(run(tmp_path / EVIL, "--out", tmp_path / "out"), "there is no", "pwned.py")
    assert "\x1b" not in run(tmp_path / EVIL).output


def test_a_full_disk_leaves_the_reports_of_the_last_run(tmp_path, monkeypatch):
    for name in ("grades.csv", "junit.xml", "results.json", "results/ann.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("of the last run")
    real = Path.write_bytes

    def fail(path, data):
        real(path, data[:1])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    for kind in ("gradescope", "table", "junit"):
        monkeypatch.setattr(grade_command.reports, kind, lambda what: "of this run")
    for out, results in ((tmp_path, None), (tmp_path / "other", tmp_path / "results.json")):
        with pytest.raises(OSError, match="No space left on device"):
            grade_command.write([{"submission": "ann"}], out, results)
    assert {path.read_text() for path in tmp_path.rglob("*") if path.is_file()} == {"of the last run"}
