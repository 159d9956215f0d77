"""The cache where the machine gives out: no home folder, a full disk, a file or a link in the way, nobody who listens.

What is right when all goes well is tested in test_files.py.
"""

import errno
import hashlib
import io
import os
import sys
import tarfile

import pytest

from course_attn import files
from course_attn.files import CacheUnusable, FileUnavailable, PinnedFile, cache_folder, fetch

CONTENT = b"words"
NPM = PinnedFile("npm", "probe", "1.2", "package/words.txt", hashlib.sha256(CONTENT).hexdigest())
DEBIAN = PinnedFile("debian", "probe", "1.2", "./words.txt", NPM.sha256)
FULL = os.strerror(errno.ENOSPC)


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """Makes a command that does as told, the first of its name; a cache; an npm package named PACKAGE."""
    folder = tmp_path / "tools"
    folder.mkdir()
    with tarfile.open(tmp_path / "probe-1.2.tgz", "w:gz") as package:
        entry = tarfile.TarInfo(NPM.member)
        entry.size = len(CONTENT)
        package.addfile(entry, io.BytesIO(CONTENT))
    monkeypatch.setenv("PACKAGE", str(tmp_path / "probe-1.2.tgz"))
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("COURSE_ATTN_CACHE", str(tmp_path / "cache"))

    def make(name, body):
        (folder / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / name).chmod(0o755)

    return make


def error_of(file):
    with pytest.raises(FileUnavailable) as problem:
        fetch(file)
    return type(problem.value), str(problem.value)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX's way to a home folder")
def test_no_home_folder(monkeypatch):
    monkeypatch.setenv("COURSE_ATTN_CACHE", "~nosuchuser/x")
    lack = "the home folder in COURSE_ATTN_CACHE=~nosuchuser/x is nobody's"
    assert error_of(NPM) == (CacheUnusable, f"the cache: {lack}; name a folder in COURSE_ATTN_CACHE")
    for name in ("COURSE_ATTN_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)

    def unknown(number):
        raise KeyError(number)

    monkeypatch.setattr("pwd.getpwuid", unknown)
    lack = "no home folder to keep it in"
    assert error_of(NPM) == (CacheUnusable, f"the cache: {lack}; name a folder in COURSE_ATTN_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert str(cache_folder()) == "/elsewhere/course_attn"


@pytest.mark.parametrize(
    ("put", "reason"), [(lambda path: path.touch(), "Not a directory"), (lambda path: path.symlink_to("gone"), "File")]
)
def test_something_in_the_place_of_the_cache(tool, put, reason):
    put(cache_folder())
    kind, text = error_of(NPM)
    assert kind is CacheUnusable
    assert text.startswith(f"probe 1.2: the cache {NPM.folder} cannot be written ({reason}")
    assert text.endswith("Name another folder in COURSE_ATTN_CACHE.")


@pytest.mark.parametrize(("entered", "kind"), [(False, CacheUnusable), (True, FileUnavailable)])
def test_a_cache_that_cannot_be_entered_and_a_file_that_cannot_be_read(tool, monkeypatch, entered, kind):
    """Of the first no other file could be had either."""

    def refuse(path):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(files.Path, "exists", refuse)
    monkeypatch.setattr(files.os, "access", lambda path, mode: entered)
    assert error_of(NPM)[0] is kind


def test_npm_without_a_home_and_beside_its_own_cache(tool, monkeypatch):
    """npm refuses to start without a home folder, and to fetch where the one it has is read-only."""
    tool("npm", '[ -d "$HOME" ] && touch "$npm_config_cache/c" && cp "$PACKAGE" . || exit 1')
    monkeypatch.delenv("HOME")
    monkeypatch.delenv("npm_config_cache", raising=False)
    assert fetch(NPM).read_bytes() == CONTENT
    assert sorted(path.name for path in NPM.folder.iterdir()) == ["fetch.lock", "package"], "nothing of npm's stays"


def test_a_disk_that_fills_while_the_client_fetches(tool):
    """More network would not help: the message must not ask for it."""
    tool("npm", f'echo "npm error {FULL}" >&2; exit 1')
    kind, text = error_of(NPM)
    assert kind is CacheUnusable
    assert (
        text
        == f"probe 1.2: the cache {NPM.folder} cannot be written ({FULL}). Name another folder in COURSE_ATTN_CACHE."
    )


def test_a_disk_that_fills_while_a_package_is_unpacked(tool):
    tool("apt-get", "touch probe_1.2_all.deb")
    tool("dpkg-deb", f'echo "dpkg-deb: error: {FULL}" >&2; exit 2')
    assert f"cannot be written ({FULL})" in error_of(DEBIAN)[1]
    tool("dpkg-deb", "echo no archive >&2; exit 2")
    assert "is damaged" in error_of(DEBIAN)[1]


def test_a_disk_that_fills_while_the_file_is_copied(tool, monkeypatch):
    tool("npm", 'cp "$PACKAGE" .')

    def fail(*args):
        raise OSError(errno.ENOSPC, FULL)

    with monkeypatch.context() as full:
        full.setattr(files.shutil, "copyfileobj", fail)
        assert f"cannot be written ({FULL})" in error_of(NPM)[1]
    assert fetch(NPM).read_bytes() == CONTENT, "the next call works"


def test_a_fetch_that_nobody_can_be_told_of_goes_on(tool, monkeypatch):
    tool("npm", 'cp "$PACKAGE" .')

    def refuse(*args, **options):
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    monkeypatch.setattr("builtins.print", refuse)
    assert fetch(NPM).read_bytes() == CONTENT


def test_what_a_client_says_need_be_no_text(tool):
    tool("npm", "printf 'no \\377 network' >&2; exit 1")
    assert "could not be fetched: no \ufffd network\n" in error_of(NPM)[1]
