"""What a worker may not do, asked from within."""

import pytest

from course_attn.grading.sandbox import confine

ATTEMPTS = {
    "fork": ("os.fork()", "PermissionError"),
    "program": ("os.execv('/bin/sh', ['sh'])", "PermissionError"),
    "network": ("socket.socket()", "PermissionError"),
    "signal": ("os.kill(os.getppid(), 0)", "PermissionError"),
    "write": ("open('/tmp/x', 'w')", "PermissionError"),
    "processes": ("open('/proc/self/mem')", "PermissionError"),
    "passwords": ("open('/etc/passwd')", "Error"),
    "mode": ("os.chmod('/', 0o777)", "Error"),
    "memory": ("bytearray(3 * 2**30)", "MemoryError"),
    "hidden file": ("os.memfd_create('x')", "PermissionError"),
}


@pytest.mark.parametrize("name", ATTEMPTS)
def test_refused(answer, name):
    attempt, wanted = ATTEMPTS[name]
    source = (
        "import os, socket\n\ndef f(x):\n    try:\n"
        f"        {attempt}\n    except (OSError, MemoryError) as reason:\n"
        "        return type(reason).__name__\n    return 'done'\n"
    )
    assert answer(source)(0).endswith(wanted)


def test_threads_and_libraries_still_work(answer):
    source = (
        "import threading, statistics, torch\n\ndef f(x):\n    found = []\n"
        "    t = threading.Thread(target=lambda: found.append(statistics.mean([1, 3])))\n"
        "    t.start(); t.join()\n    return found[0], torch.linalg.svdvals(x)\n"
    )
    import torch

    two, values = answer(source)(torch.eye(3))
    assert two == 2
    torch.testing.assert_close(values, torch.ones(3))


def test_address_space_is_known():
    assert confine.address_space() > 2**20
