"""Tiers: probed, ordered, refused where marks need more."""

import ast
from pathlib import Path

import pytest

import course_attn
from course_attn.grading.sandbox import isolation

PACKAGE = Path(course_attn.__file__).parent
EVERY_MODULE = {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in PACKAGE.rglob("*.py")}


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
    own = ("course_attn._error", "course_attn._readable", "course_attn._checks", "course_attn.grading.")
    assert all(name.startswith(own) for name in names)
    assert not [name for name in names if ".checks." in name]
    assert "checks" not in isolation.boot()


@pytest.mark.parametrize("modules", [isolation.MODULES, isolation.ALONE])
def test_each_module_of_the_worker_comes_after_those_it_needs(modules):
    """No file of the course is in sight there: one that is not sent along cannot be imported."""
    sent = set()
    for name, text in isolation.sources(modules):
        nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)]
        needed = {f"{node.module}.{alias.name}" for node in nodes for alias in node.names}
        needed |= {str(node.module) for node in nodes}
        ours = {module for module in needed if module in EVERY_MODULE}
        assert ours <= sent, name
        sent.add(name)
