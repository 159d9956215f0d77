"""`course-attn grade`, from the command line to the files."""

import csv
import json
import os
import re
import zipfile
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from course_attn.grading.grade_command import collect, grade, secret
from course_attn.grading.marking import batch
from course_attn.grading.sandbox import isolation

ROOT = Path(__file__).parents[2]
APP = typer.Typer()
APP.command()(grade)


@pytest.fixture(scope="module", autouse=True)
def _no_zygote_stays():
    yield
    batch.close_all()


def run(*arguments):
    return CliRunner().invoke(APP, [str(argument) for argument in arguments])


needs_marks = pytest.mark.skipif(not isolation.can("B"), reason="this machine cannot give marks")


@needs_marks
def test_all_solutions_and_a_bad_zip(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "bad.zip").write_text("no zip")
    (tmp_path / "in" / "ann").symlink_to(ROOT / "solutions")
    out = tmp_path / "out"
    first = run(tmp_path / "in", "--each", "--out", out)
    assert first.exit_code == 0, first.output
    assert "Isolation: " in first.output
    assert "2 marked, 0 known already" in first.output
    rows = list(csv.DictReader((out / "grades.csv").read_text().splitlines()))
    assert {row["status"] for row in rows if row["submission"] == "ann"} == {"marked"}
    assert all(row["score"] == row["max_score"] + ".0" for row in rows if row["status"] == "marked")
    assert any("BadZipFile" in row["problem"] for row in rows)
    assert (out / "junit.xml").exists()
    assert "0 marked, 2 known already" in run(tmp_path / "in", "--each", "--out", out).output


@needs_marks
def test_gradescope_results_for_one(tmp_path):
    answer = ROOT / "solutions" / "ch01_attention" / "predict_output.py"
    done = run(answer, "--exercise", "predict_output", "--out", tmp_path / "o", "--results", tmp_path / "results.json")
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "results.json").read_text())
    assert found["score"] == 2
    assert found["extra_data"]["tier"] in ("A", "B")


@needs_marks
def test_an_exercise_named_twice_counts_once(tmp_path):
    answer = ROOT / "solutions" / "ch01_attention" / "predict_output.py"
    done = run(answer, *("--exercise", "predict_output") * 2, "--out", tmp_path / "o")
    assert "predict_output: 2 of 2" in done.output
    assert (
        run(
            tmp_path / "a.zip", *("--exercise", "predict_output") * 2, "--make-gradescope", "--out", tmp_path / "o"
        ).exit_code
        == 0
    )
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.read("run_autograder").count(b"--exercise") == 1


def test_misuse(tmp_path):
    assert run(tmp_path / "none").exit_code == 2
    assert run(tmp_path, "--require-isolation", "Z").exit_code == 2
    assert run(tmp_path, "--exercise", "masked_sofmax").exit_code == 2


@pytest.mark.parametrize("tier", ["C", "D"])
def test_marks_are_refused_below_tier_b_unless_one_asks(tmp_path, monkeypatch, tier):
    monkeypatch.setattr(isolation, "can", lambda each: each == tier)
    answer = ROOT / "solutions" / "ch01_attention" / "predict_output.py"
    arguments = (answer, "--exercise", "predict_output", "--out", tmp_path / "out")
    refused = run(*arguments)
    assert refused.exit_code == 2
    assert f"isolation must be B or better, got {tier} " in refused.output
    assert not (tmp_path / "out").exists(), "nothing is written where nothing is marked"
    done = run(*arguments, "--require-isolation", tier)
    assert done.exit_code == 0, done.output
    assert f"Isolation: {tier} (" in done.output
    assert "for practice, not for marks" in done.output
    rows = list(csv.DictReader((tmp_path / "out" / "grades.csv").read_text().splitlines()))
    assert (rows[0]["score"], rows[0]["isolation"]) == ("2.0", tier)


def test_the_secret_is_made_once_and_kept_private(tmp_path, monkeypatch):
    monkeypatch.delenv("COURSE_ATTN_SECRET", raising=False)
    made = secret(tmp_path)
    assert secret(tmp_path) == made
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
    monkeypatch.setenv("COURSE_ATTN_SECRET", "given")
    assert secret(tmp_path) == "given"


def test_a_secret_is_whole_or_not_there(tmp_path, monkeypatch):
    monkeypatch.delenv("COURSE_ATTN_SECRET", raising=False)

    def killed(*paths):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            secret(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_secret_on_a_full_disk_is_named(tmp_path, monkeypatch):
    """What an open file says of a full disk does not name it."""
    monkeypatch.delenv("COURSE_ATTN_SECRET", raising=False)

    def full(*paths):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*secret'"):
        secret(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("data", "got"),
    [(b"", "an empty file"), (b" \n", "an empty file"), ("é".encode(), "other text"), (b"\xff", "other text")],
)
def test_a_secret_that_is_none(tmp_path, monkeypatch, data, got):
    monkeypatch.delenv("COURSE_ATTN_SECRET", raising=False)
    (tmp_path / "secret").write_bytes(data)
    said = f"{tmp_path / 'secret'} must be the course's secret, in ASCII, got {got} (put the secret back, or delete"
    with pytest.raises(ValueError, match=re.escape(said)):
        secret(tmp_path)
    done = run(tmp_path / "a.zip", "--make-gradescope", "--out", tmp_path)
    assert done.exit_code == 2
    assert said in done.output


def test_a_secret_of_the_environment_that_is_no_text(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_ATTN_SECRET", "é")
    assert secret(tmp_path) == "é"
    monkeypatch.setenv("COURSE_ATTN_SECRET", os.fsdecode(b"a\xff"))
    with pytest.raises(ValueError, match="COURSE_ATTN_SECRET must be UTF-8 text, got bytes that are none"):
        secret(tmp_path)


def test_names_that_come_twice(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "ann x.py").write_text("")
    names = [found.name for found in collect([tmp_path / "a", tmp_path / "b"], True, tmp_path)]
    assert names == ["ann_x", "ann_x_2"]


def test_long_names_are_cut_and_kept_apart(tmp_path):
    for name in ("b" * 252 + ".py", "b" * 251 + "c.py", "ж" * 126 + ".py", "a" + "ж" * 125 + ".py"):
        (tmp_path / name).write_text("")
    (tmp_path / ("f" * 255)).mkdir()
    (tmp_path / os.fsdecode(b"\xff\xfe" + b"g" * 240 + b".py")).write_text("")
    names = {found.name for found in collect([tmp_path], True, tmp_path / "out")}
    assert names == {"b" * 200, "b" * 200 + "_2", "ж" * 100, "a" + "ж" * 99, "f" * 200, "__" + "g" * 198}


def test_the_results_are_no_submission(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("ann", "grades", "other"):
        Path(name).mkdir()
    (tmp_path / "linked").symlink_to("grades")
    (tmp_path / "loop").symlink_to("loop")
    for out in ("grades", tmp_path / "grades", "other/../linked"):
        assert [found.name for found in collect([Path(".")], True, Path(out))] == ["ann", "loop", "other"]
    assert [found.name for found in collect([Path("ann"), Path("grades")], False, Path("grades"))] == ["ann", "grades"]


@needs_marks
def test_copies_of_a_solution_are_listed_and_flagged(tmp_path, monkeypatch):
    answer = ROOT / "solutions" / "ch01_attention" / "masked_softmax.py"
    monkeypatch.setattr("course_attn.grading.grade_command.SOLUTIONS", ROOT / "solutions")  # as in a checkout
    arguments = (answer, "--exercise", "masked_softmax", "--out", tmp_path)
    for also in ((), ("--solutions", ROOT / "solutions")):
        assert run(*arguments, *also).exit_code == 0
        assert "masked_softmax,(solution),masked_softmax,1.0" in (tmp_path / "similar.csv").read_text()
        row = next(csv.DictReader((tmp_path / "grades.csv").read_text().splitlines()))
        assert (row["score"], row["flags"]) == (row["max_score"] + ".0", "solution")
    monkeypatch.setattr("course_attn.grading.grade_command.SOLUTIONS", tmp_path / "none")
    run(*arguments)
    assert next(csv.DictReader((tmp_path / "grades.csv").read_text().splitlines()))["flags"] == ""


def test_make_gradescope_needs_no_isolation_here(tmp_path, monkeypatch):
    monkeypatch.setattr(isolation, "can", lambda tier: tier == "D")
    done = run(tmp_path / "a.zip", "--make-gradescope", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "a.zip").exists()
