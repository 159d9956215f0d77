"""A check in a process of its own, so that an answer that hangs, exits or crashes costs nothing but its turn.

On Linux the process is a copy (fork) of this one, with torch and the checks already loaded: some hundredths of a
second. Elsewhere a copy is not safe, and a fresh process that has loaded everything waits in reserve.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import IO

from course_attn.grading import report
from course_attn.learner import DEADLINE
from course_attn.learner.examine import Found, examine, warm_up

Check = Callable[[str, Path, bool], Found]


class Copies:
    """Each check in a copy of this process.

    Args:
        deadline: Seconds after which an answer is stopped.
    """

    def __init__(self, deadline: float = DEADLINE) -> None:
        self.deadline = deadline

    def warm_up(self) -> None:
        """Load what every check needs, so that each copy has it."""
        warm_up()

    def close(self) -> None:
        """Nothing waits in reserve."""

    def __call__(self, name: str, path: Path, verbose: bool = False) -> Found:
        """Check a file."""
        with _nameless_file() as trace:
            reader, writer = os.pipe()
            with warnings.catch_warnings():
                # Python 3.12 warns of copying a process with threads: the watcher's thread holds no lock a check needs.
                warnings.simplefilter("ignore", DeprecationWarning)
                child = os.fork()
            if child == 0:
                self._be_the_child(name, path, verbose, writer, trace.fileno())
            os.close(writer)
            try:
                reply = _read_line(reader, self.deadline)
            finally:
                os.close(reader)
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child, signal.SIGKILL)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)  # before it had a group of its own
                _, status = os.waitpid(child, 0)
            if reply is None:
                trace.seek(0)
                return _stopped(name, path, self.deadline, trace.read().decode("utf-8", errors="replace"))
            return _found(name, reply, os.waitstatus_to_exitcode(status))

    def _be_the_child(self, name: str, path: Path, verbose: bool, writer: int, trace: int) -> None:
        try:
            os.setsid()
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            _leave_the_terminal()
            faulthandler.dump_traceback_later(0.8 * self.deadline, file=trace)
            found = examine(name, path, verbose)
            _write_all(writer, _reply(found))
        finally:
            os._exit(0)


class Reserve:
    """Each check in a fresh process, of which one always waits with everything loaded.

    Args:
        deadline: Seconds after which an answer is stopped.
    """

    def __init__(self, deadline: float = DEADLINE) -> None:
        self.deadline = deadline
        self.spare: subprocess.Popen[str] | None = None
        self.keep = False

    def warm_up(self) -> None:
        """Start the one in reserve; from now on there is always one."""
        self.keep = True
        self.spare = self.spare or self._start()

    def close(self) -> None:
        """End the one in reserve."""
        self.keep = False
        if self.spare is not None:
            self.spare.kill()
            self.spare.communicate()
            self.spare = None

    def __call__(self, name: str, path: Path, verbose: bool = False) -> Found:
        """Check a file."""
        process, self.spare = self.spare or self._start(), None
        folder = Path(tempfile.mkdtemp())
        trace = folder / "trace.txt"
        request = {
            "name": name,
            "path": str(path),
            "verbose": verbose,
            "trace": str(trace),
            "trace_after": 0.8 * self.deadline,
        }
        try:
            if process.stdout is None or not process.stdout.readline():  # its "ready": loading is not the answer's time
                return _found(name, b"", process.wait())
            reply, _ = process.communicate(json.dumps(request) + "\n", timeout=self.deadline)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            text = trace.read_text(encoding="utf-8", errors="replace") if trace.exists() else ""
            return _stopped(name, path, self.deadline, text)
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate()
            trace.unlink(missing_ok=True)
            folder.rmdir()
            if self.keep:
                self.spare = self._start()
        return _found(name, reply.encode(), process.returncode)

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "course_attn.learner.reserve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )


def checker(deadline: float = DEADLINE) -> Copies | Reserve:
    """The way to check that is safe here."""
    return Copies(deadline) if sys.platform == "linux" else Reserve(deadline)


def _nameless_file() -> IO[bytes]:
    """A file in memory, where there may be no folder for temporary ones; else in such a folder."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("trace"), "w+b")
    return tempfile.TemporaryFile()


def _reply(found: Found) -> bytes:
    return json.dumps({"status": found.status, "text": found.text}).encode() + b"\n"


def _leave_the_terminal() -> None:
    """An answer that asks for input gets none, instead of the keys meant for `watch`; nor does it write over it."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    sys.stdin = os.fdopen(os.dup(nothing), encoding="utf-8")  # whatever stood in its place before


def _write_all(writer: int, data: bytes) -> None:
    while data:
        data = data[os.write(writer, data) :]


def _read_line(reader: int, deadline: float) -> bytes | None:
    """What comes up to the end of a line, or up to the end; None if that takes longer than the deadline."""
    end, data = time.monotonic() + deadline, b""
    while not data.endswith(b"\n"):
        ready, _, _ = select.select([reader], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            return None
        part = os.read(reader, 65536)
        if not part:
            break
        data += part
    return data


def _found(name: str, reply: bytes, code: int) -> Found:
    try:
        table = json.loads(reply)
        return Found(str(table["status"]), str(table["text"]))
    except (ValueError, KeyError, TypeError):
        how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
        reason = f"the answer ended the whole Python process ({how}) before the checks were through"
        return Found("died", report.unusable(name, reason))


def _stopped(name: str, path: Path, deadline: float, trace: str) -> Found:
    """What to say of an answer that was still running."""
    own = re.search(rf'File "{re.escape(str(path))}", line (\d+)', trace)
    where = ""
    if own:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        number = int(own.group(1))
        where = f" in line {number}:\n{lines[number - 1].strip()}" if number <= len(lines) else f" in line {number}"
    return Found(
        "stopped",
        report.unusable(
            name, f"stopped: after {deadline:g} seconds it was still running{where or '.'}\nDoes a loop never end?"
        ),
    )
