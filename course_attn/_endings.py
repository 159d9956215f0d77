"""How a command ends where the machine gives out: a line that says what is wrong and what to do, and an exit code.

A folder is gone, a disk is full, torch is not there, somebody pressed Ctrl+C. Whatever else goes wrong is a fault of
ours and keeps its traceback. Standard library only: it must work where nothing else does.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import NoReturn, TypeVar

Returned = TypeVar("Returned")
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
    try:
        Path.cwd()
    except OSError as reason:
        where = f"the folder you are in is not there any more ({reason.strerror})"
        _end(MACHINE, f"{name}: {where}; go to another one: cd ~")
    try:
        try:
            return command()
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except KeyboardInterrupt:
        raise interrupted(name) from None
    except RuntimeError as reason:
        from course_attn._clients import FileUnavailable  # here, since Ctrl+C while it loads could not be told

        if not isinstance(reason, FileUnavailable):
            raise
        raise SystemExit(str(reason)) from None  # its text is written to be read
    except BrokenPipeError:  # whoever read the output, `head` say, has seen enough
        _silence()
        raise SystemExit(FAILED) from None
    except (ImportError, OSError) as reason:
        said = _of_the_output(reason) or _of_torch(reason) or _of_the_machine(reason)
        if not said:
            raise
        _end(FAILED if isinstance(reason, ImportError) or not reason.errno else MACHINE, f"{name}: {said}")


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
        import torch  # noqa: F401
    except (ImportError, OSError) as reason:
        return (str(reason).splitlines() or [type(reason).__name__])[0]
    return ""


def _open_streams() -> None:
    """Open the standard streams that are closed, or the next file would take their number and be written over."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
        elif mode == "w" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that lacks √ still shows the rest


def _of_the_output(reason: ImportError | OSError) -> str:
    """What is wrong with standard output, if that is why: every file that is written has a name in its error."""
    if isinstance(reason, OSError) and reason.errno in _UNWRITTEN and not reason.filename:
        _silence()
        return f"what it says cannot be written to standard output: {reason.strerror}; send it elsewhere"
    return ""


def _of_torch(reason: ImportError | OSError) -> str:
    """What is wrong with torch, if that is why; a file that was named is another matter, and so is a loaded torch."""
    if sys.modules.get("torch") or getattr(reason, "filename", None):
        return ""
    lack = torch_problem()
    todo = "Install it; a CPU-only build is enough, and PyTorch's own page, Get Started, says how."
    return lack and f"PyTorch cannot be loaded here ({lack}). {todo}"


def _of_the_machine(reason: ImportError | OSError) -> str:
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


def _end(code: int, text: str) -> NoReturn:
    _say(text)
    raise SystemExit(code) from None
