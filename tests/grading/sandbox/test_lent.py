"""What is lent: the modules asked for, what they need before them, nothing else."""

import pytest

from course_attn.grading.sandbox import lent


def test_needs_come_first():
    names = [name for name, _ in lent.modules(("torch", "math", "course_attn.masks"))]
    inner = {f"course_attn._{name}" for name in ("error", "readable", "checks", "numbers")}
    assert set(names) == {"course_attn", "course_attn.masks"} | inner
    assert names.index("course_attn._checks") < names.index("course_attn.masks")


def test_nothing_of_the_course_is_asked_for():
    assert lent.modules(()) == lent.modules(("numpy",)) == []


def test_front_pages_on_the_way_are_empty():
    texts = dict(lent.modules(("course_attn.attention",)))
    assert texts["course_attn"] == ""
    assert "def attention" in texts["course_attn.attention"]
    inside = dict(lent.modules(("course_attn.grading.names",)))
    assert inside["course_attn.grading"] == ""


def test_a_module_that_is_not_there():
    with pytest.raises(ValueError, match=r"imports: MODULE must be a module of the course, got 'course_attn.nothing'"):
        lent.modules(("course_attn.nothing",))
