"""Names a statement looks up outside itself: at once, or when its functions are called."""

import __future__

import ast

import pytest

from course_attn.grading.free_names import free_names


@pytest.mark.parametrize(
    ("text", "now", "later"),
    [
        ("def f(x):\n    scores = x @ x\n    return scores", set(), set()),
        ("def f(x):\n    return math.sqrt(x) * SCALE", set(), {"math", "SCALE"}),
        ("def f(x: Tensor = START) -> Out: pass", {"Tensor", "START", "Out"}, set()),
        ("@cached\ndef f(): return [x * k for x in xs]", {"cached"}, {"k", "xs"}),
        ("class A(Base):\n    size = WIDTH\n    def g(self): return other", {"Base", "WIDTH"}, {"other"}),
        ("table = [make(i) for i in sizes]", {"make", "sizes"}, set()),
        ("f = lambda x: x + SHIFT", set(), {"SHIFT"}),
        ("def f():\n    def g(): return deep\n    weights = 1\n    return lambda: weights", set(), {"deep"}),
        ("count += 1", {"count"}, set()),
        ("import torch", set(), set()),
    ],
)
def test_what_is_read_and_when(text, now, later):
    found_now, found_later = free_names(*ast.parse(text).body)
    assert found_now - {"__name__"} == now  # every class reads it
    assert found_later == later


def test_annotations_that_stay_text_are_not_read():
    given = ast.parse("def f(x: Tensor): pass").body
    assert free_names(*given, flags=__future__.annotations.compiler_flag) == (set(), set())


def test_an_answer_with_bad_style_gives_no_warning():
    free_names(*ast.parse("def f(x): return x is 1").body)
