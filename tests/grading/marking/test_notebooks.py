"""A notebook's and a file's answers, with what they need and nothing else."""

import json

import pytest

from course_attn.grading.marking import notebooks
from course_attn.grading.marking.magics import READ_WITH
from course_attn.grading.names import spellings

STUB = "def g(x):\n    raise NotImplementedError  # delete this line\n    return x\n"


def reader(*exercises):
    known = {spelling: name for name in exercises or ("f", "g") for spelling in spellings(name)}
    return notebooks.Reader(known, lambda name: STUB)


def collected(*cells, exercises=()):
    data = json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in cells]}).encode()
    taken = reader(*exercises).notebook(data)
    return {name: answer.text for name, answer in taken.answers.items()}, taken.remarks


def called(text, name="f", *args):
    names = {}
    exec(text, names)
    return names[name](*args)


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
    assert called(found["f"], "f", 3) == pytest.approx(3 * 2**0.5)


def test_a_local_name_does_not_bring_the_chapters_cell_of_that_name():
    found, _ = collected(
        "from course_attn import attention\nimport torch\nscores = attention(torch.ones(2))",
        "import torch\ndef f(x):\n    scores = torch.relu(x)\n    return scores",
    )
    assert found["f"] == "import torch\n\n\ndef f(x):\n    scores = torch.relu(x)\n    return scores\n"


def test_the_last_definition_counts():
    found, remarks = collected("def f():\n    return 1", "def f():\n    return 2")
    assert called(found["f"]) == 2
    assert remarks == ["f is defined 2 times: the last counts"]


def test_a_name_given_away_after_the_answer_is_still_the_answer():
    found, remarks = collected("def f(x=0):\n    return x and f(x - 1)", "f = f(3)", "from m import f")
    assert called(found["f"], "f", 2) == 0
    assert remarks == []


@pytest.mark.parametrize("text", ["f = lambda x: x + 1", "def other(x):\n    return x + 1\nf = other"])
def test_an_answer_need_not_be_a_def(text):
    found, _ = collected(text)
    assert called(found["f"], "f", 4) == 5
    assert called(reader().file(text, "ann").answers["f"].text, "f", 4) == 5


def test_a_value_under_an_exercises_name_is_no_answer():
    assert collected("f = 3\ng = compute(4)")[0] == {}


def test_magics_and_broken_cells_are_left_out_and_told():
    found, remarks = collected("%%bash\nrm -rf x", "!pip install x\n%time 1\ndef g():\n    return 5", "def f(:\n")
    assert set(found) == {"g"}
    assert remarks == [
        "cell 1 is %%bash, not Python, and was left out",
        "cell 2: IPython's own lines were left out: 1, 2",
        f"cell 3 has a syntax error in line 1: invalid syntax ({READ_WITH}), and was left out",
    ]


def test_a_magic_character_inside_an_expression_stays():
    found, remarks = collected("def f(count):\n    return (count + 7\n        % 5\n    )")
    assert called(found["f"], "f", 1) == 3
    assert remarks == []


def test_a_broken_cell_is_the_exercises_problem():
    data = {"cells": [{"cell_type": "code", "source": text} for text in ("f(1) == (", "x = 1\ndef g(x:\n")]}
    taken = reader().notebook(json.dumps(data).encode())
    assert taken.problems == {"g": f": cell 2 has a syntax error in line 2: '(' was never closed ({READ_WITH})"}


def test_many_broken_cells_are_counted():
    _, remarks = collected(*["("] * 30, "def f(): pass")
    assert len(remarks) == 21
    assert remarks[-1] == "10 more cells were left out or changed"


@pytest.mark.parametrize("data", [b"{}", b"[]", b"{", b"[" * 100_000, b"\xff\xfe\xfd", b'{"cells": 3}'])
def test_what_is_no_notebook_is_refused(data):
    with pytest.raises(ValueError, match="is not a notebook"):
        reader().notebook(data)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_minded(encoding):
    cell = {"cell_type": "code", "source": ["def f():\n", "    return 'é'"]}
    taken = reader().notebook(json.dumps({"cells": [cell]}, ensure_ascii=False).encode(encoding))
    assert called(taken.answers["f"].text) == "é"


def test_a_stub_is_told_from_an_answer():
    assert reader().file(STUB, "g").answers["g"].stub
    assert reader().file(STUB, "ann").answers["g"].stub
    assert not reader().file(STUB.replace("return x", "return 2"), "g").answers["g"].stub
    assert not reader().file(STUB + "g = lambda x: x\n", "g").answers["g"].stub


def test_a_stub_left_below_the_answer_does_not_count():
    found, remarks = collected("def g(x):\n    return x and f(x - 1)\ndef f(x):\n    return g(x)", STUB, "g(2)")
    assert called(found["g"], "g", 2) == 0
    assert called(found["f"], "f", 2) == 0
    assert remarks == []


def test_a_file_with_an_exercises_name_is_one_answer_as_it_stands():
    text = "import os\nprint(1)\ndef f(): pass\ndef g(): pass\n"
    assert {name: answer.text for name, answer in reader().file(text, "f").answers.items()} == {"f": text}
    assert reader().file("def f(:", "f").answers["f"].text == "def f(:"
    assert reader().file("x = 1", "f").answers["f"].text == "x = 1"


def test_a_plot_or_a_check_in_such_a_file_does_not_come_along():
    text = "import matplotlib.pyplot as plt\nimport math\ndef f(): return math.pi\nplt.plot([f()])\n"
    assert reader().file(text, "f").answers["f"].text == "import math\n\n\ndef f(): return math.pi\n"
    used = "from course_attn.masks import causal_mask\nimport os\ndef f(): return causal_mask(3)\n"
    assert reader().file(used, "f").answers["f"].text == used


def test_an_answer_made_by_a_call_is_told():
    taken = reader().file("def h(x, n): pass\nf = partial(h, n=3)\ng = g(3)\n", "ann")
    assert taken.answers == {}
    assert taken.problems == {"f": ": f is made by a call; write it with def or class"}
    written = reader().file("def f(x): pass\nf = f(3)\nf = partial(f, n=3)\n", "ann")
    assert written.problems == {}


def test_of_a_file_with_another_name_each_answer_has_what_it_uses():
    taken = reader().file("import math\nimport os\ndef f(): return os\ndef g(): return math\n", "ann")
    assert taken.answers["f"].text == "import os\n\n\ndef f(): return os\n"
    assert taken.answers["g"].text == "import math\n\n\ndef g(): return math\n"


@pytest.mark.parametrize("text", ["y = 1\nf(\n", "f\0"])
def test_a_file_with_another_name_that_is_no_python(text):
    with pytest.raises(ValueError, match=r"has a syntax error in line 2|holds a NUL character in line 1"):
        reader().file(text, "ann")
    assert set(reader().file(f"def g(): pass\n{text}", "ann").problems) == {"g"}


def test_what_mentions_no_exercise_is_not_parsed(monkeypatch):
    def parse(text):
        raise AssertionError("parsed")

    monkeypatch.setattr(notebooks, "parse", parse)
    monkeypatch.setattr(notebooks, "parse_cell", parse)
    assert reader("soft_lookup").file("x = 1\n" * 1000, "ann").answers == {}
    assert collected("x = 1\n" * 1000, exercises=("soft_lookup",)) == ({}, [])


def test_python_without_end_is_refused_in_all_it_can_hide_in(monkeypatch):
    monkeypatch.setattr(notebooks, "MAX_CODE", 5_000)
    long = "def f(): return 1\n" * 200
    one = reader()
    one.file(long, "ann")
    with pytest.raises(ValueError, match="the submission holds more than 4 kB of Python"):
        one.file(long, "ann")
    with pytest.raises(ValueError, match="the submission holds more than 4 kB of Python"):
        collected(*[long] * 2)
    many = [f"f{n}" for n in range(50)]
    shared = f"BIG = {'1' * 1000}\n" + "".join(f"def {name}(): return BIG\n" for name in many)
    with pytest.raises(ValueError, match="its answers use more than 4 kB of Python"):
        collected(shared, exercises=many)


def test_a_class_is_found_by_its_spelling():
    cell = "class TinyLayer(torch.nn.Module):\n    size = 3"
    found, remarks = collected("import torch", cell, exercises=("tiny_layer",))
    assert "import torch" in found["tiny_layer"]
    assert "size = 3" in found["tiny_layer"]
    assert remarks == []
