"""`course-attn` where the machine gives out: a full disk, a folder that is gone, Ctrl+C, no home, no torch.

A process of its own only where the end of the process is what is tested.
"""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from course_attn import cli
from course_attn.grading import catalogue
from course_attn.learner.examine import Found

ROOT = Path(__file__).parents[1]
FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def course_attn(*args, **options):
    """Exit code, standard output, standard error."""
    done = CliRunner().invoke(cli.app, list(args), **options)
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An initialised folder, as working directory."""
    monkeypatch.chdir(tmp_path)
    assert course_attn("init", "mine")[0] == 0
    monkeypatch.chdir(tmp_path / "mine")
    return tmp_path / "mine"


def solve(folder, name):
    exercise = catalogue.find(name)
    shutil.copy(ROOT / "solutions" / exercise.chapter / f"{name}.py", folder / exercise.path)


@pytest.fixture
def full_disk(monkeypatch):
    """Every file is cut short as it is written."""
    real = Path.write_bytes

    def write_bytes(path, data):
        real(path, data[:1])
        raise FULL

    monkeypatch.setattr(Path, "write_bytes", write_bytes)


class Checker:
    """In place of `child.checker`: every answer passes, and none is run."""

    def __init__(self, deadline):
        pass

    def warm_up(self):
        pass

    def close(self):
        pass

    def __call__(self, name, path, verbose=False):
        return Found("passed", f"{name}: passed")


@pytest.fixture
def passing(monkeypatch):
    monkeypatch.setattr("course_attn.learner.child.checker", Checker)


# ---------------------------------------------------------------- a full disk, a read-only folder


def test_a_full_disk_loses_no_progress(folder, passing, full_disk):
    before = (folder / ".course/state.json").read_bytes()
    code, shown, error = course_attn("check", "soft_lookup")
    assert (code, shown.splitlines()[0]) == (0, "soft_lookup: passed")
    assert "Note: your progress cannot be saved in " in error
    assert error.endswith("state.json: No space left on device\n")
    assert (folder / ".course/state.json").read_bytes() == before
    assert [path.name for path in (folder / ".course").iterdir()] == ["state.json"]


def test_check_all_says_once_that_progress_is_lost(folder, passing, full_disk):
    code, shown, error = course_attn("check", "--all")
    assert (code, shown.count("  passed\n")) == (0, len(catalogue.exercises()))
    assert error.count("your progress cannot be saved in ") == len(error.splitlines()) == 1


def test_check_all_tells_of_a_broken_state(folder, passing):
    (folder / ".course/state.json").write_text("{")
    assert "it is now state.broken-1.json" in course_attn("check", "--all")[2]


def test_reset_and_submit_on_a_full_disk(folder, request):
    solve(folder, "soft_lookup")
    assert course_attn("submit")[0] == 0
    answer, packed = folder / catalogue.find("soft_lookup").path, folder / "submission.zip"
    before = answer.read_bytes(), packed.read_bytes()
    request.getfixturevalue("full_disk")
    for command, file in (("submit", packed), ("reset soft_lookup -y", folder / ".course/backup/soft_lookup-1.py")):
        code, shown, error = course_attn(*command.split())
        assert (code, shown) == (2, "")
        assert error.startswith(f"{command.split()[0]}: {file}")
        assert error.endswith("No space left on device\n")
        assert (answer.read_bytes(), packed.read_bytes()) == before
    assert list((folder / ".course/backup").iterdir()) == []


# ---------------------------------------------------------------- standard output


def in_a_process(*args, cwd, before="", **options):
    """Exit code, what was printed, what was complained of."""
    code = f"import sys\n{before}\nfrom course_attn.__main__ import main\nsys.argv[0] = 'course-attn'\nmain()"
    options = {"stdout": subprocess.PIPE, "stdin": subprocess.DEVNULL, **options}
    command = [sys.executable, "-c", code, *args]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, cwd=cwd, check=False, **options)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
@pytest.mark.parametrize(("unbuffered", "command"), [("", "list"), ("1", "list"), ("1", "--help")])
def test_output_to_a_full_device(tmp_path, monkeypatch, unbuffered, command):
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    with open("/dev/full", "w") as full:
        code, _, error = in_a_process(command, cwd=tmp_path, stdout=full)
    assert code == 2
    said = "what it says cannot be written to standard output: No space left on device; send it elsewhere"
    assert error == f"course-attn: {said}\n"


def test_output_that_nobody_reads(tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    try:
        assert in_a_process("list", cwd=tmp_path, stdout=writer)[0::2] == (1, "")
    finally:
        os.close(writer)


@pytest.mark.skipif(sys.platform == "win32", reason="descriptors as POSIX has them")
def test_closed_streams_and_the_check_of_an_answer(folder):
    """The pipe to the copy that checks must not take the number of a closed stream: the copy writes over these."""
    solve(folder, "soft_lookup")
    done = subprocess.Popen(
        [sys.executable, "-m", "course_attn", "check", "soft_lookup"],
        preexec_fn=lambda: [os.close(number) for number in (0, 1, 2)],
        close_fds=True,
    )
    assert done.wait() == 0
    assert json.loads((folder / ".course/state.json").read_text())["done"]


def test_reset_without_standard_input(folder):
    code, _, error = in_a_process("reset", "soft_lookup", before="sys.stdin = None", cwd=folder)
    assert code == 2
    assert error.endswith("reset: no answer; course-attn reset -y does not ask\n")


# ---------------------------------------------------------------- Ctrl+C


def interrupt(*args, **options):
    raise KeyboardInterrupt


INTERRUPTED = "course-attn: interrupted; call it again to go on\n"


@pytest.mark.parametrize(
    ("command", "place"),
    [
        ("list", "course_attn.learner.progress.table"),
        ("check soft_lookup", "course_attn.learner.child.checker"),
        ("check --all", "course_attn.learner.child.checker"),
        ("watch", "course_attn.learner.child.checker"),
        ("submit", "course_attn.learner.submission.answers_in"),
        ("doctor", "course_attn.learner.doctor.rows"),
        ("grade answers", "course_attn.grading.grade_command._isolation"),
    ],
)
def test_an_interrupt_is_told_in_a_line(folder, monkeypatch, command, place):
    monkeypatch.setattr(place, interrupt)
    assert course_attn(*command.split()) == (130, "", INTERRUPTED)


def test_an_interrupt_while_the_commands_are_loaded(tmp_path):
    before = "import builtins\nreal = builtins.__import__\ndef stop(name, *rest):\n"
    before += "    if name == 'typer':\n        raise KeyboardInterrupt\n    return real(name, *rest)\n"
    code, _, error = in_a_process("list", before=f"{before}builtins.__import__ = stop", cwd=tmp_path)
    assert (code, error) == (130, INTERRUPTED)


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
def test_an_interrupted_check_ends_its_copy_and_the_next_one_works(folder):
    path = folder / catalogue.find("soft_lookup").path
    path.write_text("import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(600)\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "course_attn", "check", "soft_lookup", "--deadline", "600"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # tests run in the background ignore it
    )
    while not (folder / "pid").exists() or not (folder / "pid").read_text():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert (*process.communicate(), process.returncode) == ("", INTERRUPTED, 130)
    with pytest.raises(ProcessLookupError):
        os.kill(int((folder / "pid").read_text()), 0)
    path.write_text(catalogue.find("soft_lookup").stub)
    assert "not attempted yet" in course_attn("check", "soft_lookup")[1]
