"""How a command ends where the machine gives out: a line that says what is wrong and what to do, and an exit code.

A folder is gone, a disk is full, torch is not there, somebody pressed Ctrl+C. Whatever else goes wrong is a fault of
ours and keeps its traceback. Standard library only: it must work where nothing else does.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from traceback import walk_tb
from types import TracebackType
from typing import NoReturn, TypeVar

Returned = TypeVar("Returned")
OURS = ("course_attn", "tools", "tests", "benchmarks", "experiments")
FAILED, MACHINE, INTERRUPTED = 1, 2, 130  # exit codes; a shell says 130 of what Ctrl+C ended

_FULL = "make room there and call again"
_RIGHTS = "change who may use it, or work in another folder"
_PLACE = "something else is in that place: move it away and call again"
_UNWRITTEN = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_TIGHT = "end other programs and call again"
# The errors that the machine makes. Any other one, such as a bad file descriptor, is ours.
ADVICE = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EROFS: "nothing can be written there: work in another folder",
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.ENOENT: "put it back, or name another",
    errno.ENOTDIR: _PLACE,
    errno.EISDIR: _PLACE,
    errno.EEXIST: _PLACE,
    errno.ELOOP: "links lead in a circle there: remove one",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EMFILE: _TIGHT,
    errno.ENFILE: _TIGHT,
    errno.ENOMEM: _TIGHT,
    errno.EAGAIN: _TIGHT,
    errno.EIO: "the disk or the network behind it fails: work in another folder",
    errno.ESTALE: "the disk or the network behind it fails: work in another folder",
}


def told(command: Callable[[], Returned], name: str = "course-attn") -> Returned:
    """Run a command; where the machine gives out, say so in a line and exit.

    Args:
        command: Called without arguments.
        name: Whose line it is: what the user typed.

    Returns:
        What the command returns.

    Raises:
        SystemExit: With exit code 1, 2 or 130, if the command could not be run to its end.
    """
    _open_streams()
    with suppress(ValueError):  # not in the main thread, which alone may choose
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # or what the command has started would go on
    try:
        Path.cwd()
    except OSError as reason:
        where = f"the folder you are in is not there any more ({reason.strerror})"
        _say(f"{name}: {where}; go to another one: cd ~")
        raise SystemExit(MACHINE) from None
    try:
        try:
            return command()
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except (KeyboardInterrupt, Exception) as reason:
        if (end := _end_of(reason, name)) is None:
            raise
        raise end from None


def tell() -> None:
    """Let ``python -m PACKAGE.NAME`` end as `told` says, loading included; for the ``__init__`` of PACKAGE."""
    if sys.argv[0] != "-m":  # Python looks for the module to run: otherwise another program imports the package
        return
    name, before = f"python -m {sys.orig_argv[sys.orig_argv.index('-m') + 1]}", sys.excepthook

    def hook(kind: type[BaseException], reason: BaseException, trace: TracebackType | None) -> None:
        if (end := _end_of(reason, name)) is None:
            before(kind, reason, trace)
        else:
            raise end

    sys.excepthook = hook


def run(module: str) -> NoReturn:
    """What ``python -m MODULE`` does where MODULE is slow to load: its ``main``, loaded where an interrupt is told."""
    raise SystemExit(told(lambda: import_module(module).main(), f"python -m {module}"))


def interrupted(name: str) -> SystemExit:
    """Say that Ctrl+C came; the exit to raise."""
    _say(f"{name}: interrupted; call it again to go on")
    return SystemExit(INTERRUPTED)


def torch_problem() -> str:
    """Why torch cannot be loaded, in a line; empty if it can."""
    try:
        from torch import Tensor  # noqa: F401  # of half a torch, left behind by pip, the folder alone can be loaded
    except Exception as reason:  # whatever a torch that does not fit this machine may raise
        return (str(reason).splitlines() or [type(reason).__name__])[0]
    return ""


def _end_of(reason: BaseException, name: str) -> SystemExit | None:
    """Say in a line why a program ends, if that is known; the exit to raise then."""
    if isinstance(reason, KeyboardInterrupt):
        return interrupted(name)
    from course_attn._clients import FileUnavailable  # here, since Ctrl+C while it loads could not be told

    if isinstance(reason, FileUnavailable):
        return SystemExit(str(reason))  # its text is written to be read
    if isinstance(reason, BrokenPipeError):  # whoever read the output, `head` say, has seen enough
        _silence()
        return SystemExit(FAILED)
    said = _of_the_output(reason) or _of_torch(reason) or _of_a_package(reason) or _of_the_machine(reason)
    if not said:
        return None
    _say(f"{name}: {said}")
    return SystemExit(MACHINE if getattr(reason, "errno", None) else FAILED)


def _open_streams() -> None:
    """Open the standard streams that are closed, or the next file would take their number and be written over."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
        elif mode == "w" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that lacks √ still shows the rest


def _of_the_output(reason: BaseException) -> str:
    """What is wrong with standard output, if that is why; an open file has no name in its error either."""
    if not isinstance(reason, OSError) or reason.errno not in _UNWRITTEN or reason.filename:
        return ""
    try:
        print(flush=True)  # what it refused once it refuses again
    except OSError:
        _silence()
        return f"what it says cannot be written to standard output: {reason.strerror}; send it elsewhere"
    return ""


def _of_torch(reason: BaseException) -> str:
    """What is wrong with torch, if that is why: it raised this, or is what is not there."""
    raised_in = {frame.f_globals.get("__name__") for frame, _ in walk_tb(reason.__traceback__)}
    if "torch" not in raised_in and _missing(reason) != "torch":
        return ""
    lack = torch_problem()
    todo = "Install it; a CPU-only build is enough, and PyTorch's own page, Get Started, says how."
    return lack and f"PyTorch cannot be loaded here ({lack}). {todo}"


def _of_a_package(reason: BaseException) -> str:
    """Which package is missing, if that is why; one of our own is a fault of ours."""
    name = _missing(reason)
    if not name or name in OURS or not isinstance(reason, ModuleNotFoundError):
        return ""
    todo = "in a checkout use the Python in .venv, elsewhere install the course again"
    return f"the package {name} is not installed for {sys.executable}; {todo}"


def _missing(reason: BaseException) -> str:
    """The package that could not be imported, or a name from it."""
    return (getattr(reason, "name", None) or "").split(".")[0] if isinstance(reason, ImportError) else ""


def _of_the_machine(reason: BaseException) -> str:
    if not isinstance(reason, OSError) or reason.errno not in ADVICE:
        return ""
    what = f"{os.fsdecode(reason.filename)}: " if isinstance(reason.filename, str | bytes) else ""
    return f"{what}{reason.strerror}; {ADVICE[reason.errno]}"


def _silence() -> None:
    """Let go of output that nobody takes, or Python tries again as it ends and complains."""
    with suppress(OSError, ValueError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)


def _say(text: str) -> None:
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)
