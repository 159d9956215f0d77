"""The worker: loads one answer and does as it is asked, until the pipe closes.

Everything here runs beside the answer's code and can be altered by it. That is why nothing here decides
anything: it reports results, and the grader compares them with what it knows.
"""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

from course_attn.grading.explain import AnswerError, NotAttempted
from course_attn.grading.loading import load_text
from course_attn.grading.sandbox import codec
from course_attn.grading.student import Student

METHODS = ("__call__", "vjp")
PRINTED = 2_000


class CourseMasked(MetaPathFinder):
    """Answers may not import the course's package: it holds the reference."""

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: Any = None) -> None:
        """Refuse `course_attn`, leave the rest to others."""
        if fullname.partition(".")[0] == "course_attn":
            raise ModuleNotFoundError("course_attn is not there while an answer is marked", name=fullname)


def mask_course() -> None:
    """Forget the modules of the course and refuse them from now on."""
    sys.meta_path.insert(0, CourseMasked())
    for name in [name for name in sys.modules if name.partition(".")[0] == "course_attn"]:
        del sys.modules[name]


def serve(pipe: int) -> None:
    """Answer frames from the grader until the pipe closes."""

    def receive(count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            part = os.read(pipe, min(count - len(data), 2**20))
            if not part:
                raise EOFError
            data += part
        return bytes(data)

    student: Student | None = None
    while True:
        try:
            request = codec.read(receive)
        except EOFError:
            return
        try:
            if request["method"] == "load":
                student = load(request)
                value = None
            else:
                value = call(student, request)
            reply = {"kind": "value", "value": value}
        except NotAttempted as reason:
            reply = {"kind": "not attempted", "text": str(reason)}
        except AnswerError as reason:
            reply = {"kind": "answer", "text": str(reason)}
        except AssertionError as reason:
            reply = {"kind": "assertion", "text": str(reason)}
        reply["printed"] = student.printed[:PRINTED] if student else ""
        send(pipe, reply)


def load(request: dict[str, Any]) -> Student:
    """The answer, ready to be called."""
    path, text = Path(request["file"]), request["source"]
    linecache.cache[str(path)] = (len(text), None, text.splitlines(keepends=True), str(path))
    function = load_text(lambda _: text, path, request["name"])
    return Student(function, request["name"], request["parameters"])


def call(student: Student | None, request: dict[str, Any]) -> Any:
    """The result of one of `Student`'s methods."""
    if student is None or request["method"] not in METHODS:
        raise AnswerError("nothing is loaded")
    method = student if request["method"] == "__call__" else student.vjp
    return method(*request["args"], **request["options"])


def send(pipe: int, reply: dict[str, Any]) -> None:
    """Send a reply, or say that it is too large."""
    try:
        frame = codec.encode(reply)
    except codec.FrameError as reason:
        frame = codec.encode({"kind": "answer", "text": f"the result cannot be handed over: {reason}", "printed": ""})
    view = memoryview(frame)
    while view:
        view = view[os.write(pipe, view) :]
