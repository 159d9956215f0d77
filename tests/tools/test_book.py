"""When the site is built again, and what a failed build says."""

from __future__ import annotations

import pytest

from tools import book


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A folder that stands in for the checkout."""
    for name in ("_config.yml", "requirements.txt", "tools/node/package-lock.json", "book/a.md", "course_attn/a.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one", encoding="utf-8")
    monkeypatch.setattr(book, "ROOT", tmp_path)
    monkeypatch.setattr(book, "BUILD", tmp_path / "_build")
    monkeypatch.setattr(book, "PAGE", tmp_path / "_build" / "html" / "index.html")
    monkeypatch.setattr(book, "STAMP", tmp_path / "_build" / "made-from")
    return tmp_path


def builder(folder, body):
    """A Python that does as told, whatever it is asked to run."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


MAKES = "mkdir -p _build/html; echo . >> runs; touch _build/html/index.html"


def test_built_once_and_again_when_a_page_changes(checkout, capsys):
    python = builder(checkout, MAKES)
    assert book.build(python)
    assert book.build(python)
    assert "nothing has changed" in capsys.readouterr().out
    assert (checkout / "runs").read_text().count(".") == 1
    (checkout / "course_attn" / "a.py").write_text("two", encoding="utf-8")
    assert book.build(python)
    assert (checkout / "runs").read_text().count(".") == 2


def test_a_failed_build_is_reported_and_not_remembered(checkout, capsys):
    python = builder(checkout, f"{MAKES}; echo WARNING: no such page; exit 1")
    assert not book.build(python)
    assert not book.build(python)
    assert (checkout / "runs").read_text().count(".") == 2
    assert "WARNING: no such page" in capsys.readouterr().err


def test_no_script_of_the_environment_is_asked(checkout):
    """Its first line would name the folder in which the environment was made."""
    python = builder(checkout, f'{MAKES}; echo "$1 $2" > asked')
    (checkout / "jupyter-book").write_text("#!/gone/.venv/bin/python\n")
    (checkout / "jupyter-book").chmod(0o755)
    assert book.build(python)
    assert (checkout / "asked").read_text().startswith("-c from jupyter_book.cli.main import main")


def test_every_warning_is_an_error_and_nothing_is_taken_from_before():
    assert {"-W", "--keep-going", "--all"} <= set(book.OPTIONS)
