"""Pinned files: fetched by the package's own client, checked by hash, kept in a cache.

The clients are real where the machine has them, but read from a folder instead of the network: pip through
PIP_FIND_LINKS; npm and apt-get through small stand-ins on the PATH that copy an archive and log that they ran.
"""

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from course_attn import _clients, files
from course_attn.files import FileUnavailable, PinnedFile, cache_folder, fetch, fetch_all

CONTENT = bytes(range(256)) * 9001  # 2.3 MB: more than one block when it is copied and hashed
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A cache, and a shelf of archives that the three clients can fetch from without a network."""
    shelf, tools = tmp_path / "shelf", tmp_path / "tools"
    shelf.mkdir()
    tools.mkdir()
    for client, suffix in (("npm", "tgz"), ("apt-get", "deb")):
        script = tools / client
        script.write_text(f'#!/bin/sh\necho "$@" >> "{tmp_path}/calls"\ncp "{shelf}"/*.{suffix} . || exit 1\n')
        script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("COURSE_ATTN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    return shelf


def put_wheel(shelf):
    info = "course_attn_probe-1.2.dist-info"
    with zipfile.ZipFile(shelf / "course_attn_probe-1.2-py3-none-any.whl", "w") as wheel:
        wheel.writestr("probe/model.bin", CONTENT)
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: course-attn-probe\nVersion: 1.2\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def put_npm(shelf, content=CONTENT):
    with tarfile.open(shelf / "probe-1.2.tgz", "w:gz") as package:
        entry = tarfile.TarInfo("package/model.bin")
        entry.size = len(content)
        package.addfile(entry, io.BytesIO(content))
    return shelf / "probe-1.2.tgz"


WHEEL = PinnedFile("wheel", "course-attn-probe", "1.2", "probe/model.bin", SHA256)
NPM = PinnedFile("npm", "probe", "1.2", "package/model.bin", SHA256)
DEBIAN = PinnedFile("debian", "probe", "1:1.2", "./usr/share/model.bin", SHA256)


def calls(shelf):
    log = shelf.parent / "calls"
    return log.read_text().splitlines() if log.exists() else []


def left_in_cache():
    return sorted(p.name for p in cache_folder().rglob("*") if p.is_file() and p.suffix != ".lock")


def error_of(file):
    with pytest.raises(FileUnavailable) as problem:
        fetch(file)
    return str(problem.value)


# ---------------------------------------------------------------- the three kinds


def test_wheel_by_pip(shelf, capsys):
    put_wheel(shelf)
    path = fetch(WHEEL)
    assert path == cache_folder() / "course-attn-probe-1.2" / "probe" / "model.bin"
    assert path.read_bytes() == CONTENT
    printed = capsys.readouterr()
    assert printed.err == ""  # anything there would fail the building of a page
    assert printed.out.splitlines() == [
        "fetching course-attn-probe 1.2 (wheel) ...",
        "fetched model.bin: 2.3 MB, hash checked",
    ]


def test_npm_package(shelf):
    put_npm(shelf)
    assert fetch(NPM).read_bytes() == CONTENT
    assert calls(shelf) == ["pack --silent --ignore-scripts probe@1.2"]


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb, which unpacks Debian packages, is not here")
def test_debian_package(shelf, tmp_path):
    root = tmp_path / "root"
    (root / "DEBIAN").mkdir(parents=True)
    (root / "usr/share").mkdir(parents=True)
    (root / "usr/share/model.bin").write_bytes(CONTENT)
    (root / "DEBIAN/control").write_text(
        "Package: probe\nVersion: 1:1.2\nArchitecture: all\nMaintainer: nobody <n@example.org>\nDescription: probe\n"
    )
    subprocess.run(["dpkg-deb", "--build", root, shelf / "probe_1.2_all.deb"], check=True, capture_output=True)
    path = fetch(DEBIAN)
    assert path.read_bytes() == CONTENT
    assert DEBIAN.folder.name == "probe-1_1.2"  # a colon is no part of a folder's name on every system
    assert calls(shelf) == ["download -qq probe=1:1.2"]
    (shelf / "probe_1.2_all.deb").write_bytes(b"no archive")
    path.unlink()
    assert "probe 1:1.2: the archive probe_1.2_all.deb is damaged" in error_of(DEBIAN)


def test_the_archive_itself(shelf):
    archive = put_npm(shelf)
    whole = PinnedFile("npm", "probe", "1.2", "", hashlib.sha256(archive.read_bytes()).hexdigest())
    assert fetch(whole).read_bytes() == archive.read_bytes()
    assert whole.path.name == "archive"


@pytest.mark.parametrize("member", ["../model.bin", "a/../../model.bin", "/model.bin", "."])
def test_a_path_that_leaves_the_package(member):
    with pytest.raises(ValueError, match="PinnedFile: member must be a path inside the package, got '"):
        PinnedFile("npm", "probe", "1.2", member, SHA256)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "rpm"}, "kind must be one of 'wheel', 'npm', 'debian', got str 'rpm'"),
        ({"package": "../../x"}, "package must be a package as published, got str '../../x'"),
        ({"package": "/etc"}, "package must be a package as published"),
        ({"package": "a/b"}, "package must be a package as published"),
        ({"package": "--index-url=x"}, "package must be a package as published"),
        ({"package": ".."}, "package must be a package as published"),
        ({"package": 3}, "package must be a package as published, got int 3"),
        ({"version": "1/../../x"}, "version must be a version as published, got str '1/../../x'"),
        ({"version": ""}, "version must be a version as published"),
    ],
)
def test_names_that_leave_the_cache(change, message):
    with pytest.raises(ValueError, match=re.escape(f"PinnedFile: {message}")):
        replace(NPM, **change)


def test_a_scoped_npm_package_has_its_folder_in_the_cache(shelf):
    scoped = replace(NPM, package="@scope/probe.js")
    assert scoped.folder == cache_folder() / "@scope" / "probe.js-1.2"
    put_npm(shelf)
    assert fetch(scoped).read_bytes() == CONTENT


def test_two_files_of_one_name(shelf):
    contents = {"package/en/words.txt": b"attention", "package/de/words.txt": b"Aufmerksamkeit"}
    with tarfile.open(shelf / "probe-1.2.tgz", "w:gz") as package:
        for name, content in contents.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            package.addfile(entry, io.BytesIO(content))
    both = [
        PinnedFile("npm", "probe", "1.2", name, hashlib.sha256(content).hexdigest())
        for name, content in contents.items()
    ]
    assert [path.read_bytes() for path in fetch_all(both)] == [*contents.values()]
    assert [fetch(file).read_bytes() for file in reversed(both)] == [*reversed(contents.values())]
    assert len(calls(shelf)) == 1  # one package, fetched once


# ---------------------------------------------------------------- the cache


def test_the_second_time_needs_no_client(shelf, capsys):
    archive = put_npm(shelf)
    fetch(NPM)
    archive.unlink()
    capsys.readouterr()
    assert fetch(NPM).read_bytes() == CONTENT
    assert len(calls(shelf)) == 1
    assert capsys.readouterr().out == ""


def test_two_at_once_fetch_once(shelf):
    put_npm(shelf)
    found = []
    threads = [threading.Thread(target=lambda: found.append(fetch(NPM).read_bytes())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [CONTENT] * 4
    assert len(calls(shelf)) == 1
    assert left_in_cache() == ["model.bin"]


PROCESS = f"""
from course_attn.files import PinnedFile, fetch
print(len(fetch(PinnedFile("npm", "probe", "1.2", "package/model.bin", "{SHA256}")).read_bytes()))
"""


def start():
    return subprocess.Popen([sys.executable, "-c", PROCESS], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def hold_npm(shelf):
    """Let the stand-in wait for a file before it copies; return that file."""
    script, go = shelf.parent / "tools" / "npm", shelf.parent / "go"
    wait = f'while [ ! -e "{go}" ]; do sleep 0.05; done'
    script.write_text(script.read_text().replace("\ncp", f"\n{wait}\ncp"))
    return go


def wait_for(condition):
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end, "nothing happened for two minutes"
        time.sleep(0.05)


def test_two_processes_at_once_fetch_once(shelf):
    put_npm(shelf)
    go = hold_npm(shelf)
    both = [start(), start()]
    wait_for(lambda: calls(shelf))
    go.touch()
    for process in both:
        printed, problem = process.communicate(timeout=120)
        assert (process.returncode, problem) == (0, "")
        assert printed.splitlines()[-1] == str(len(CONTENT))
    assert len(calls(shelf)) == 1
    assert left_in_cache() == ["model.bin"]


def test_a_process_killed_on_the_way_leaves_nothing_that_is_used(shelf):
    put_npm(shelf)
    go = hold_npm(shelf)
    process = start()
    wait_for(lambda: calls(shelf))
    process.kill()
    process.communicate()
    go.touch()
    assert not NPM.path.exists()
    assert list(NPM.folder.glob("fetch-*"))  # what the killed process had begun
    assert fetch(NPM).read_bytes() == CONTENT
    assert not list(NPM.folder.glob("fetch-*"))
    assert left_in_cache() == ["model.bin"]


def test_a_client_that_takes_long_shows_how_much_is_there(shelf, capsys, monkeypatch):
    put_npm(shelf)
    script = shelf.parent / "tools" / "npm"
    grow = 'head -c 1500000 /dev/zero > "$TMPDIR/part"; sleep 1.5; echo "no matter" >&2'  # where pip gathers a wheel
    script.write_text(script.read_text().replace("\ncp", f"\n{grow}\ncp"))
    monkeypatch.setattr(_clients, "PROGRESS_EVERY", 0.3)
    fetch(NPM)
    printed = capsys.readouterr().out
    first, shown, last = printed.splitlines()[0], printed.split("\r")[1:], printed.splitlines()[-1]
    assert first == "fetching probe 1.2 (npm) ..."
    assert shown[1].startswith("  1.5 MB so far, ")
    assert len(shown) >= 3
    assert last == "fetched model.bin: 2.3 MB, hash checked"
    assert left_in_cache() == ["model.bin"]


def test_an_interrupted_fetch_leaves_no_client_behind(shelf, monkeypatch):
    put_npm(shelf)
    hold_npm(shelf)
    started = []

    class Interrupted(subprocess.Popen):
        def communicate(self, **options):
            started.append(self)
            raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch(NPM)
    assert started[0].returncode != 0
    assert left_in_cache() == []


def test_cache_folder(monkeypatch):
    monkeypatch.setenv("COURSE_ATTN_CACHE", "~/mine")
    assert cache_folder() == Path.home() / "mine"
    monkeypatch.delenv("COURSE_ATTN_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", os.sep + "elsewhere")
    assert cache_folder() == Path(os.sep, "elsewhere", "course_attn")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "course_attn"


# ---------------------------------------------------------------- what can go wrong


@pytest.mark.parametrize(  # names: pytest 8 hands a test's name to every process that it starts, megabytes or not
    "damage",
    [CONTENT[:-1], CONTENT[:100], b"", CONTENT[:-1] + b"!"],
    ids=["last byte gone", "most gone", "empty", "one byte altered"],
)
def test_an_altered_or_truncated_file_in_the_cache(shelf, damage):
    put_npm(shelf)
    path = fetch(NPM)
    path.write_bytes(damage)
    assert error_of(NPM) == (
        "model.bin of probe 1.2: the file in the cache is not the pinned one (altered or cut short). "
        f"Delete it and call again: {path}"
    )
    path.unlink()
    assert fetch(NPM).read_bytes() == CONTENT  # the advice helps


def test_a_folder_where_the_file_should_be(shelf):
    put_npm(shelf)
    NPM.path.mkdir(parents=True)
    assert error_of(NPM) == (
        f"model.bin of probe 1.2: no file is in its place in the cache. Delete it and call again: {NPM.path}"
    )
    NPM.path.rmdir()
    assert fetch(NPM).read_bytes() == CONTENT


def test_a_cache_that_cannot_be_read(shelf, monkeypatch):
    put_npm(shelf)
    path = fetch(NPM)

    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(files, "_hash", refuse)  # the file's mode would not stop root
    assert error_of(NPM) == (
        f"model.bin of probe 1.2: the cache cannot be read (Permission denied: {path}). "
        "Name another folder in COURSE_ATTN_CACHE."
    )


def test_a_package_that_was_changed(shelf):
    put_npm(shelf, CONTENT[:-1])
    other = hashlib.sha256(CONTENT[:-1]).hexdigest()
    assert error_of(NPM) == (
        f"package/model.bin of probe 1.2 must have SHA-256 {SHA256}, got {other}. "
        "The package was changed: do not use it; report it to the course."
    )
    assert left_in_cache() == []  # nothing of it stays


def test_a_package_without_the_file(shelf):
    put_npm(shelf)
    put_wheel(shelf)
    for file in (NPM, WHEEL):
        lacking = PinnedFile(file.kind, file.package, file.version, "package/other.bin", SHA256)
        assert error_of(lacking) == f"{file.package} 1.2 holds no file package/other.bin"
    assert left_in_cache() == []


def test_a_member_that_is_a_folder(shelf):
    with tarfile.open(shelf / "probe-1.2.tgz", "w:gz") as package:
        entry = tarfile.TarInfo("package/model.bin")
        entry.type = tarfile.DIRTYPE
        package.addfile(entry)
    assert error_of(NPM) == "probe 1.2 holds no file package/model.bin"


@pytest.mark.parametrize("keep", [0, 30, -200])
def test_a_damaged_archive(shelf, keep):
    archive = put_npm(shelf)
    archive.write_bytes(archive.read_bytes()[:keep])
    assert error_of(NPM).startswith("probe 1.2: the archive probe-1.2.tgz is damaged (")
    assert left_in_cache() == []


def test_no_network(shelf):
    message = error_of(WHEEL)  # the shelf is empty
    assert message.startswith("course-attn-probe 1.2 could not be fetched: ")
    assert "No matching distribution found for course-attn-probe==1.2" in message
    assert "Connect to the network and call again (it runs: " in message
    assert message.endswith("set COURSE_ATTN_CACHE to a cache filled elsewhere.")
    assert error_of(NPM).startswith("probe 1.2 could not be fetched: ")
    assert left_in_cache() == []


def test_a_debian_package_without_what_unpacks_it(shelf, monkeypatch):
    (shelf / "probe_1.2_all.deb").write_bytes(b"!<arch>")
    here = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "dpkg-deb" else here(name))
    assert error_of(DEBIAN) == (
        "probe_1.2_all.deb is unpacked with dpkg-deb, which this machine does not have. Install dpkg."
    )
    assert left_in_cache() == []


def test_a_cache_that_cannot_be_written(shelf, monkeypatch, tmp_path):
    """A file where the folder should be: permissions would not stop root."""
    put_npm(shelf)
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("COURSE_ATTN_CACHE", str(tmp_path / "file"))
    message = error_of(NPM)
    assert message.startswith(f"probe 1.2: the cache {tmp_path / 'file' / 'probe-1.2'} cannot be written (")
    assert message.endswith("Name another folder in COURSE_ATTN_CACHE.")


def test_a_read_only_cache_that_holds_the_file_serves_it(shelf):
    put_npm(shelf)
    path = fetch(NPM)
    before = sorted(path.parent.iterdir())
    for left in before:
        if left != path:
            left.unlink()  # as in a cache filled elsewhere and copied
    path.parent.chmod(0o555)
    try:
        assert fetch(NPM) == path
        assert list(path.parent.iterdir()) == [path]  # nothing was written, not even a lock
    finally:
        path.parent.chmod(0o755)
