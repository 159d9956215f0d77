"""A page that needs fetched files: fetched by the tests' command, skipped with the reason without, an error with CI."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from course_attn.pretrained.pins import MODEL_FILES
from tools import page_files, test

ROOT = Path(__file__).resolve().parents[2]


def notebook(path, needs=None):
    cell = new_code_cell("print(3 * 5)", execution_count=1, outputs=[new_output("stream", name="stdout", text="15\n")])
    made = new_notebook(cells=[cell], metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    if needs is not None:
        made.metadata[page_files.KEY] = needs
    nbformat.write(made, path)
    return path


def test_header_and_notebook_name_the_same_files(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("---\nkernelspec:\n  name: python3\nneeds: [minilm, brown]\n---\n\n# A page\n", encoding="utf-8")
    assert page_files.needs_of(page) == ("minilm", "brown")
    assert page_files.needs_of(notebook(tmp_path / "page.ipynb", ["minilm", "brown"])) == ("minilm", "brown")
    page.write_text("# A page without a header\n", encoding="utf-8")
    assert page_files.needs_of(page) == page_files.needs_of(notebook(tmp_path / "page.ipynb")) == ()


def test_every_chapter_and_its_notebook_agree():
    pages = sorted((ROOT / "book").glob("*.ipynb"))
    assert pages
    for page in pages:
        assert page_files.needs_of(page) == page_files.needs_of(page.with_suffix(".md")), page.name


@pytest.mark.parametrize(("needs", "said"), [(["minlm"], "got 'minlm'"), ("minilm", "a list of names, got 'minilm'")])
def test_a_name_that_is_no_file_is_an_error(tmp_path, needs, said):
    with pytest.raises(ValueError, match=said):
        page_files.needs_of(notebook(tmp_path / "page.ipynb", needs))


def test_missing_says_what_the_cache_lacks_and_which_command_brings_it(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_ATTN_CACHE", str(tmp_path))
    for file in MODEL_FILES["minilm"]:
        file.path.parent.mkdir(parents=True, exist_ok=True)
        file.path.touch()
    lacking = page_files.missing(["minilm", "smollm2", "whisper", "brown"])
    assert lacking == ["smollm2", "whisper", "brown"]
    assert page_files.command(lacking) == (
        "python -m course_attn.pretrained smollm2 whisper and python -m course_attn.data"
    )
    assert page_files.command(["brown"]) == "python -m course_attn.data"


def test_only_what_the_pages_need_and_lack_is_fetched(tmp_path, monkeypatch, capsys):
    asked = []

    def fetch_all(files):
        asked.append(files)
        if files == page_files.FILES["brown"]:
            raise page_files.FileUnavailable("no network")

    monkeypatch.setenv("COURSE_ATTN_CACHE", str(tmp_path))
    monkeypatch.setattr(page_files, "fetch_all", fetch_all)
    pages = [
        str(notebook(tmp_path / f"{name}.ipynb", needs))
        for name, needs in (("a", ["brown", "minilm"]), ("b", ["minilm"]), ("c", None))
    ]
    assert page_files.main(pages) == 1
    assert asked == [page_files.FILES["brown"], page_files.FILES["minilm"]], "one that fails does not stop the rest"
    assert capsys.readouterr().err == "brown: no network\n"
    assert page_files.main(pages[2:]) == 0


@pytest.fixture
def nbval(tmp_path):
    """Runs nbval, with the book's conftest, on one page that needs MiniLM and one that needs nothing."""
    (tmp_path / "book").mkdir()
    text = (
        (ROOT / "book" / "conftest.py")
        .read_text(encoding="utf-8")
        .replace("Path(__file__).parents[1]", repr(ROOT.as_posix()))
    )
    (tmp_path / "book" / "conftest.py").write_text(text, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    notebook(tmp_path / "book" / "needy.ipynb", ["minilm"])
    notebook(tmp_path / "book" / "plain.ipynb")

    def run(files, ci):
        cache = tmp_path / "cache"
        for file in MODEL_FILES["minilm"] if files else ():
            place = cache / file.path.relative_to(file.folder.parent)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()
        environment = {**os.environ, "COURSE_ATTN_CACHE": str(cache), "CI": "true" if ci else ""}
        command = [sys.executable, "-m", "pytest", "-q", "-rsf", "-p", "no:cacheprovider", "book", "--nbval"]
        done = subprocess.run(
            [*command, "--nbval-current-env"], cwd=tmp_path, capture_output=True, text=True, env=environment
        )
        shutil.rmtree(cache, ignore_errors=True)
        return done

    return run


@pytest.mark.parametrize(
    ("files", "ci", "end"),
    [
        (True, True, "2 passed"),
        (False, False, "1 passed, 1 skipped"),
        (False, True, "1 passed, 1 error"),
    ],
)
def test_nbval_skips_the_whole_notebook_or_with_ci_fails(nbval, files, ci, end):
    done = nbval(files, ci)
    assert end in done.stdout, done.stdout + done.stderr
    assert (done.returncode != 0) == (ci and not files)
    if not files:
        assert "minilm not in the cache: python -m course_attn.pretrained minilm" in done.stdout


def test_the_notebooks_part_fetches_first(monkeypatch):
    ran = []
    monkeypatch.setattr(
        test.subprocess,
        "run",
        lambda command, **options: ran.append(command[1:4]) or type("Done", (), {"returncode": 0}),
    )
    part = next(part for part in test.PARTS if part.name == "notebooks")
    assert test.run(part, Path(sys.executable))
    assert ran == [["-m", "tools.page_files"], ["-m", "pytest", "-q"]]


def test_notebook_metadata_survives_the_generator(tmp_path):
    """jupytext keeps the header's entry: without it a notebook would not say what it needs."""
    import jupytext

    text = (
        "---\nkernelspec:\n  display_name: Python 3\n  language: python\n  name: python3\nneeds: [minilm]\n---\n\n# A\n"
    )
    made = json.loads(jupytext.writes(jupytext.reads(text, fmt="md:myst"), fmt="ipynb"))
    assert made["metadata"][page_files.KEY] == ["minilm"]
