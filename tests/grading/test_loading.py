"""Reading a learner's file."""

import sys

import pytest

from course_attn.grading.explain import AnswerError
from course_attn.grading.loading import load


def message(tmp_path, source):
    """What a learner is told about a file with this source."""
    path = tmp_path / "answer.py"
    path.write_bytes(source if isinstance(source, bytes) else source.encode())
    with pytest.raises(AnswerError) as caught:
        load(path, "answer")
    return str(caught.value)


def test_function_is_found_and_nothing_is_left_behind(tmp_path, capsys):
    path = tmp_path / "answer.py"
    path.write_text("print('hello')\ndef answer():\n    return 7\n")
    modules = set(sys.modules)
    assert load(path, "answer")() == 7
    assert set(sys.modules) == modules
    assert capsys.readouterr().out == ""
    assert [entry.name for entry in tmp_path.iterdir()] == ["answer.py"], "no __pycache__"


def test_dataclasses_work(tmp_path):
    path = tmp_path / "answer.py"
    path.write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Box:\n    size: int\ndef answer():\n    return Box(3).size\n"
    )
    assert load(path, "answer")() == 3


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def answer(:\n    pass\n", "answer.py has a syntax error in line 1: invalid syntax\ndef answer(:"),
        ("def answer():\nreturn 1\n", "answer.py has a syntax error in line 2: expected an indented block"),
        ("def other():\n    pass\n", "answer.py must define a function answer, got other"),
        ("answer = 3\n", "answer.py must define a function answer, got no function at all"),
        ("", "answer.py must define a function answer, got no function at all"),
        ("x = 1\nimport nosuchmodule\n", "answer.py raised ModuleNotFoundError in line 2 while it was loaded"),
        ("1 / 0\n", "answer.py raised ZeroDivisionError in line 1 while it was loaded: division by zero\n1 / 0"),
        ("import sys\nsys.exit(3)\n", "answer.py raised SystemExit in line 2 while it was loaded: 3"),
        (b"def answer():\n    return '\xff\xfe'\n", "answer.py is not UTF-8 text: save it as UTF-8"),
        (b"\xff\xfe", "answer.py is not UTF-8 text: save it as UTF-8"),
        (b"# -*- coding: nonsense -*-\n", "answer.py has a syntax error"),
        (b"x = 1\x00\n", "answer.py"),
    ],
)
def test_files_that_cannot_be_used(tmp_path, source, said):
    assert said in message(tmp_path, source)


def test_missing_file_and_folder(tmp_path):
    for path in (tmp_path / "none.py", tmp_path):
        with pytest.raises(AnswerError, match="cannot be read"):
            load(path, "answer")
