"""Checks in a process of their own: the same in a copy and in a fresh process, whatever the learner's code does."""

import os
import sys

import pytest

from course_attn.grading import catalogue
from course_attn.learner import child

PATH = catalogue.find("masked_softmax").path
HEAD = "def masked_softmax(scores, mask):\n"
WAYS = [child.Copies, child.Reserve]

copies = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@pytest.fixture(params=WAYS if hasattr(os, "fork") else WAYS[1:], ids=lambda way: way.__name__)
def way(request):
    """Both ways of checking, on every system that has both."""
    return request.param


def checked(way, folder, source=None, deadline=60.0):
    if source is not None:
        folder.write("masked_softmax", source)
    return way(deadline)("masked_softmax", folder.root / PATH)


def test_right_answer(way, folder):
    folder.solve("masked_softmax")
    found = checked(way, folder)
    assert (found.status, found.text) == ("passed", "masked_softmax: passed, all 8 checks.")


def test_answer_that_hangs_is_stopped_and_its_line_named(way, folder):
    found = checked(way, folder, HEAD + "    scores = scores + 1\n    while True:\n        mask = mask\n", deadline=1.5)
    assert found.status == "stopped"
    assert "after 1.5 seconds it was still running in line" in found.text
    assert any(line in found.text for line in ("while True:", "mask = mask"))


@copies
def test_file_that_hangs_while_it_is_loaded(folder):
    assert checked(child.Copies, folder, "import time\ntime.sleep(600)\n", deadline=1.5).status == "stopped"


@pytest.mark.parametrize(
    ("line", "how"),
    [("os._exit(3)", "exit code 3"), ("os.kill(os.getpid(), 9)", "signal 9")],
)
@copies
def test_answer_that_ends_the_process(folder, line, how):
    found = checked(child.Copies, folder, f"import os\n{HEAD}    {line}\n")
    assert found.status == "died"
    assert how in found.text


def test_answer_that_exits(way, folder):
    found = checked(way, folder, f"import os\n{HEAD}    os._exit(0)\n")
    assert found.status == "died"
    assert "exit code 0" in found.text


def test_answer_that_asks_for_input_gets_none(way, folder):
    assert "EOFError" in checked(way, folder, HEAD + "    return input()\n").text


def test_answer_that_writes_to_the_terminal_itself(way, folder, capfd):
    found = checked(way, folder, f"import os\n{HEAD}    os.write(1, b'noise')\n    return scores\n")
    assert found.status == "failed"
    assert "noise" not in capfd.readouterr().out


def test_every_check_sees_the_file_anew(way, folder):
    checker = way(60.0)
    checker.warm_up()
    try:
        folder.write("masked_softmax", HEAD + "    return 1 / 0\n")
        assert "return 1 / 0" in checker("masked_softmax", folder.root / PATH).text
        folder.write("masked_softmax", HEAD + "    return scores.nothing\n")
        assert "return scores.nothing" in checker("masked_softmax", folder.root / PATH).text
        folder.solve("masked_softmax")
        assert checker("masked_softmax", folder.root / PATH).passed
    finally:
        checker.close()


@pytest.mark.skipif(sys.platform != "linux", reason="the way that is chosen on Linux")
def test_copies_where_they_are_safe():
    assert isinstance(child.checker(), child.Copies)
