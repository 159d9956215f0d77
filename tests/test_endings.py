"""How a command ends: what the machine lacks is told in a line, whatever else goes wrong keeps its traceback."""

import ast
import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from course_attn import _endings
from course_attn._clients import FileUnavailable

ROOT = Path(__file__).parents[1]


def end_of(command, capsys, name="course-attn"):
    """Exit code and the line of a command that ends."""
    with pytest.raises(SystemExit) as end:
        _endings.told(command, name)
    said = capsys.readouterr().err
    assert said.count("\n") == bool(said)
    return end.value.code, said.rstrip("\n")


def raising(problem):
    def command():
        raise problem

    return command


def test_nothing_is_lacking(capsys):
    assert _endings.told(lambda: 7) == 7
    assert capsys.readouterr() == ("", "")
    assert _endings.torch_problem() == ""


@pytest.mark.parametrize(
    "problem",
    [
        ImportError("another library"),
        FileNotFoundError("another file"),
        OSError(errno.EBADF, "another fault"),
        RuntimeError("another"),
        KeyError("another"),
    ],
    ids=repr,
)
def test_our_own_faults_keep_their_traceback(problem):
    with pytest.raises(type(problem), match="another"):
        _endings.told(raising(problem))


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        (OSError(errno.ENOSPC, "No space left", "a/b"), "a/b: No space left; make room there and call again"),
        (OSError(errno.EROFS, "Read-only", "a"), "a: Read-only; nothing can be written there: work in another folder"),
        (OSError(errno.EACCES, "Denied", b"a"), "a: Denied; change who may use it, or work in another folder"),
        (OSError(errno.ENOMEM, "Out of memory"), "Out of memory; end other programs and call again"),
        (OSError(errno.ENOENT, "No file", "git"), "git: No file; put it back, or name another"),
    ],
)
def test_what_the_machine_refuses(capsys, problem, line):
    assert end_of(raising(problem), capsys, "me") == (2, f"me: {line}")


def test_interrupted(capsys):
    assert end_of(raising(KeyboardInterrupt), capsys, "me") == (130, "me: interrupted; call it again to go on")


def test_a_stop_from_elsewhere_is_an_interrupt_too(capsys):
    """A command that simply died would leave the processes that it started."""
    before = signal.signal(signal.SIGTERM, lambda *given: pytest.fail("the command goes on"))
    try:
        said = end_of(lambda: signal.raise_signal(signal.SIGTERM), capsys, "me")
    finally:
        signal.signal(signal.SIGTERM, before)
    assert said == (130, "me: interrupted; call it again to go on")


def test_a_file_that_cannot_be_had_speaks_for_itself(capsys):
    assert end_of(raising(FileUnavailable("connect and call again")), capsys) == ("connect and call again", "")


def test_a_module_is_loaded_where_an_interrupt_is_told(monkeypatch, tmp_path, capsys):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "slow_to_load.py").write_text("raise KeyboardInterrupt\n")
    (tmp_path / "returns_three.py").write_text("def main():\n    return 3\n")
    with pytest.raises(SystemExit) as end:
        _endings.run("slow_to_load")
    assert end.value.code == 130
    assert capsys.readouterr().err == "python -m slow_to_load: interrupted; call it again to go on\n"
    with pytest.raises(SystemExit) as end:
        _endings.run("returns_three")
    assert end.value.code == 3


# ---------------------------------------------------------------- the standard streams


class Stream:
    """A stream over a file, which refuses what is written."""

    def __init__(self, file, number):
        self.fileno, self.number = file.fileno, number

    def write(self, text):
        raise OSError(self.number, os.strerror(self.number))

    def flush(self):
        self.write("")


@pytest.mark.parametrize(
    ("number", "wanted"),
    [
        (errno.EPIPE, (1, "")),  # `head` has seen enough
        (
            errno.ENOSPC,
            (2, "me: what it says cannot be written to standard output: No space left on device; send it elsewhere"),
        ),
    ],
)
def test_output_that_nobody_takes(monkeypatch, capsys, tmp_path, number, wanted):
    with (tmp_path / "out").open("wb") as file:
        monkeypatch.setattr(sys, "stdout", Stream(file, number))
        assert end_of(lambda: None, capsys, "me") == wanted
        os.write(file.fileno(), b"more")  # goes nowhere: Python may flush as it ends
    assert (tmp_path / "out").read_bytes() == b""


def test_a_file_that_is_named_is_told_and_standard_output_not_tried(monkeypatch, capsys, tmp_path):
    """Both may lie on the full disk; and a line more would spoil an output that is read by a program."""
    written = []
    monkeypatch.setattr(sys.stdout, "write", written.append)

    def full():
        raise OSError(errno.ENOSPC, "No space left on device", str(tmp_path))

    with pytest.raises(SystemExit) as end:
        _endings.told(full, "me")
    assert (end.value.code, written) == (2, [])
    assert capsys.readouterr().err.startswith(f"me: {tmp_path}: No space left on device; ")


def test_an_open_file_on_a_full_disk_is_not_standard_output(capsys):
    """Its error names no file, nor does that of standard output."""
    said = "No space left on device; make room there and call again"
    with pytest.raises(SystemExit) as end:
        _endings.told(raising(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))), "me")
    assert (end.value.code, capsys.readouterr().err) == (2, f"me: {said}\n")


def test_no_line_can_be_said_either(monkeypatch, tmp_path):
    with (tmp_path / "out").open("wb") as file:
        monkeypatch.setattr(sys, "stderr", Stream(file, errno.ENOSPC))
        with pytest.raises(SystemExit) as end:
            _endings.told(raising(KeyboardInterrupt))
    assert end.value.code == 130


def test_closed_streams_are_opened_to_nothing(monkeypatch):
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)

    def command():
        print("nobody hears")
        print("nobody hears", file=sys.stderr)
        return sys.stdin.read(), [sys.stdin, sys.stdout, sys.stderr]

    read, streams = _endings.told(command)
    assert read == ""
    for stream in streams:
        stream.close()


# ---------------------------------------------------------------- torch


def test_torch_is_missing(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "torch", None)  # Python's own sign that there is no such module

    def command():
        import torch  # noqa: F401

    code, said = end_of(command, capsys)
    assert code == 1
    assert said.startswith("course-attn: PyTorch cannot be loaded here (import of torch halted; None in sys.modules). ")
    assert said.endswith("a CPU-only build is enough, and PyTorch's own page, Get Started, says how.")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise OSError('libgomp.so.1: cannot open\\nand more')", "libgomp.so.1: cannot open"),
        ("raise ImportError('')", "ImportError"),
        ("import nosuchmodule", "No module named 'nosuchmodule'"),
        ("raise RuntimeError('another numpy')", "another numpy"),
        ("open('gone')", "[Errno 2] No such file or directory: 'gone'"),
    ],
)
def test_torch_that_cannot_be_loaded(monkeypatch, tmp_path, capsys, source, reason):
    monkeypatch.delitem(sys.modules, "torch")
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "torch.py").write_text(f"{source}\n")
    assert _endings.torch_problem() == reason

    def command():
        import torch  # noqa: F401

    assert end_of(command, capsys)[1].startswith(f"course-attn: PyTorch cannot be loaded here ({reason}). Install it;")


def test_what_torch_did_not_raise_is_not_laid_at_its_door(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "torch", None)
    assert end_of(raising(OSError(errno.EISDIR, "A folder", "x")), capsys)[1].startswith("course-attn: x: A folder; ")
    with pytest.raises(KeyError, match="ours"):
        _endings.told(raising(KeyError("ours")))


# ---------------------------------------------------------------- other packages


def test_a_package_that_is_missing(capsys):
    def command():
        import nosuchpackage.part  # noqa: F401

    said = f"me: the package nosuchpackage is not installed for {sys.executable}; in a checkout use the Python in .venv"
    assert end_of(command, capsys, "me") == (1, f"{said}, elsewhere install the course again")


def test_a_module_of_ours_that_is_missing_is_a_fault_of_ours():
    def command():
        import course_attn.nosuchmodule  # noqa: F401

    with pytest.raises(ModuleNotFoundError, match="nosuchmodule"):
        _endings.told(command)


# ---------------------------------------------------------------- a package of commands


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("raise KeyboardInterrupt", 130, "python -m many.one: interrupted; call it again to go on\n"),
        ("raise FileNotFoundError(2, 'No such file', 'git')", 2, "python -m many.one: git: No such file; put it back,"),
        ("import nosuchpackage", 1, "python -m many.one: the package nosuchpackage is not installed for "),
        ("raise KeyError('ours')", 1, "Traceback (most recent call last):"),
    ],
)
def test_a_module_of_a_package_that_tells(tmp_path, text, code, said):
    (tmp_path / "many").mkdir()
    (tmp_path / "many" / "__init__.py").write_text("from course_attn._endings import tell\ntell()\n")
    (tmp_path / "many" / "one.py").write_text(f"{text}\n")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(tmp_path)])}
    command = [sys.executable, "-m", "many.one"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == code
    assert done.stderr.startswith(said)
    assert said.startswith("Traceback") == ("Traceback" in done.stderr)


def test_a_package_that_is_imported_tells_nothing(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["another program"])
    before = sys.excepthook
    _endings.tell()
    assert sys.excepthook is before


def test_half_a_torch_that_pip_left_behind(monkeypatch, tmp_path, capsys):
    """A folder without files in it can be imported, and holds nothing."""
    monkeypatch.setitem(sys.modules, "torch", ModuleType("torch"))

    def command():
        from torch import Tensor  # noqa: F401

    reason = "cannot import name 'Tensor' from 'torch' (unknown location)"
    assert end_of(command, capsys)[1].startswith(f"course-attn: PyTorch cannot be loaded here ({reason}). Install it;")


# ---------------------------------------------------------------- where it stands


def test_the_folder_is_gone(monkeypatch, capsys):
    monkeypatch.setattr("pathlib.Path.cwd", raising(FileNotFoundError(2, "No such file or directory")))
    code, said = end_of(lambda: pytest.fail("the command needs a folder"), capsys)
    assert code == 2
    assert said.endswith("is not there any more (No such file or directory); go to another one: cd ~")


def test_it_stands_on_the_standard_library_alone():
    """It must work where nothing is installed: `tools.env` runs under whatever Python there is."""
    ours = {"course_attn._version"}
    for name in ("_endings", "_clients", "_whole", "__init__"):
        tree = ast.parse(Path(_endings.__file__).with_name(f"{name}.py").read_text(encoding="utf-8"))
        named = {node.module for node in tree.body if isinstance(node, ast.ImportFrom)}
        named |= {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
        assert {module for module in named if module.split(".")[0] not in sys.stdlib_module_names} <= ours
