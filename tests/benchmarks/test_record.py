"""What a stored result says of the commit it was measured with, and how it is written."""

import json
import subprocess

import pytest

from benchmarks import record
from benchmarks.record import commit, provenance


@pytest.fixture
def repository(tmp_path):
    """A repository with a program and a stored result."""

    def git(*arguments):
        settings = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *settings, *arguments], cwd=tmp_path, check=True, capture_output=True)

    (tmp_path / "course_attn" / "results").mkdir(parents=True)
    (tmp_path / "program.py").write_text("x = 1\n")
    (tmp_path / "course_attn" / "results" / "old.json").write_text("{}\n")
    (tmp_path / "experiments" / "parts").mkdir(parents=True)
    (tmp_path / "experiments" / "parts" / "old.jsonl").write_text("{}\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    return tmp_path


def test_a_clean_tree_is_its_commit(repository):
    assert len(commit(repository)) == 12
    (repository / "notes.txt").write_text("not tracked")
    (repository / "course_attn" / "results" / "old.json").write_text("[]\n")
    (repository / "experiments" / "parts" / "old.jsonl").write_text("{}\n{}\n")
    assert len(commit(repository)) == 12, "no new file, stored result or finished run is what was measured"


def test_a_changed_program_gets_a_plus(repository):
    before = commit(repository)
    (repository / "program.py").write_text("x = 2\n")
    assert commit(repository) == f"{before}+"


def test_outside_a_repository(tmp_path):
    assert commit(tmp_path) == ""


def test_the_fields():
    assert set(provenance(3)) == {"machine", "torch", "date", "commit", "seed"}
    assert provenance(3)["seed"] == 3


def test_what_is_stored_comes_back_and_a_list_of_numbers_stands_on_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(record, "RESULTS", tmp_path)
    result = {
        "words": ["[ a ]", "b\n[ 1,\n 2 ]", "é"],
        "numbers": [1, -2.5e-07, None, True],
        "nested": [[1, 2], [[3], []], {"deep": [4, 5]}],
        "empty": [],
    }
    path = record.store("made_up", result)
    assert json.loads(path.read_text()) == result
    assert ' "numbers": [1, -2.5e-07, null, true],' in path.read_text().splitlines()
