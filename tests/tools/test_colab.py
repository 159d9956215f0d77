"""The run as in Colab: its list of packages is Colab's, and each thing that can go wrong in it is told."""

from __future__ import annotations

import calendar
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from course_attn.grading import report
from tools import colab, colab_session
from tools import colab_environment as environment
from tools.colab_environment import ColabError

ROOT = Path(__file__).resolve().parents[2]


def wrong(pins: dict[str, tuple[str, str]]) -> list[str]:
    """Packages that are neither at Colab's version nor say which that is and why not; and reasons that are none."""
    colabs = environment.colab_versions()
    found = []
    for name, (version, reason) in pins.items():
        other = colabs.get(name, "none")
        right = not reason if version == other else reason.startswith(f"Colab has {other}: ") and len(reason) > 30
        found += [] if right else [f"{name}=={version} (Colab: {other}): {reason}"]
    return found


def test_every_package_is_at_colab_s_version_or_says_why_not():
    assert not wrong(environment.pins())


def test_a_planted_version_is_found():
    planted = {
        "numpy": ("2.1.4", ""),
        "jedi": ("0.20.1", "Colab has 0.19: what it has there is another"),
        "rich": ("13.9.4", "Colab has 13.9.4: no reason to be named"),
        "torch": ("2.13.0", "Colab has 2.11.0+cu128: "),
    }
    assert [each.split("==")[0] for each in wrong(planted)] == list(planted)


def test_what_the_course_could_disturb_is_there():
    names = {"torch", "numpy", "protobuf", "grpcio-status", "ipython", "ipykernel", "ipywidgets", "pytest", "pip"}
    assert names <= set(environment.pins())


def test_the_status_page_says_how_far_it_was_colab():
    text = " ".join((ROOT / "book" / "status.md").read_text(encoding="utf-8").split())
    torch, colabs = environment.pins()["torch"][0], environment.colab_versions()["torch"].split("+")[0]
    assert f"PyTorch {torch} where Colab has {colabs}" in text
    assert f"where Colab has {'.'.join(environment.COLAB_PYTHON.split('.')[:2])}," in text
    year, month, day = re.search(r"(\d{4})-(\d\d)-(\d\d)", environment.PACKAGES[0]).groups()
    assert f"that Colab had on {int(day)} {calendar.month_name[int(month)]} {year}" in text


@pytest.fixture
def here(monkeypatch):
    """Kernels of this environment in place of Colab's, so that no other must be made."""
    stand_in = {"PYTHONPATH": os.pathsep.join([str(environment.DATA / "stand_in"), str(ROOT)])}
    given = environment.kernel_environment
    monkeypatch.setattr(environment, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(environment, "ENV", ROOT / "course_attn")  # where the course must come from
    monkeypatch.setattr(environment, "forget_the_course", lambda: None)
    monkeypatch.setattr(environment, "kernel_environment", lambda *words: {**given(*words), **stand_in})


def write(path, *cells):
    """A notebook with these sources, and below each what it is said to have printed."""
    made = [new_code_cell(code, outputs=[new_output("stream", name="stdout", text=text)]) for code, text in cells]
    nbformat.write(new_notebook(cells=made), path)
    return path


STUB = """\
def scaled_dot_scores(query, key):
    raise NotImplementedError


check("scaled_dot_scores", scaled_dot_scores)"""
SAYS = f"{report.not_attempted('scaled_dot_scores')}\n"
PAGE = [("print(7)", "7\n"), (f"from course_attn import check\n\n\n{STUB}", SAYS)]


@pytest.mark.usefixtures("here")
def test_a_page_with_an_exercise(tmp_path):
    line = colab_session.play(write(tmp_path / "page.ipynb", *PAGE), tmp_path / "a.whl", tmp_path)
    assert line.startswith("page: 2 cells printed what is stored, 1 mistakes were named, 1 right answers passed, ")
    assert "submission.zip was offered and marked 1 of 1" in line
    assert sorted(path.name for path in (tmp_path / "page" / "content").iterdir()) == ["page.ipynb", "submission.zip"]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("cell", "told"),
    [
        (("print(8)", "7\n"), "page, code cell 2 printed\n8\n\nand not, as stored,\n7\n"),
        (
            ('import json\n\njson.load(open("results/a.json"))', ""),
            'page, code cell 2 of 4, line 3: json.load(open("results/a.json"))\n    FileNotFoundError: ',
        ),
        (
            ('import urllib.request\nurllib.request.urlopen("http://example.org")', ""),
            "the run has no network, a cell asked for ",
        ),
    ],
)
def test_a_planted_fault_is_told(tmp_path, cell, told, monkeypatch):
    for name in environment.NO_NETWORK:  # the kernel's own refusal is to be seen, not that of a proxy
        monkeypatch.setitem(environment.NO_NETWORK, name, "")
    with pytest.raises(ColabError) as caught:
        colab_session.play(write(tmp_path / "page.ipynb", PAGE[0], cell), tmp_path / "a.whl", tmp_path)
    assert told in str(caught.value)


@pytest.mark.usefixtures("here")
def test_an_answer_that_is_not_told_its_mistake(tmp_path, monkeypatch):
    monkeypatch.setattr(colab_session, "message", lambda path: "words that no check says")
    with pytest.raises(
        ColabError, match=r"mistake_\w+\.py must get 'words that no check says', got\nscaled_dot_scores"
    ):
        colab_session.play(write(tmp_path / "page.ipynb", *PAGE), tmp_path / "a.whl", tmp_path)


@pytest.mark.parametrize(
    "after",
    [
        {"torch": "2", "protobuf": "7"},
        {"torch": "2", "course-attn": "1", "protobuf": "7"},
        {"torch": "2", "protobuf": "5", "course-attn": "1", "onnx": "1"},
        {"protobuf": "5", "course-attn": "1"},
    ],
    ids=["changed, no course", "changed", "added", "taken away"],
)
def test_nothing_but_the_course_may_change(after, tmp_path, monkeypatch):
    monkeypatch.setattr(colab, "RECORD", tmp_path)
    with pytest.raises(ColabError, match="nothing but course-attn may change, got"):
        colab.report({"torch": "2", "protobuf": "5"}, after)
    assert (tmp_path / "before.txt").read_text() == "protobuf==5\ntorch==2\n"


def test_an_answer_s_cell_is_what_a_reader_would_write():
    ((_, wrong), _) = colab_session.planted("scaled_dot_scores")
    source = colab_session.checked("scaled_dot_scores", wrong)
    assert colab_session.message(wrong) not in source
    assert source.endswith('from course_attn import check\ncheck("scaled_dot_scores", scaled_dot_scores)')


def test_an_unknown_chapter(capsys):
    with pytest.raises(SystemExit):
        colab.main(["atention"])
    assert "no chapter atention: it must be one of attention, " in capsys.readouterr().err


@pytest.mark.slow
def test_every_chapter_runs_as_in_colab():
    """Without a network: `python -m tools.colab --prepare` has made the environment and fetched the pages' files."""
    if not environment.STAMP.exists():
        reason = "there is no environment with Colab's versions: python -m tools.colab --prepare"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    command = [sys.executable, "-m", "tools.colab"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment.NO_NETWORK}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no other was added, taken away or changed" in done.stdout
    assert "pip check: No broken requirements found." in done.stdout
