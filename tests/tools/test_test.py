"""One command for every test: each part runs, and one that fails or is empty fails the whole."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tools import env, test

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def ran(monkeypatch):
    """Names of the parts that ran; those in `ran.failing` fail."""

    class Ran(list):
        failing = frozenset()

    names = Ran()
    monkeypatch.setattr(env, "prepare", lambda level: Path(sys.executable))
    monkeypatch.setattr(test, "run", lambda part, python: names.append(part.name) or part.name not in names.failing)
    return names


def test_all_parts_run_even_after_a_failure(ran, capsys):
    ran.failing = {"package", "site"}
    assert test.main([]) == 1
    assert ran == [part.name for part in test.PARTS]
    assert capsys.readouterr().err == "failed: package, site\n"


def test_one_part_alone(ran):
    assert test.main(["--only", "book"]) == 0
    assert ran == ["book"]


def test_without_an_accelerator_its_tests_are_one_skip(ran, capsys):
    """Asked of the environment's own torch, in a process of its own; the exit code is that of a success."""
    if test.accelerator(Path(sys.executable)):
        pytest.skip("there is an accelerator")
    assert test.main(["--gpu"]) == 0
    assert ran == []
    assert capsys.readouterr().out == "== accelerator: skipped, torch finds neither CUDA nor MPS on this machine\n"


@pytest.mark.parametrize("failing", [(), ("tests on the accelerator",), ("notebooks on the accelerator",)])
def test_with_an_accelerator_its_tests_and_the_notebooks_run(ran, monkeypatch, failing):
    monkeypatch.setattr(test, "accelerator", lambda python: "cuda")
    ran.failing = set(failing)
    assert test.main(["--gpu"]) == bool(failing)
    assert ran == ["tests on the accelerator", "notebooks on the accelerator"]


@pytest.mark.parametrize(("kind", "found"), [("cpu", ""), ("cuda", "cuda"), ("mps", "mps")])
def test_the_accelerator_is_the_one_that_the_package_picks(tmp_path, kind, found):
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho {kind}\n", encoding="utf-8")
    python.chmod(0o755)
    assert test.accelerator(python) == found


@pytest.mark.parametrize(("source", "passes"), [("print(2)", True), ("raise ValueError", False)])
def test_on_an_accelerator_notebooks_are_executed_and_not_compared(tmp_path, source, passes):
    """The stored output is another than that of `print(2)`."""
    printed = [nbformat.v4.new_output("stream", text="1\n")]
    cell = nbformat.v4.new_code_cell(source, execution_count=1, outputs=printed)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "page.ipynb")
    arguments = tuple(str(tmp_path / "page.ipynb") if a == "book" else a for a in test.GPU[1].arguments)
    assert test.run(test.Part("page", arguments), Path(sys.executable)) is passes


def test_a_part_without_tests_has_failed(tmp_path):
    (tmp_path / "empty.py").touch()
    assert not test.run(test.Part("none", (str(tmp_path / "empty.py"),)), Path(sys.executable))


def test_a_missing_tool_is_a_short_error(monkeypatch, capsys):
    def fail(level):
        raise env.SetupError("environment: no Node")

    monkeypatch.setattr(env, "prepare", fail)
    assert test.main([]) == 1
    assert capsys.readouterr().err == "environment: no Node\n"


def test_the_parts_leave_no_test_file_out():
    """Every file under tests/ belongs to exactly one part."""
    chosen = []
    for part in test.PARTS:
        if part.name != "notebooks":
            paths = [ROOT / a for a in part.arguments if not a.startswith("-")]
            ignored = [ROOT / a.removeprefix("--ignore=") for a in part.arguments if a.startswith("--ignore=")]
            found = [file for path in paths for file in path.rglob("test_*.py")]
            chosen += [file for file in found if not any(file.is_relative_to(folder) for folder in ignored)]
    assert sorted(chosen) == sorted((ROOT / "tests").rglob("test_*.py"))


def test_continuous_integration_runs_all_though_one_fails(tmp_path):
    """`.ci/run` fails when the first half fails, and still runs the second."""
    make = tmp_path / "make"
    make.write_text('#!/bin/sh\necho "$1 $CI"; [ "$1" != test ]\n', encoding="utf-8")
    make.chmod(0o755)
    done = subprocess.run(
        [str(ROOT / ".ci" / "run")], capture_output=True, text=True, env={"PATH": f"{tmp_path}:/usr/bin:/bin"}
    )
    assert done.stdout.splitlines() == ["test true", "test-slow true", "test-minima true"]
    assert done.returncode == 1
