"""The grader's side of tier D: a Python is started for every worker, and killed when its deadline has passed."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import time

from course_attn.grading.sandbox import isolation
from course_attn.grading.sandbox.remote import BOOT_SECONDS, Zygote, standard_input
from course_attn.grading.sandbox.zygote import look

KEPT = ("PATH", "SYSTEMROOT", "TMPDIR", "TEMP")


def start_host(tier: str) -> Zygote:
    """What starts the workers of a tier."""
    return Spawner() if tier == "D" else Zygote(tier)


class Spawner(Zygote):
    """Starts workers as plain processes: about a second for each, most of it torch's import."""

    def __init__(self) -> None:
        self.tier = "D"
        self.cpu_seconds = 0.0
        self.child: subprocess.Popen[bytes] | None = None

    def start(self) -> socket.socket:
        """A fresh worker; what is returned is the connection to it.

        Raises:
            RuntimeError: If it does not connect.
        """
        token = secrets.token_hex(16)
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.child = subprocess.Popen(
                [*isolation.command("D"), isolation.boot_alone(), str(server.getsockname()[1]), token],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={"OMP_NUM_THREADS": "1"} | {name: os.environ[name] for name in KEPT if name in os.environ},
            )
            first = [str(isolation.site_packages()), isolation.sources(isolation.ALONE)]
            with contextlib.suppress(BrokenPipeError), standard_input(self.child) as stream:
                stream.write(json.dumps(first).encode())
            return self._accept(server, token)

    def _accept(self, server: socket.socket, token: str) -> socket.socket:
        """The connection of the worker that knows the token."""
        server.settimeout(0.2)
        end = time.monotonic() + BOOT_SECONDS
        while self.child is not None and self.child.poll() is None and time.monotonic() < end:
            with contextlib.suppress(TimeoutError):
                connection, _ = server.accept()
                connection.settimeout(5)
                if connection.recv(len(token), socket.MSG_WAITALL) == token.encode():
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    return connection
                connection.close()
        self.close()
        raise RuntimeError("a worker of tier D did not start")

    def stop(self) -> int:
        """Kill the worker. Returns how it ended: an exit code, or minus the signal."""
        if self.child is None:
            return 0
        before = os.times()
        self.child.kill()
        status = self.child.wait()
        after = os.times()
        self.cpu_seconds += after.children_user + after.children_system
        self.cpu_seconds -= before.children_user + before.children_system
        self.child = None
        return status

    def usage(self) -> tuple[float, bool]:
        """Processor seconds of the worker, and whether it computes; where the system does not tell, as if it waited."""
        told = look(self.child.pid) if self.child else {}
        return float(told.get("cpu", 0.0)), bool(told.get("busy", False))

    def close(self) -> None:
        """End the worker, if there is one."""
        self.stop()
