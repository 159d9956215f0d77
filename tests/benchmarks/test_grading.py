"""A class marked: equal however many processes and wherever, and what is stored says so."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import crowd, grading
from course_attn.grading.sandbox import isolation
from course_attn.results import stored

ROOT = Path(__file__).parents[2]
SHARES = {"right": 30, "wrong": 16, "crashing": 7, "hostile": 10, "hanging": 1}
needs_marks = pytest.mark.skipif(not isolation.can("B"), reason="this machine cannot give marks")


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """A class of 64 and its results from one process."""
    root = tmp_path_factory.mktemp("class")
    made = crowd.write(root / "in", 64, SHARES)
    assert made == SHARES
    grading.run(root / "in", root / "one", "--jobs", "1")
    found = grading.results(root / "one")
    assert len([name for name in found if name.startswith("cache")]) == 64
    return root, found


@pytest.mark.slow
@needs_marks
def test_right_ones_get_all_points_and_hostile_ones_none(few):
    scores = {}
    for name, text in few[1].items():
        if name.startswith("cache"):
            result = json.loads(text)
            scores.setdefault(result["submission"].partition("_")[0], set()).add(result["score"])
    assert scores["right"] == {2}
    assert scores["hostile"] == scores["hanging"] == scores["crashing"] == {0}
    assert max(scores["wrong"]) < 2


@pytest.mark.slow
@needs_marks
@pytest.mark.parametrize("jobs", ["2", "3"])
def test_the_same_with_more_processes(few, tmp_path, jobs):
    root, found = few
    grading.run(root / "in", tmp_path / "out", "--jobs", jobs)
    assert grading.results(tmp_path / "out") == found


@pytest.mark.slow
@needs_marks
def test_the_same_on_a_cluster(few, tmp_path):
    pytest.importorskip("distributed", reason="the extra [cluster] is not installed")
    root, found = few
    grading.run(root / "in", tmp_path / "out", "--jobs", "2", "--cluster", "local")
    assert grading.results(tmp_path / "out") == found


@pytest.mark.slow
@needs_marks
def test_killed_and_resumed(few, tmp_path):
    root, found = few
    there = grading.run_killed(root / "in", tmp_path / "out", 20, "--jobs", "2")
    assert 20 <= there < 64
    assert grading.results(tmp_path / "out") == found
    log = (tmp_path / "out.log").read_text()
    assert f"{64 - there} marked, {there} known already" in log


def test_what_is_stored_holds_what_is_claimed():
    scale = stored("grading_scale")
    assert scale["count"] == sum(scale["submissions"].values()) == 1000
    assert all(scale["submissions"].values())
    assert set(scale["equal"]) == {"2 workers", "3 workers", "Dask cluster", "killed and resumed"}
    assert all(scale["equal"].values())
    assert 0 < scale["killed_with"] < 1000
    assert scale["without_endless_loops"]["cpu_s_each"] <= 0.15


def test_the_page_shows_what_is_stored():
    text = grading.PAGE.read_text(encoding="utf-8")
    assert grading.page(text) == text, "run python -m benchmarks.grading --table"


def test_results_that_differ_get_no_table(tmp_path, monkeypatch):
    (tmp_path / "grading_scale.json").write_text(json.dumps({"equal": {"2 workers": True, "Dask cluster": False}}))
    monkeypatch.setattr(grading, "RESULTS", tmp_path)
    with pytest.raises(ValueError, match="results must be equal"):
        grading.page("")


def test_reaping_leaves_other_children_alone():
    before = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        others = grading.children()
        assert before.pid in others
        later = subprocess.Popen([sys.executable, "-c", ""])
        grading.reap(others)  # returns, though `before` goes on
        assert before.poll() is None
        assert later.poll() is not None
    finally:
        before.kill()
        before.wait()
        before.stdin.close()
