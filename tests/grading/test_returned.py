"""The learner's line that a result came from."""

import linecache
import sys

import pytest

from course_attn.grading.returned import LONGEST, watched


def written(tmp_path, source):
    """The names a file with this text defines."""
    path = tmp_path / "answer.py"
    path.write_text(source)
    linecache.checkcache(str(path))
    names = {}
    exec(compile(source, str(path), "exec"), names)
    return names


def test_the_return_that_was_taken(tmp_path):
    answer = written(tmp_path, "def answer(x):\n    if x > 2:\n        return 1\n    return 2\n")["answer"]
    with watched(answer) as place:
        assert not place
        answer(3)
        assert str(place) == "line 3: return 1"
        answer(1)
    assert str(place) == "line 4: return 2"


def test_the_caller_not_its_helper(tmp_path):
    source = "def helper(x):\n    return x\n\ndef answer(x):\n    y = helper(x)\n    return y\n"
    answer = written(tmp_path, source)["answer"]
    with watched(answer) as place:
        answer(3)
    assert str(place) == "line 6: return y"


def test_without_return_the_last_line(tmp_path):
    answer = written(tmp_path, "def answer(x):\n    y = x + 1\n")["answer"]
    with watched(answer) as place:
        answer(3)
    assert str(place) == "line 2: y = x + 1"


def test_a_class_shows_its_method(tmp_path):
    source = "class Answer:\n    def __init__(self):\n        self.x = 1\n"
    source += "\n    def forward(self, x):\n        return self.x\n"
    answer = written(tmp_path, source)["Answer"]
    with watched(answer) as place:
        made = answer()
        assert not place
        made.forward(3)
    assert str(place) == "line 6: return self.x"


def test_long_lines_are_cut(tmp_path):
    answer = written(tmp_path, f"def answer():\n    return {' + '.join(['1'] * 80)}\n")["answer"]
    with watched(answer) as place:
        answer()
    assert str(place).startswith("line 2: return 1 + 1")
    assert str(place).endswith("...")
    assert len(str(place)) == LONGEST + len("line 2: ")


@pytest.mark.parametrize("function", [None, max, 3])
def test_what_has_no_lines(function):
    with watched(function) as place:
        max(1, 2)
    assert not place


def test_a_line_whose_text_is_gone(tmp_path):
    answer = written(tmp_path, "def answer():\n    return 1\n")["answer"]
    (tmp_path / "answer.py").unlink()
    linecache.clearcache()
    with watched(answer) as place:
        answer()
    assert place
    assert str(place) == ""


def test_a_profile_that_was_set_before_is_back(tmp_path):
    answer = written(tmp_path, "def answer():\n    raise KeyError(3)\n")["answer"]

    def profile(*event):
        """Anyone else's profile."""

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        with pytest.raises(KeyError), watched(answer):
            answer()
        assert sys.getprofile() is profile
    finally:
        sys.setprofile(before)
