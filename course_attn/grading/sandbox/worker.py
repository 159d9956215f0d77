"""The worker: loads one answer and does as it is asked, until the pipe closes.

Everything here runs beside the answer's code and can be altered by it. That is why nothing here decides
anything: it reports results, and the grader compares them with what it knows.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable
from pathlib import Path
from typing import Any

from course_attn.grading.built import Built
from course_attn.grading.explain import AnswerError, NotAttempted
from course_attn.grading.loading import load_text
from course_attn.grading.sandbox import codec, masked
from course_attn.grading.sandbox.attended import Noted
from course_attn.grading.student import Student

METHODS = ("__call__", "vjp", "build", "call", "state", "fill", "gradients")
PRINTED = 2_000
FEW = 8


def serve(read: Callable[[int], bytes], write: Callable[[memoryview], int]) -> None:
    """Answer frames from the grader until the connection closes.

    Args:
        read: Up to so many bytes from the grader; none when it has gone.
        write: Bytes to the grader; returns how many went.
    """

    def receive(count: int) -> bytes:
        data = bytearray()
        while len(data) < count:
            part = read(min(count - len(data), 2**20))
            if not part:
                raise EOFError
            data += part
        return bytes(data)

    student: Student | None = None
    objects: list[Built] = []
    noted = Noted()
    while True:
        try:
            request = codec.read(receive, codec.MAX_BYTES)
        except EOFError:
            return
        try:
            with noted:
                if request["method"] == "load":
                    student = load(request)
                    value = None
                else:
                    value = call(student, objects, request)
            reply = {"kind": "value", "value": value}
        except NotAttempted as reason:
            reply = {"kind": "not attempted", "text": str(reason)}
        except AnswerError as reason:
            reply = {"kind": "answer", "text": str(reason)}
        except AssertionError as reason:
            reply = {"kind": "assertion", "text": str(reason)}
        reply["printed"] = student.printed[:PRINTED] if student else ""
        reply["refused"] = [name[:PRINTED] for name in masked.MASK.refused[:FEW]]
        reply["attended"] = noted.called[:FEW]
        send(write, reply)


def load(request: dict[str, Any]) -> Student:
    """The answer, ready to be called."""
    path, text = Path(request["file"]), request["source"]
    linecache.cache[str(path)] = (len(text), None, text.splitlines(keepends=True), str(path))
    masked.lend(request["modules"], request["imports"])
    function = load_text(lambda _: text, path, request["name"])
    return Student(function, request["name"], request["parameters"])


def call(student: Student | None, objects: list[Built], request: dict[str, Any]) -> Any:
    """The result of a method: of the answer, or of an object made from it, which the grader names by its number."""
    method, args, options = request["method"], request["args"], request["options"]
    if student is None or method not in METHODS:
        raise AnswerError("nothing is loaded")
    if method == "build":
        objects.append(student.build(*args))
        return None
    target = student if request["object"] is None else objects[request["object"]]
    try:
        return getattr(target, method)(*args, **options)
    finally:
        student.printed = target.printed


def send(write: Callable[[memoryview], int], reply: dict[str, Any]) -> None:
    """Send a reply, or say that it is too large."""
    try:
        frame = codec.encode(reply)
    except codec.FrameError as reason:
        text = f"the result cannot be handed over: {reason}"
        frame = codec.encode({"kind": "answer", "text": text, "printed": "", "refused": [], "attended": []})
    view = memoryview(frame)
    while view:
        view = view[write(view) :]
