"""Reading what was handed in: files, folders, zips and notebooks, however broken. Nothing is run or unpacked."""

from __future__ import annotations

import hashlib
import io
import json
import tokenize
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from course_attn.grading import catalogue
from course_attn.grading.marking import notebooks
from course_attn.grading.names import exercise_of

MAX_FILE = 2**20
MAX_NOTEBOOK = 20 * 2**20
MAX_FILES = 1_000
SKIPPED = {"__pycache__", "__MACOSX", "node_modules", "site-packages"}


@dataclass
class Submission:
    """What one learner handed in.

    Args:
        name: Who: the name of the file or folder.
        answers: Exercise → (file, text).
        problems: What could not be used, and why; tied to an exercise where one is known.
        remarks: What a teacher may want to know.
    """

    name: str
    answers: dict[str, tuple[str, str]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """A hash of everything that marks depend on."""
        return hashlib.sha256(json.dumps([self.answers, self.problems], sort_keys=True).encode()).hexdigest()


def read(path: Path, name: str | None = None) -> Submission:
    """Read a file, folder, zip or notebook. Never raises for what it finds there."""
    found = Submission(name or path.stem)
    try:
        for label, data in _files(path, found):
            _take(label, data, found)
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as reason:
        found.problems[path.name] = f"{path.name} cannot be read: {type(reason).__name__}: {reason}"
    except Exception as reason:  # one broken submission must never stop the others
        found.problems[path.name] = f"{path.name} cannot be read: {type(reason).__name__}"
    if not found.answers and not found.problems:
        found.problems[path.name] = f"{path.name} holds no answer to an exercise that is known"
    return found


def _files(path: Path, found: Submission) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the files that may hold answers."""
    if path.is_dir():
        files = [file for file in sorted(path.rglob("*")) if _wanted(PurePosixPath(file.relative_to(path).as_posix()))]
        for file in files[:MAX_FILES]:
            if file.is_file() and not file.is_symlink():
                with file.open("rb") as stream:
                    yield from _limited(file.relative_to(path).as_posix(), stream, found)
        if len(files) > MAX_FILES:
            found.remarks.append(f"only the first {MAX_FILES} files were read")
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            yield from _archived(archive, found)
    elif path.suffix in (".py", ".ipynb"):
        with path.open("rb") as stream:
            yield from _limited(path.name, stream, found)
    else:
        found.problems[path.name] = f"{path.name} is neither a .py file, a notebook, a zip nor a folder"


def _archived(archive: zipfile.ZipFile, found: Submission) -> Iterator[tuple[str, bytes]]:
    """Files of a zip, read in memory: no name in it is ever a path on this machine."""
    entries = [entry for entry in archive.infolist() if _wanted(PurePosixPath(entry.filename.replace("\\", "/")))]
    if len(entries) > MAX_FILES:
        found.remarks.append(f"only the first {MAX_FILES} files were read")
    for entry in sorted(entries[:MAX_FILES], key=lambda entry: entry.filename):
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
            found.problems[entry.filename] = f"{entry.filename!r} points outside the zip: left out"
        elif entry.flag_bits & 1:
            found.problems[entry.filename] = f"{entry.filename} is encrypted"
        else:
            with archive.open(entry) as stream:
                yield from _limited(path.as_posix(), stream, found)


def _limited(label: str, stream: io.BufferedIOBase | object, found: Submission) -> Iterator[tuple[str, bytes]]:
    """One file, if it is no larger than an answer can be; no more than that is ever read."""
    most = MAX_NOTEBOOK if label.endswith(".ipynb") else MAX_FILE
    data = stream.read(most + 1)  # type: ignore[union-attr]
    if len(data) > most:
        found.problems[PurePosixPath(label).stem] = f"{label} is larger than {most // 2**20} MB"
    else:
        yield label, data


def _wanted(path: PurePosixPath) -> bool:
    hidden = any((part.startswith(".") and part != "..") or part in SKIPPED for part in path.parts)
    return path.suffix in (".py", ".ipynb") and not hidden


def _take(label: str, data: bytes, found: Submission) -> None:
    """Find the answers in one file."""
    stem = PurePosixPath(label).stem
    if label.endswith(".ipynb"):
        answers, remarks = notebooks.answers(label, data, set(catalogue.exercises()))
        found.remarks += remarks
        for exercise, text in answers.items():
            _put(exercise, label, text, found)
        return
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = io.TextIOWrapper(io.BytesIO(data), encoding).read()
    except (SyntaxError, UnicodeDecodeError, LookupError):
        found.problems[stem] = f"{label} is not UTF-8 text"
        return
    known = set(catalogue.exercises())
    defined = [exercise_of(name, known) for name in notebooks.defined(text)]
    names = {stem} if stem in known else {name for name in defined if name is not None}
    if not names:
        found.remarks.append(f"{label}: no exercise of this name, and none answered in it")
    for exercise in sorted(names):
        if defined.count(exercise) > 1:
            found.remarks.append(f"{label} defines {exercise} {defined.count(exercise)} times: the last counts")
        _put(exercise, label, text, found)


def _put(exercise: str, label: str, text: str, found: Submission) -> None:
    """Enter an answer; two different ones for one exercise are a problem, not a choice."""
    if exercise in found.problems:
        return
    before = found.answers.get(exercise)
    if before is not None and before[1] != text:
        del found.answers[exercise]
        found.problems[exercise] = f"{exercise} is answered twice, in {before[0]} and {label}: hand in one"
        return
    found.answers[exercise] = (PurePosixPath(label).name, text)
