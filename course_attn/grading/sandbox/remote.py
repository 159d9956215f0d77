"""The grader's side of the sandbox: a zygote that is kept, workers that come and go, a `Student` that is elsewhere."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import time
from collections.abc import Sequence
from typing import Any

from torch import Tensor

from course_attn.grading.explain import AnswerError, NotAttempted
from course_attn.grading.sandbox import codec, isolation, lent
from course_attn.grading.sandbox.remote_built import RemoteBuilt

BOOT_SECONDS = 120.0
TEXT = 4_000
FEW = 8
PATIENCE = 20  # times the deadline, by the clock
LOOK_AGAIN = 0.1
NOTED = ("refused", "attended")  # what a worker notes of an answer besides its results


class WorkerLost(AnswerError):
    """The worker is gone: too slow, ended, or out of line. The next check gets a fresh one."""


class Zygote:
    """A process that has torch loaded and forks workers, one at a time.

    Args:
        tier: The isolation, a key of `isolation.TIERS`.
        memory: Bytes an answer may take.
    """

    def __init__(self, tier: str, memory: int = 2**30) -> None:
        self.tier = tier
        self.cpu_seconds = 0.0
        mine, theirs = isolation.connect()
        command = [*isolation.command(tier), isolation.boot(), str(theirs.fileno())]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=[theirs.fileno()],
            env={"OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin"},
            cwd="/",
        )
        theirs.close()
        self.control = mine
        self.control.settimeout(BOOT_SECONDS)
        first = [str(isolation.site_packages()), isolation.sources(), isolation.limits(tier, memory)]
        with contextlib.suppress(BrokenPipeError), standard_input(self.process) as stream:
            stream.write(json.dumps(first).encode())
        if not self._hear():
            error = self.process.stderr.read().decode(errors="replace") if self.process.stderr else ""
            self.close()
            raise RuntimeError(f"the sandbox of tier {tier} did not start: {error.strip()[-500:]}")

    def start(self) -> socket.socket:
        """A fresh worker; what is returned is the pipe to it."""
        mine, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self.control, [b"start"], [theirs.fileno()])
        if not self._hear():
            raise RuntimeError("the sandbox has ended")
        return mine

    def stop(self) -> int:
        """Kill the worker. Returns how it ended: an exit code, or minus the signal."""
        self.control.send(b"stop")
        told = self._hear()
        self.cpu_seconds += float(told.get("cpu", 0.0))
        return int(told.get("status", 0))

    def usage(self) -> tuple[float, bool]:
        """Processor seconds of the worker, and whether it computes."""
        self.control.send(b"look")
        told = self._hear()
        return float(told.get("cpu", 0.0)), bool(told.get("busy", False))

    def close(self) -> None:
        """End the zygote and its worker."""
        self.control.close()
        if self.process.stderr:
            self.process.stderr.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _hear(self) -> dict[str, Any]:
        try:
            message = self.control.recv(65_536)
        except OSError:
            return {}
        return dict(json.loads(message)) if message else {}


class RemoteStudent:
    """What a check sees: the same surface as `Student`, with the answer in a worker.

    Args:
        zygote: Forks the workers.
        source: The text of the answer.
        file: Its name in messages.
        name: The function asked for.
        parameters: The names of its parameters.
        deadline: Seconds that one call may take: by the clock, but a busy machine takes nothing away from them.
        imports: What the answer may import besides torch and math; modules of the course among them are lent.
        noted: Where is entered what it did when it ran: ("refused", a module of the course it asked for in vain),
            ("attended", the name of torch's own attention it called).
    """

    def __init__(
        self,
        zygote: Zygote,
        source: str,
        file: str,
        name: str,
        parameters: Sequence[str],
        deadline: float = 5.0,
        imports: Sequence[str] = (),
        noted: set[tuple[str, str]] | None = None,
    ) -> None:
        self.zygote, self.source, self.file, self.name = zygote, source, file, name
        self.parameters = list(parameters)
        self.deadline = deadline
        self.imports = list(imports)
        self.noted = set() if noted is None else noted
        self.printed = ""
        self.lost = 0
        self.started = 0
        self.objects = 0
        self.pipe: socket.socket | None = None
        self.load()

    def __call__(self, *args: Any) -> Any:
        """The function's result, as plain data."""
        return self.ask("__call__", list(args))

    def build(self, *args: Any) -> RemoteBuilt:
        """An object of the learner's class, held by the worker."""
        self.ask("build", list(args))
        self.objects += 1
        return RemoteBuilt(self, self.objects - 1)

    def vjp(self, args: Sequence[Any], cotangent: Tensor, part: int | None = None) -> list[Tensor]:
        """Gradients, computed in the worker and compared here."""
        return self.tensors(self.ask("vjp", [list(args), cotangent], part=part))

    def ask(self, method: str, args: list[Any], number: int | None = None, **options: Any) -> Any:
        """What a method gives in the worker: of the answer, or of the object of that number."""
        return self._ask(method, args=args, object=number, options=options)

    def tensors(self, found: Any) -> list[Tensor]:
        """A list of tensors, or the end of the worker that handed over something else."""
        if type(found) is not list or not all(isinstance(value, Tensor) for value in found):
            raise self._lose("it handed over something else than tensors")
        return found

    def load(self) -> None:
        """Start a worker and load the answer in it."""
        self.close()
        self.pipe = self.zygote.start()
        self.started += 1
        self.objects = 0
        try:
            self._ask(
                "load",
                source=self.source,
                file=self.file,
                name=self.name,
                parameters=self.parameters,
                imports=self.imports,
                modules=lent.modules(tuple(self.imports)),
            )
        except AnswerError:
            self.close()
            raise

    def close(self) -> None:
        """End the worker, if there is one."""
        if self.pipe is not None:
            self.pipe.close()
            self.pipe = None
            self.zygote.stop()

    def _ask(self, method: str, **content: Any) -> Any:
        if self.pipe is None:
            self.load()
        pipe = self.pipe
        if pipe is None:
            raise WorkerLost("there is no worker")
        begun = time.monotonic()
        end = begun + self.deadline

        def receive(count: int) -> bytes:
            nonlocal end
            data = bytearray()
            while len(data) < count:
                if time.monotonic() > end:
                    end = self._longer(begun)
                pipe.settimeout(max(1e-3, end - time.monotonic()))
                try:
                    part = pipe.recv(min(count - len(data), 2**20))
                except TimeoutError:
                    continue
                if not part:
                    raise EOFError
                data += part
            return bytes(data)

        try:
            pipe.settimeout(self.deadline)
            pipe.sendall(codec.encode({"method": method, **content}, codec.MAX_BYTES))
            reply = codec.read(receive)
            kind = reply["kind"]
            self.printed = clean(reply["printed"])
            self.noted |= {(what, clean(name)[:80]) for what in NOTED for name in reply[what][:FEW]}
            if kind == "value":
                return reply["value"]
            text = clean(reply["text"])
        except TimeoutError:
            raise self._lose(f"it took longer than {self.deadline:g} s") from None
        except (OSError, EOFError):
            raise self._lose("the answer ended its own process") from None
        except (codec.FrameError, TypeError, KeyError, AttributeError):
            raise self._lose("it sent something that is not a result") from None
        kinds = {"not attempted": NotAttempted, "answer": AnswerError, "assertion": AssertionError}
        if type(kind) is not str or kind not in kinds:
            raise self._lose("it sent something that is not a result")
        raise kinds[kind](text)

    def _longer(self, begun: float) -> float:
        """Until when to wait on: a worker that has not had its seconds yet, on a busy machine, may have them.

        Raises:
            TimeoutError: If it has had them, or waits for something else than its turn, or has been waited for long.
        """
        used, busy = self.zygote.usage()
        now = time.monotonic()
        if not busy or used >= self.deadline or now - begun > PATIENCE * self.deadline:
            raise TimeoutError
        return now + LOOK_AGAIN

    def _lose(self, why: str) -> WorkerLost:
        self.lost += 1
        self.close()
        return WorkerLost(f"the call was given up: {why}")


def clean(text: Any) -> str:
    """Text from a worker, fit to be shown: no control characters, and an end.

    Raises:
        TypeError: If it is not text.
    """
    if type(text) is not str:
        raise TypeError("not text")
    return "".join(letter for letter in text[:TEXT] if letter == "\n" or letter.isprintable())


def standard_input(process: subprocess.Popen[bytes]) -> Any:
    """The standard input of a process started with one."""
    if process.stdin is None:
        raise RuntimeError("the process has no standard input")
    return process.stdin
