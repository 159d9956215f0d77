"""The zygote: imports torch once, then forks a worker whenever the grader asks. It never sees an answer."""

from __future__ import annotations

import json
import os
import signal
import socket
from typing import Any

import torch

from course_attn.grading.sandbox import codec, landlock, masked, worker
from course_attn.grading.sandbox.confine import Limits, confine
from course_attn.grading.student import Student

SIZE = 65_536


def main(control: socket.socket, settings: dict[str, Any]) -> None:
    """Obey the grader until it closes the connection.

    Args:
        control: One message in, one message out: "start" comes with the worker's pipe.
        settings: The fields of `Limits`.
    """
    limits = Limits(**settings)
    torch.set_num_threads(1)
    warm_up()
    masked.mask_course()
    rules = landlock.ruleset(limits.readable, limits.listable) if limits.landlock else -1
    child = 0
    control.send(b'{"ready": true}')
    while True:
        message, pipes, _, _ = socket.recv_fds(control, SIZE, 1)
        if message == b"look":
            control.send(json.dumps(look(child)).encode())
            continue
        if child:
            child = _end(child, control if message == b"stop" else None)
        elif message == b"stop":
            control.send(b'{"status": 0, "cpu": 0}')
        if not message:
            return
        if message == b"start":
            child = os.fork()
            if child == 0:
                _become_worker(pipes[0], limits, rules)
            control.send(b'{"started": true}')
        for pipe in pipes:
            os.close(pipe)


def look(process: int) -> dict[str, Any]:
    """Processor seconds a process has used, and whether it computes (or waits for its turn), not for something else."""
    try:
        with open(f"/proc/{process}/stat", encoding="ascii", errors="replace") as file:
            state, *numbers = file.read().rpartition(")")[2].split()
    except OSError:
        return {"cpu": 0.0, "busy": False}
    return {"cpu": (int(numbers[10]) + int(numbers[11])) / os.sysconf("SC_CLK_TCK"), "busy": state in "RD"}


def _end(child: int, control: socket.socket | None) -> int:
    """Kill the worker, wait for it, and tell how it ended and what it cost."""
    os.kill(child, signal.SIGKILL)
    _, status, usage = os.wait4(child, 0)
    if control is not None:
        cost = usage.ru_utime + usage.ru_stime
        control.send(json.dumps({"status": os.waitstatus_to_exitcode(status), "cpu": cost}).encode())
    return 0


def _become_worker(pipe: int, limits: Limits, rules: int) -> None:
    """Keep the pipe, close everything else, confine, serve. Never returns."""
    try:
        import fcntl  # here: Windows has none, and reads this module for `look`

        kept = [fcntl.fcntl(number, fcntl.F_DUPFD, 16) for number in (pipe, rules) if number >= 0]  # out of the way
        silent = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(silent, standard)
        for place, number in enumerate(kept, start=3):
            os.dup2(number, place)
        os.closerange(3 + len(kept), 4096)
        confine(limits, 4 if len(kept) == 2 else -1)
        worker.serve(lambda count: os.read(3, count), lambda data: os.write(3, data))
    finally:
        os._exit(1)


def warm_up() -> None:
    """Do once what is slow the first time: a forward and a backward pass, and a frame there and back."""

    def double(x: torch.Tensor) -> torch.Tensor:
        return torch.softmax(x @ x.transpose(-2, -1), dim=-1) * 2

    student = Student(double, "double", ["x"])
    frame = codec.encode([student(torch.ones(2, 3)), *student.vjp([torch.ones(2, 3)], torch.ones(2, 2))])
    source = iter(frame)
    codec.read(lambda count: bytes(next(source) for _ in range(count)))
