"""What a stored result says of the commit it was measured with."""

import subprocess

import pytest

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
    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    return tmp_path


def test_a_clean_tree_is_its_commit(repository):
    assert len(commit(repository)) == 12
    (repository / "notes.txt").write_text("not tracked")
    (repository / "course_attn" / "results" / "old.json").write_text("[]\n")
    assert len(commit(repository)) == 12, "neither a new file nor a stored result is what was measured"


def test_a_changed_program_gets_a_plus(repository):
    before = commit(repository)
    (repository / "program.py").write_text("x = 2\n")
    assert commit(repository) == f"{before}+"


def test_outside_a_repository(tmp_path):
    assert commit(tmp_path) == ""


def test_the_fields():
    assert set(provenance(3)) == {"machine", "torch", "date", "commit", "seed"}
    assert provenance(3)["seed"] == 3
