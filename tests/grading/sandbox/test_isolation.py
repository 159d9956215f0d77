"""Tiers: probed, ordered, refused where marks need more."""

import pytest

from course_attn.grading.sandbox import isolation


def pretend(monkeypatch, *tiers):
    monkeypatch.setattr(isolation, "can", lambda tier: tier in tiers)


def test_the_best_comes_first(monkeypatch):
    pretend(monkeypatch, "B", "C")
    assert [each.tier for each in isolation.available()] == ["B", "C"]
    assert isolation.choose("B").tier == "B"


def test_marks_are_refused_without_isolation(monkeypatch):
    pretend(monkeypatch, "C")
    with pytest.raises(ValueError, match=r"grade: isolation must be B or better, got C .*landlock"):
        isolation.choose("B")
    assert isolation.choose("C").tier == "C"


def test_a_process_is_all_that_is_left_everywhere(monkeypatch):
    pretend(monkeypatch, "D")
    with pytest.raises(ValueError, match="grade: isolation must be C or better, got D"):
        isolation.choose("C")
    assert isolation.choose("D").tier == "D"
    assert not set(isolation.MARKS) & {"C", "D"}
    monkeypatch.undo()
    assert isolation.available()[-1].tier == "D"


def test_a_worker_of_its_own_needs_nothing_of_linux():
    assert [name for name in isolation.ALONE if name.rpartition(".")[2] in isolation.CONFINING] == []
    assert len(isolation.sources(isolation.ALONE)) == len(isolation.ALONE)


def test_no_rule_opens_the_course():
    if not isolation.can("B"):
        pytest.skip("no landlock here")
    readable = isolation.limits("B", 2**30)["readable"]
    assert any(path.endswith("/torch") for path in readable)
    assert [path for path in readable if "course_attn" in path or path.endswith("site-packages")] == []


def test_modules_of_the_worker_hold_no_reference():
    names = [name for name, _ in isolation.sources()]
    assert all(name.startswith(("course_attn._checks", "course_attn.grading.")) for name in names)
    assert not [name for name in names if ".checks." in name]
    assert "checks" not in isolation.boot()
