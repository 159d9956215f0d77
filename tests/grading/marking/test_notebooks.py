"""A notebook's functions, with what they need and nothing else."""

import json

import pytest

from course_attn.grading.marking import notebooks


def collected(*cells, exercises=("f", "g")):
    data = json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in cells]}).encode()
    return notebooks.answers("n.ipynb", data, set(exercises))


def test_what_a_function_needs_comes_along_in_order():
    found, remarks = collected(
        "from course_attn import check\nimport math\nimport torch",
        "SCALE = math.sqrt(2)\nunused = open('x')",
        "def helper(x):\n    return x * SCALE",
        "def f(x):\n    return helper(x)",
        "check('f', f)\nwhile True: pass",
    )
    assert list(found) == ["f"]
    assert remarks == []
    assert "check" not in found["f"]
    assert "unused" not in found["f"]
    names = {}
    exec(found["f"], names)
    assert names["f"](3) == pytest.approx(3 * 2**0.5)


def test_the_last_definition_counts():
    found, remarks = collected("def f():\n    return 1", "def f():\n    return 2")
    names = {}
    exec(found["f"], names)
    assert names["f"]() == 2
    assert remarks == ["n.ipynb defines f 2 times: the last counts"]


def test_magics_and_broken_cells_are_left_out():
    found, remarks = collected("%%bash\nrm -rf x", "!pip install x\n%time 1\ndef g():\n    return 5", "def f(:\n")
    assert set(found) == {"g"}
    assert remarks == ["n.ipynb: cell 3 is not valid Python and was left out"]


def test_decorators_stay():
    found, _ = collected("import functools", "@functools.cache\ndef f(x):\n    return x")
    assert "@functools.cache" in found["f"]
    assert "import functools" in found["f"]


def test_what_is_no_notebook_is_refused():
    with pytest.raises(ValueError, match="no list of cells"):
        notebooks.answers("n.ipynb", b"{}", {"f"})


def test_defined():
    assert notebooks.defined("def a(): pass\nclass B:\n    def c(self): pass\ndef a(): pass") == ["a", "B", "a"]
    assert notebooks.defined("def (") == []


def test_a_class_is_found_by_its_spelling():
    cell = "class TinyLayer(torch.nn.Module):\n    size = 3"
    found, remarks = collected("import torch", cell, exercises=("tiny_layer",))
    assert "import torch" in found["tiny_layer"]
    assert "size = 3" in found["tiny_layer"]
    assert remarks == []
