"""Single keys from a terminal, without waiting for Enter."""

from __future__ import annotations

import os
import select
import sys
import types
from typing import Any

ENTER = "\n"


class Keys:
    """Within ``with Keys() as keys``, `pressed` gives the keys one by one.

    Where standard input is not a terminal (a pipe, a scheduler) there are no keys, and `available` says so.
    """

    def __init__(self) -> None:
        self.available = _is_terminal()
        self._before: Any = None

    def __enter__(self) -> Keys:
        if self.available and sys.platform != "win32":
            import termios
            import tty

            self._before = termios.tcgetattr(sys.stdin.fileno())
            # Keys at once and not shown; Ctrl+C still interrupts, and what is printed is left alone.
            tty.setcbreak(sys.stdin.fileno(), termios.TCSADRAIN)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, reason: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        if self._before is not None and sys.platform != "win32":
            import termios

            termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, self._before)
            self._before = None

    def pressed(self, wait: float = 0.0) -> str:
        """The next key in lower case, `ENTER` for Enter, '' if none comes within ``wait`` seconds."""
        if not self.available:
            return ""
        key = _windows_key(wait) if sys.platform == "win32" else self._posix_key(wait)
        return ENTER if key in ("\r", "\n") else key.lower()

    def _posix_key(self, wait: float) -> str:
        ready, _, _ = select.select([sys.stdin.fileno()], [], [], wait)
        if not ready:
            return ""
        data = os.read(sys.stdin.fileno(), 1)  # past Python's own buffer, which `select` does not see
        if not data:
            self.available = False  # the terminal is gone
        return data.decode("ascii", errors="replace")


def _is_terminal() -> bool:
    try:
        return sys.stdin.isatty()
    except (AttributeError, ValueError):  # no standard input, or a closed one
        return False


def _windows_key(wait: float) -> str:
    """The same from Windows' console, which can only be asked again and again."""
    import importlib
    import time

    msvcrt = importlib.import_module("msvcrt")
    end = time.monotonic() + wait
    while not msvcrt.kbhit():
        if time.monotonic() >= end:
            return ""
        time.sleep(0.02)
    return str(msvcrt.getwch())
