"""Single keys, from a pseudo-terminal."""

import os
import sys

import pytest

from course_attn.learner import keys


def test_a_pipe_has_no_keys(monkeypatch):
    reader, writer = os.pipe()
    with os.fdopen(reader) as pipe, os.fdopen(writer, "w") as end:
        end.write("q")
        end.flush()
        monkeypatch.setattr(sys, "stdin", pipe)
        with keys.Keys() as found:
            assert not found.available
            assert found.pressed() == ""


def test_no_standard_input_at_all(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    assert not keys.Keys().available


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_keys_come_one_by_one_and_the_terminal_is_left_as_it_was(monkeypatch):
    import pty
    import termios

    master, slave = pty.openpty()
    with os.fdopen(slave, "r") as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        before = termios.tcgetattr(terminal.fileno())
        with keys.Keys() as found:
            assert found.available
            assert found.pressed() == ""
            os.write(master, b"hN\r")
            assert [found.pressed(wait=30.0) for _ in range(3)] == ["h", "n", keys.ENTER]
        assert termios.tcgetattr(terminal.fileno()) == before
    os.close(master)
