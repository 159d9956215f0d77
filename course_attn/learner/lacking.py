"""What a command may lack: characters of the console, a folder to stand in, torch. No traceback comes of it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

GONE, WITHOUT_TORCH = 2, 1  # exit codes


def told(command: Callable[[], object]) -> None:
    """Run a command; where the folder is gone, or torch is needed and lacking, say so and what to do, and exit.

    Args:
        command: Called without arguments.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that lacks √ still shows the rest
    try:
        Path.cwd()
    except OSError as reason:
        where = f"the folder you are in is not there any more ({reason.strerror})"
        print(f"course-attn: {where}; go to another one: cd ~", file=sys.stderr)
        raise SystemExit(GONE) from None
    try:
        command()
    except (ImportError, OSError):  # the latter: a library of the system's that torch needs
        lack = torch_problem()
        if not lack:
            raise
        todo = "Install it; a CPU-only build is enough, and PyTorch's own page, Get Started, says how."
        print(f"course-attn: PyTorch cannot be loaded here ({lack}). {todo}", file=sys.stderr)
        raise SystemExit(WITHOUT_TORCH) from None


def torch_problem() -> str:
    """Why torch cannot be loaded, in a line; empty if it can."""
    try:
        import torch  # noqa: F401
    except (ImportError, OSError) as reason:
        return (str(reason).splitlines() or [type(reason).__name__])[0]
    return ""
