"""The worker's loop over a pipe, here in this process."""

import threading

import pytest

from course_attn.grading.sandbox import codec, worker


@pytest.fixture
def ask():
    """Send a request to a worker in a thread, get its reply."""
    import socket

    mine, theirs = socket.socketpair()
    mine.settimeout(20)
    thread = threading.Thread(target=worker.serve, args=(theirs.recv, theirs.send))
    thread.start()

    def send(**request):
        mine.sendall(codec.encode(request))
        return codec.read(mine.recv)

    yield send
    mine.close()
    thread.join()
    theirs.close()


def load(ask, source):
    return ask(method="load", source=source, file="f.py", name="f", parameters=["x"], imports=[], modules=[])


def test_calls(ask):
    assert load(ask, "def f(x):\n    print('hello')\n    return x + 1\n")["kind"] == "value"
    assert ask(method="__call__", args=[2], object=None, options={}) == {
        "kind": "value", "value": 3, "printed": "hello\n", "refused": [], "attended": []
    }


def test_errors_show_the_line(ask):
    load(ask, "def f(x):\n    return x / 0\n")
    reply = ask(method="__call__", args=[2], object=None, options={})
    assert reply["kind"] == "answer"
    assert "ZeroDivisionError" in reply["text"]
    assert "line 2: return x / 0" in reply["text"]


def test_a_stub_and_a_syntax_error(ask):
    load(ask, "def f(x):\n    raise NotImplementedError\n")
    assert ask(method="__call__", args=[2], object=None, options={})["kind"] == "not attempted"
    assert "syntax error in line 1" in load(ask, "def f(x:\n")["text"]


def test_a_result_that_is_too_large_and_methods_that_are_not_there(ask):
    load(ask, "def f(x):\n    return 'x' * 10**8\n")
    assert "cannot be handed over" in ask(method="__call__", args=[2], object=None, options={})["text"]
    assert ask(method="close", args=[], object=None, options={})["text"] == "nothing is loaded"
