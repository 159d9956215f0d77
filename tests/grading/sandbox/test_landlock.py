"""Landlock in a process of its own: what is left may be read, nothing may be written, the rest is shut."""

import subprocess
import sys

import pytest

from course_attn.grading.sandbox import landlock

PROGRAM = """
import ctypes, os, sys
from course_attn.grading.sandbox import landlock
left, shut = sys.argv[1:]
rules = landlock.ruleset([left], [shut])
ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)
landlock.restrict(rules)
def attempt(path, mode):
    try:
        open(path, mode).close()
        return "done"
    except OSError as reason:
        return reason.strerror
tries = [(left + "/file", "r"), (left + "/file", "a"), (left + "/new", "w"), (shut + "/file", "r")]
print([attempt(*each) for each in tries])
print(os.listdir(shut))
"""


@pytest.mark.skipif(not (sys.platform == "linux" and landlock.version()), reason="this kernel has no landlock")
def test_only_what_is_left_can_be_read(tmp_path):
    for name in ("left", "shut"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("text")
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "left"), str(tmp_path / "shut")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    refused = "Permission denied"
    assert done.stdout.splitlines() == [str(["done", refused, refused, refused]), "['file']"]
    assert (tmp_path / "left" / "file").read_text() == "text"
