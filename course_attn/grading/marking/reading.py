"""The files of a submission, read in memory: nothing is unpacked or run, and no more is read than answers can need."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

MAX_FILE = 2**19
MAX_NOTEBOOK = 20 * 2**20  # its pictures count
MAX_ZIP = 64 * 2**20
MAX_READ = 64 * 2**20
MAX_FILES = 1_000
SKIPPED = {"__pycache__", "__MACOSX", "node_modules", "site-packages"}
NO_ENTRY = "is neither a .py file, a notebook, a zip nor a folder"

Problem = Callable[[str, str], None]


class Files:
    """The files of one submission that may hold answers. One that cannot be read never hides the others.

    Args:
        problem: Told, by label, of what could not be read.
        remark: Told what a teacher may want to know.
    """

    def __init__(self, problem: Problem, remark: Callable[[str], None]) -> None:
        self.problem = problem
        self.remark = remark
        self.left = MAX_READ
        self.files = 0

    def of(self, path: Path) -> Iterator[tuple[str, bytes]]:
        """Labels and contents, from a file, a folder or a zip."""
        if path.is_dir():
            yield from self._folder(path)
        elif path.suffix.lower() not in (".zip", ".py", ".ipynb") or (path.exists() and not path.is_file()):
            self.problem(path.name, NO_ENTRY)
        else:
            yield from self._one(path, path.name)

    def _folder(self, folder: Path) -> Iterator[tuple[str, bytes]]:
        for here, folders, names in os.walk(folder):
            folders[:] = sorted(name for name in folders if not _hidden(name))
            for name in sorted(names):
                file = Path(here, name)
                kinds = (".py", ".ipynb", ".zip")
                if file.suffix.lower() in kinds and not _hidden(name) and file.is_file() and not file.is_symlink():
                    yield from self._one(file, file.relative_to(folder).as_posix())
                if self._enough(folder.name):
                    return

    def _one(self, path: Path, label: str) -> Iterator[tuple[str, bytes]]:
        """A file, or the files in it if it is a zip."""
        if path.suffix.lower() != ".zip":
            yield from self._limited(label, lambda: path.open("rb"))
            return
        try:
            size = path.stat().st_size
            if size > MAX_ZIP:
                self.problem(label, f"is larger than {MAX_ZIP // 2**20} MB")
                return
            archive = zipfile.ZipFile(path)
        except Exception as reason:  # a broken zip can raise nearly anything
            self.problem(label, _unreadable(reason))
            return
        with archive:
            yield from self._zip(archive, label)

    def _zip(self, archive: zipfile.ZipFile, label: str) -> Iterator[tuple[str, bytes]]:
        """Files of a zip: no name in it is ever a path on this machine."""
        entries = {entry.filename.replace("\\", "/"): entry for entry in archive.infolist()}
        for name, entry in sorted(entries.items()):
            path = PurePosixPath(name)
            if path.suffix.lower() not in (".py", ".ipynb") or any(map(_hidden, path.parts)):
                continue
            if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
                self.problem(name, "points outside the zip: left out")
            elif entry.flag_bits & 1:
                self.problem(name, "is encrypted")
            elif entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                self.problem(name, "is packed in a way that is not read: make a plain zip")
            else:
                yield from self._limited(name, partial(archive.open, entry))
            if self._enough(label):
                return

    def _limited(self, label: str, opened: Callable[[], IO[bytes]]) -> Iterator[tuple[str, bytes]]:
        """One file, if it is no larger than an answer can be; no more than that is ever read."""
        most = MAX_NOTEBOOK if label.lower().endswith(".ipynb") else MAX_FILE
        self.files += 1
        try:
            with opened() as stream:
                data = stream.read(min(most, max(self.left, 0)) + 1)
        except Exception as reason:  # a damaged zip, a disk, a permission
            self.problem(label, _unreadable(reason))
            return
        self.left -= len(data)
        if len(data) > most:
            size = f"{most // 2**20} MB" if most >= 2**20 else f"{most // 1024} kB"
            self.problem(label, f"is larger than {size}")
        elif self.left >= 0:
            yield label, data

    def _enough(self, label: str) -> bool:
        """True once so much has been read that the rest is left."""
        if self.left < 0:
            self.problem(label, f"holds more than {MAX_READ // 2**20} MB: the rest was not read")
        elif self.files >= MAX_FILES:
            self.remark(f"only the first {MAX_FILES} files were read")
        return self.left < 0 or self.files >= MAX_FILES


def _hidden(name: str) -> bool:
    return (name.startswith(".") and name != "..") or name in SKIPPED


def _unreadable(reason: Exception) -> str:
    return f"cannot be read: {type(reason).__name__}: {reason}"[:300]
