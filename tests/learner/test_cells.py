"""`submit()` in a notebook."""

import subprocess
import sys
import types
import zipfile

import pytest

import course_attn
from course_attn.grading import catalogue
from course_attn.learner import child
from course_attn.learner.cells import submit

CELLS = [
    "import math, torch",
    "def scaled_dot_scores(query, key):\n    return query @ key.mT / width(query)",
    "def width(x):\n    return math.sqrt(x.shape[-1])",
    "def soft_lookup(query, key, value, mask):\n    raise NotImplementedError",
    "predict_output = lambda: [46, 40, 10]",
    "masked_softmax = course_attn.softmax_weights",
]


@pytest.fixture
def cells():
    """The names of a notebook in which these cells ran, in a real IPython shell."""
    shell = pytest.importorskip("IPython.core.interactiveshell").InteractiveShell
    running = shell.instance(user_module=types.ModuleType("__main__"))
    before = sys.modules["__main__"]
    sys.modules["__main__"] = running.user_module
    running.user_ns["course_attn"] = course_attn
    try:
        for cell in CELLS:
            running.run_cell(cell, store_history=False).raise_error()
        yield running
    finally:
        sys.modules["__main__"] = before
        shell.clear_instance()


def test_answers_are_found_by_name_and_pass_as_a_file(cells, tmp_path, capsys):
    submit(folder=tmp_path)
    said = capsys.readouterr().out
    assert "predict_output: not packed: its source is no `def`" in said
    assert f"1 of {len(catalogue.exercises())} exercises: scaled_dot_scores." in said
    exercise = catalogue.find("scaled_dot_scores")
    with zipfile.ZipFile(tmp_path / "submission.zip") as archive:
        assert archive.namelist() == ["manifest.json", exercise.path.as_posix()]
        archive.extractall(tmp_path)
    assert child.Copies(60.0)("scaled_dot_scores", tmp_path / exercise.path).passed


def test_a_helper_class_is_packed_and_a_timed_cell_is_named(cells, tmp_path, capsys):
    for cell in (
        "LOWEST = float('-inf')",
        "class Low:\n    def value(self):\n        return LOWEST",
        "def soft_lookup(query, key, value, mask):\n    return Low().value()",
        "%%time\ndef merge_the_heads(x):\n    return x",
        "def make():\n    n = 0\n    def leaky_padding(x):\n        nonlocal n\n    return leaky_padding",
        "leaky_padding = make()",
    ):
        cells.run_cell(cell).raise_error()
    submit(folder=tmp_path)
    said = capsys.readouterr().out
    assert "merge_the_heads: not packed: the source of merge_the_heads cannot be read (" in said
    assert "leaky_padding: not packed: leaky_padding is made inside another function" in said
    assert "exercises: scaled_dot_scores, soft_lookup." in said
    with zipfile.ZipFile(tmp_path / "submission.zip") as archive:
        names = {}
        exec(archive.read(catalogue.find("soft_lookup").path.as_posix()), names)
    assert names["soft_lookup"](0, 0, 0, 0) == -float("inf")


def test_colab_offers_the_file(cells, tmp_path, monkeypatch, capsys):
    offered = []
    colab = types.SimpleNamespace(files=types.SimpleNamespace(download=offered.append))
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    submit(folder=tmp_path)
    assert offered == [str(tmp_path / "submission.zip")]

    def blocked(path):
        raise RuntimeError("no front end")

    colab.files.download = blocked
    submit(folder=tmp_path)
    assert "Colab did not offer the download (RuntimeError)" in capsys.readouterr().out


def test_no_answers(tmp_path, capsys):
    submit({"x": 3, "masked_softmax": course_attn.softmax_weights}, tmp_path)
    assert "no answers yet" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_folder_that_is_not_there(cells, tmp_path, capsys):
    submit(folder=tmp_path / "nowhere")
    assert "cannot be written" in capsys.readouterr().out


def test_it_is_the_packages_submit():
    assert course_attn.submit is submit


def test_submitting_needs_no_command_line():
    code = (
        "import sys, course_attn; course_attn.submit({});"
        "print([m for m in ('typer', 'rich', 'watchfiles') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")
