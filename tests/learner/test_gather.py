"""From a notebook's function to a file that stands alone."""

import linecache
import sys
import types

import pytest
import torch

from course_attn.grading.unanswered import is_stub
from course_attn.learner import gather

CELL = '''
import math
from dataclasses import dataclass
from functools import wraps
import torch
import torch.nn.functional as F
from torch import Tensor
from math import sqrt as root
SCALE = 3.0
LIMITS = (1, [2, None])
ENDS = [float("-inf"), (float("inf"),), float("nan"), ()]
TABLE = torch.ones(2)


def helper(x):
    return x * SCALE if x is not None else helper(0)


def answer(query: Tensor, key=LIMITS) -> torch.Tensor:
    """A doc."""
    table = [F.relu(helper(query)) / root(4.0) for _ in key]
    return table[0]


class Score:
    def __call__(self, x):
        return helper(x)


@dataclass
class Box:
    size: float = SCALE

    @property
    def half(self):
        return self.size / 2


class Bare:
    size = 2.0


def uses_bare():
    return Bare.size


def ends():
    return ENDS


def timed(function):
    def run(*args):
        return function(*args)

    return run


def kept(function):
    @wraps(function)
    def run(*args):
        return function(*args)

    return run


@timed
def bare_decorator(x):
    return x


@kept
def decorator(x):
    return x + Box(4.0).half


@wraps(Box)
def wraps_a_class(x):
    return x


def make(amount):
    count = 0

    def added(x):
        return x + amount

    def counted(x):
        nonlocal count
        count += 1
        return x

    return added, counted


added, counted = make(2.0)


def uses_added(x):
    return added(x)


def uses_table(query):
    return query * TABLE


short = lambda query: query


def stub(query):
    """A doc."""
    raise NotImplementedError
'''


@pytest.fixture
def cell(monkeypatch):
    """The names of a notebook that ran `CELL`."""
    return names_of(CELL, monkeypatch)


def names_of(text, monkeypatch):
    """The names of a notebook that ran this cell: its main module has no file, as in a kernel."""
    module = types.ModuleType("__main__")
    name = "<ipython-input-1>"
    monkeypatch.setitem(sys.modules, "__main__", module)
    monkeypatch.setitem(linecache.cache, name, (len(text), None, text.splitlines(keepends=True), name))
    exec(compile(text, name, "exec", dont_inherit=True), module.__dict__)
    return module.__dict__


def run(source):
    names = {}
    exec(source, names)
    return names


def test_the_file_stands_alone(cell):
    source = gather.source_file("answer", cell["answer"], cell)
    torch.testing.assert_close(run(source)["answer"](torch.tensor([-1.0, 2.0])), torch.tensor([0.0, 3.0]))
    assert "import torch.nn.functional as F" in source
    assert "from math import sqrt as root" in source
    assert source.count("def helper") == 1
    assert "TABLE" not in source
    assert "import math\n" not in source  # not used


def test_a_class(cell):
    assert run(gather.source_file("Score", cell["Score"], cell))["Score"]()(2.0) == 6.0


def test_a_helper_class_and_a_decorator_that_keeps_the_name(cell):
    source = gather.source_file("decorator", cell["decorator"], cell)
    assert run(source)["decorator"](1.0) == 3.0
    assert "@dataclass\nclass Box:" in source
    assert "@kept\ndef decorator" in source
    assert "__name__" not in source


def test_the_later_of_two_classes_of_one_name(monkeypatch):
    cell = names_of("".join(f"class A:\n    def f(self):\n        return {n}\n" for n in (1, 2)), monkeypatch)
    assert run(gather.source_file("A", cell["A"], cell))["A"]().f() == 2


def test_infinity_and_nan(cell):
    assert repr(run(gather.source_file("ends", cell["ends"], cell))["ends"]()) == "[-inf, (inf,), nan, ()]"


@pytest.mark.parametrize(
    "text",
    [
        "def answer(x: Tensor):\n    return Path(x)\n",
        "class answer:\n    def __new__(cls, x: Tensor):\n        return Path(x)\n",
    ],
)
def test_annotations_that_nobody_reads(monkeypatch, text):
    cell = names_of(f"from __future__ import annotations\nfrom pathlib import Path\n{text}", monkeypatch)
    source = gather.source_file("answer", cell["answer"], cell)
    assert source.startswith("from __future__ import annotations\nfrom pathlib import Path\n")
    assert str(run(source)["answer"]("x")) == "x"


def test_a_helper_that_cannot_be_compiled_alone(cell, monkeypatch):
    def broken(*nodes):
        raise SyntaxError("no binding for nonlocal")

    monkeypatch.setattr(gather, "free_names", broken)
    with pytest.raises(gather.NotCarried, match="cannot be read"):
        gather.source_file("answer", cell["answer"], cell)


def test_another_name(cell):
    cell["soft_lookup"] = cell["helper"]
    assert run(gather.source_file("soft_lookup", cell["soft_lookup"], cell))["soft_lookup"](1.0) == 3.0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("uses_table", "it uses `TABLE` of another cell, of type Tensor"),
        ("short", "write it as a function with `def`"),
        ("SCALE", "SCALE is an object of type float"),
        ("bare_decorator", "made inside another function (a decorator without functools.wraps?); write it at the top"),
        ("added", "added is made inside another function"),
        ("counted", "counted is made inside another function"),
        ("uses_added", "added is made inside another function"),
        ("wraps_a_class", "the source of wraps_a_class cannot be read"),
        ("uses_bare", "the source of Bare cannot be read (a class without methods, or a cell with %%time?): run its"),
    ],
)
def test_what_cannot_be_carried_is_named(cell, name, said):
    with pytest.raises(gather.NotCarried) as caught:
        gather.source_file(name, cell[name], cell)
    assert said in str(caught.value)


def test_source_that_is_gone(cell):
    linecache.cache.pop("<ipython-input-1>")
    with pytest.raises(gather.NotCarried, match="the source of answer cannot be read"):
        gather.source_file("answer", cell["answer"], cell)


def test_stub(cell):
    assert is_stub(gather.source_file("stub", cell["stub"], cell), "stub")
    assert not is_stub(gather.source_file("answer", cell["answer"], cell), "answer")
