"""What the machine has, and advice where it lacks something."""

import sys
import tomllib
from pathlib import Path

import pytest
import torch

from course_attn.grading import catalogue
from course_attn.grading.sandbox import isolation
from course_attn.learner import doctor


@pytest.fixture
def found(folder, monkeypatch):
    """The rows by name, seen from the course folder."""

    def look():
        return {row.what: row for row in doctor.rows()}

    monkeypatch.chdir(folder.root)
    return look


def test_all_is_well(found, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_ATTN_CACHE", str(tmp_path / "cache"))
    rows = found()
    assert list(rows) == ["python", "torch", "course_attn", "course folder", "watch", "keys", "cache", "isolation"]
    assert not [
        rows[name] for name in ("python", "torch", "course_attn", "course folder", "cache") if rows[name].advice
    ]
    assert rows["course folder"].found.endswith(f"0 of {len(catalogue.exercises())} passed")
    assert rows["cache"].found == f"{tmp_path / 'cache'}, not made yet"


def test_no_course_folder(found, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert "course-attn init" in found()["course folder"].advice


def test_missing_stub_and_broken_state(found, folder):
    folder.path(catalogue.find("soft_lookup")).unlink()
    assert found()["course folder"].advice == "course-attn reset soft_lookup puts its stub there"
    folder.state_path.write_text("{")
    assert "could not be understood" in found()["course folder"].advice
    assert (folder.root / ".course/state.broken-1.json").exists()


def test_polling_and_old_torch(found, monkeypatch):
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", "true")
    monkeypatch.setattr(torch, "__version__", "2.7.1+cpu")
    rows = found()
    assert "looking at the files" in rows["watch"].found
    assert "torch>=2.11" in rows["torch"].advice


def test_the_oldest_torch_is_the_declared_one():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert f"torch>={'.'.join(map(str, doctor.OLDEST_TORCH))}" in project["dependencies"]


def test_torch_that_is_not_there_or_cannot_be_loaded(found, monkeypatch, tmp_path):
    monkeypatch.delitem(sys.modules, "torch")
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "torch.py").write_text("raise OSError('libgomp.so.1: cannot open\\nmore lines')\n")
    rows = found()
    assert rows["torch"].found == "not here: libgomp.so.1: cannot open"
    assert list(rows)[-1] == "keys"  # what lies below needs torch
    monkeypatch.setitem(sys.modules, "torch", None)  # Python's own sign that there is no such module
    assert "not here: " in found()["torch"].found


def test_no_home_folder(found, monkeypatch):
    monkeypatch.setenv("COURSE_ATTN_CACHE", "~nosuchuser/cache")
    row = found()["cache"]
    assert row.found == "no home folder to keep it in"
    assert "COURSE_ATTN_CACHE" in row.advice


@pytest.mark.parametrize(
    ("put", "advice"),
    [
        (lambda path: path.touch(), "it cannot be made, {} is in the way"),
        (lambda path: path.symlink_to("gone"), "it cannot be made, {} is in the way"),
        (lambda path: path.mkdir(), ""),
    ],
    ids=["a file", "a link to nothing", "a folder"],
)
def test_a_cache_that_cannot_be_made(found, monkeypatch, tmp_path, put, advice):
    place = tmp_path / "place"
    put(place)
    monkeypatch.setenv("COURSE_ATTN_CACHE", str(place / "cache"))
    row = found()["cache"]
    assert row.found == f"{place / 'cache'}, not made yet"
    wanted = f"{advice.format(place)}: name another folder in COURSE_ATTN_CACHE" if advice else ""
    assert row.advice == wanted


@pytest.mark.parametrize("made", [True, False])
def test_a_cache_that_cannot_be_written_to(found, monkeypatch, tmp_path, made):
    """A home folder on a read-only disk, as containers have it; the mode of a folder would not stop root."""
    cache = tmp_path / "home" / "cache"
    (cache if made else cache.parent).mkdir(parents=True)
    access = doctor.os.access
    monkeypatch.setattr("os.access", lambda path, mode: path.name not in ("home", "cache") and access(path, mode))
    monkeypatch.setenv("COURSE_ATTN_CACHE", str(cache))
    row = found()["cache"]
    assert row.advice == (
        f"{cache if made else cache.parent} cannot be written to: name another folder in COURSE_ATTN_CACHE"
    )


def test_isolation_says_whether_marks_can_be_given(found, monkeypatch):
    monkeypatch.setattr(isolation, "can", lambda tier: tier not in ("A", "B"))
    row = found()["isolation"]
    assert "not enough for marks" in row.found
    assert "bubblewrap" in row.advice
