"""The notebooks' first cell asks its sources in turn, holds what is there, and says what to do when none answers."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tools.notebook_text import FIRST_CELL, home

CODE = FIRST_CELL.read_text(encoding="utf-8")
CODE = CODE.replace('"0.0.0"', '"1.2.3"').replace("https://example.org/course", home())
WHEEL = f"{home()}/releases/download/v1.2.3/course_attn-1.2.3-py3-none-any.whl"
REPOSITORY = f"git+{home()}@v1.2.3"


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs the cell where ``here`` is installed (None: no course_attn) and only the sources in ``answers`` answer.

    Returns what pip was asked to install, with which constraints, and what the cell printed.
    """
    monkeypatch.delenv("COURSE_ATTN_SOURCE", raising=False)

    def start(here=None, answers=(), readers=(), missing=(), imported=False, on_path=False):
        state = SimpleNamespace(here=here, asked=[], kept=[], printed="", error="")
        really = importlib.util.find_spec

        def find_spec(name):
            if name == "course_attn":
                return "found" if state.here or on_path else None
            return None if name in missing else really(name)

        def version(name):
            assert name == "course-attn"
            if state.here is None:
                raise importlib.metadata.PackageNotFoundError(name)
            return state.here

        def pip(command, **_):
            words = command[command.index("--disable-pip-version-check") + 1 :]
            if words[0] == "list":
                return SimpleNamespace(stdout="torch==2.11.0+cu128\ncourse-attn==0.1.0\ncoursera==1.0\nnumpy==2.1.3\n")
            keep = words.index("--constraint") + 1
            with open(words[keep]) as file:
                state.kept.append(file.read())
            state.asked.append(words[keep + 1 :])
            good = set(words[keep + 1 :]) <= {*answers, *readers}
            if good and len(words) > keep + 1 + len(readers):
                state.here = "1.2.3"
            return SimpleNamespace(returncode=0 if good else 1, stderr="ERROR: no answer")

        monkeypatch.setattr(importlib.util, "find_spec", find_spec)
        monkeypatch.setattr(importlib.metadata, "version", version)
        monkeypatch.setattr(subprocess, "run", pip)
        if not imported:
            monkeypatch.delitem(sys.modules, "course_attn", raising=False)
        code = CODE.replace("READERS = []", f"READERS = {list(readers)}")
        try:
            exec(compile(code, "first cell", "exec"), {})
        except ImportError as problem:
            state.error = str(problem)
        state.printed = capsys.readouterr().out
        return state

    return start


@pytest.mark.parametrize("here", ["1.2.3", "1.2.4", "1.10.0", "2.0.0.dev1"])
def test_what_is_there_and_new_enough_is_kept(run, here):
    state = run(here=here)
    assert state.asked == []
    assert state.printed == f"course_attn {'.'.join(re.findall(r'[0-9]+', here)[:3])} is ready\n"


def test_a_checkout_on_the_path_is_taken_as_it_is(run):
    assert run(on_path=True).asked == []


@pytest.mark.parametrize("here", [None, "1.2.2", "0.9.9", "1.2rc1"])
def test_missing_or_older_the_wheel_of_the_release_is_asked_first(run, here):
    state = run(here=here, answers=[WHEEL])
    assert state.asked == [[WHEEL]]
    assert state.printed == "course_attn 1.2.3 is ready\n"


def test_then_the_repository_at_that_release(run):
    state = run(answers=[REPOSITORY])
    assert state.asked == [[WHEEL], [REPOSITORY]]
    assert state.printed == "course_attn 1.2.3 is ready\n", "the first refusal is not shown"


def test_a_named_source_is_the_one(run, monkeypatch):
    monkeypatch.setenv("COURSE_ATTN_SOURCE", "a.whl")
    assert run(answers=["a.whl"]).asked == [["a.whl"]]


def test_when_none_answers_one_line_says_what_to_do(run):
    state = run()
    assert state.asked == [[WHEEL], [REPOSITORY]]
    assert state.printed == "ERROR: no answer\n"
    assert state.error == (
        f"{REPOSITORY} could not be installed, see above: connect to the internet and run this cell again, or name a "
        "wheel or a folder of the course in the environment variable COURSE_ATTN_SOURCE"
    )


def test_every_package_that_is_there_is_held_but_the_course(run):
    assert run(answers=[WHEEL]).kept == ["torch==2.11.0+cu128\ncoursera==1.0\nnumpy==2.1.3"]


def test_what_reads_models_comes_along_or_alone(run):
    readers = ["a_reader"]
    assert run(answers=[WHEEL], readers=readers, missing=readers).asked == [[WHEEL, "a_reader"]]
    state = run(here="1.2.3", readers=readers, missing=readers)
    assert state.asked == [["a_reader"]]
    assert run(here="1.2.3", readers=["json"]).asked == [], "it is here"


def test_what_was_wanted_and_not_had_is_named(run):
    state = run(readers=["a_reader"], missing=["a_reader"])
    assert state.error.startswith(f"{REPOSITORY} and a_reader could not be installed")


def test_replaced_while_in_use_the_kernel_must_start_again(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "course_attn", object())
    state = run(here="0.9.0", answers=[WHEEL], imported=True)
    assert state.error == "an older course_attn was replaced: restart the kernel and run from the first cell on"
    assert state.printed == ""
