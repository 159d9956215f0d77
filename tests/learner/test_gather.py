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
import torch
import torch.nn.functional as F
from torch import Tensor
from math import sqrt as root
SCALE = 3.0
LIMITS = (1, [2, None])
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
    module = types.ModuleType("__main__")
    name = "<ipython-input-1>"
    monkeypatch.setitem(sys.modules, "__main__", module)
    monkeypatch.setitem(linecache.cache, name, (len(CELL), None, CELL.splitlines(keepends=True), name))
    module.__file__ = name
    exec(compile(CELL, name, "exec"), module.__dict__)
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


def test_another_name(cell):
    cell["soft_lookup"] = cell["helper"]
    assert run(gather.source_file("soft_lookup", cell["soft_lookup"], cell))["soft_lookup"](1.0) == 3.0


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("uses_table", "it uses `TABLE` of another cell, of type Tensor"),
        ("short", "write it as a function with `def`"),
        ("SCALE", "SCALE is an object of type float"),
    ],
)
def test_what_cannot_be_carried_is_named(cell, name, said):
    with pytest.raises(gather.NotCarried) as caught:
        gather.source_file(name, cell[name], cell)
    assert said in str(caught.value)


def test_source_that_is_gone(cell):
    linecache.cache.pop("<ipython-input-1>")
    with pytest.raises(gather.NotCarried, match="its source is gone"):
        gather.source_file("answer", cell["answer"], cell)


def test_stub(cell):
    assert is_stub(gather.source_file("stub", cell["stub"], cell), "stub")
    assert not is_stub(gather.source_file("answer", cell["answer"], cell), "answer")
