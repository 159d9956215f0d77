"""`submission.zip`: the answers as text, and a manifest of what they are. No results: the grader finds its own."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import zipfile
from importlib import metadata
from pathlib import Path

from course_attn._version import __version__
from course_attn._whole import write_whole
from course_attn.grading import catalogue
from course_attn.grading.catalogue import Exercise
from course_attn.learner.course import Course, is_answered

NAME = "submission.zip"
FORMAT = 1
NAMED = 5  # missing exercises that the summary names
DATE = (1980, 1, 1, 0, 0, 0)  # the same answers give the same file


def answers_in(course: Course) -> dict[str, bytes]:
    """Exercise → the learner's file, for each that says more than its stub.

    Raises:
        OSError: If a file is there but cannot be read.
    """
    found = {}
    for exercise in catalogue.exercises().values():
        path = course.path(exercise)
        if path.is_file():
            source = path.read_bytes()
            if is_answered(source.decode("utf-8", errors="replace"), exercise):
                found[exercise.name] = source
    return found


def pack(answers: dict[str, bytes], path: Path) -> None:
    """Write answers and manifest.

    Args:
        answers: Exercise → text of a file that defines it.
        path: The zip file, replaced whole.

    Raises:
        OSError: If it cannot be written.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "manifest.json", json.dumps(manifest(answers), indent=2).encode() + b"\n")
        for name, source in answers.items():
            _add(archive, _place(catalogue.find(name)), source)
    write_whole(path, packed.getvalue())


def manifest(answers: dict[str, bytes]) -> dict[str, object]:
    """What is in a submission and what it was written with."""
    listed = {
        name: {"path": _place(catalogue.find(name)), "sha256": hashlib.sha256(source).hexdigest()}
        for name, source in answers.items()
    }
    return {
        "format": FORMAT,
        "course_attn": __version__,
        "python": platform.python_version(),
        "torch": _torch_version(),
        "exercises": listed,
    }


def _torch_version() -> str:
    try:
        return metadata.version("torch")
    except metadata.PackageNotFoundError:  # packing runs nothing: whoever marks brings PyTorch along
        return "none"


def summary(answers: dict[str, bytes], path: Path) -> str:
    """What was packed and what was not, for the learner."""
    names = catalogue.exercises()
    missing = [name for name in names if name not in answers]
    lines = [f"{path}: {len(answers)} of {len(names)} exercises: {', '.join(answers)}."]
    if missing:
        more = f" and {len(missing) - NAMED} more; course-attn list shows all" if len(missing) > NAMED else ""
        lines.append(f"Not answered yet: {', '.join(missing[:NAMED])}{more}.")
    return "\n".join([*lines, "It holds your files and their hashes, no results."])


def _place(exercise: Exercise) -> str:
    return exercise.path.as_posix()


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, data)
