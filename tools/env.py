"""Sets up the environment in `.venv`: Python packages, npm packages, and for the tests a browser and a sandbox.

    python3 -m tools.env             everything
    python3 -m tools.env --for book  what building the site needs (no browser)

Standard library only, since it runs before anything is installed; what it imports of the course keeps to that too.
Each step leaves a stamp, a hash of what it was made from, and is passed over while that stays the same.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from course_attn._endings import told
from course_attn._whole import write_whole

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMPS = VENV / "course-env.json"
NODE = ROOT / "tools" / "node"
OLDEST, NEWEST = (3, 11), (3, 13)  # of the pins in requirements.txt; the package itself has no cap
NODE_MAJOR = 20
# The first line of a script that pip made, or the first three: they name the environment's Python by its whole path.
SCRIPT_HEAD = re.compile(rb"\A(?:#![^\n]*/\.venv/[^\n]*\n|#!/bin/sh\n'''exec' [^\n]*/\.venv/[^\n]*\n' '''\n)")
BROWSERS = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser")


class SetupError(Exception):
    """The environment cannot be made; the text says what was wanted, what came, and what to do."""


def venv_python() -> Path:
    """The environment's Python."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def find_browser() -> str | None:
    """Path of a Chromium or Chrome: `$CHROME`, else the first one found."""
    chosen = os.environ.get("CHROME")
    if chosen:
        if not shutil.which(chosen):
            raise SetupError(f"$CHROME must name a browser that runs, got {chosen}: correct or unset it")
        return shutil.which(chosen)
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def prepare(level: str = "test") -> Path:
    """Bring the environment up to date for `level`, "book" or "test", and return its Python.

    Raises:
        SetupError: If something is missing that cannot be installed from here.
    """
    print("== environment", flush=True)
    _python_packages()
    _node_packages()
    if level == "test":
        _system_packages()
    return venv_python()


def _python_packages() -> None:
    base = _base_python()
    if not venv_python().exists() or _venv_version() != _version_of(base):
        print(f"making .venv with Python {'.'.join(map(str, _version_of(base)))}", flush=True)
        _make_venv(base, "--clear")
    elif not _config().get("command", "").endswith((str(VENV), str(VENV.resolve()))):  # a link to another's is no move
        print("this folder was moved: its environment follows", flush=True)
        _follow_a_move()
        _make_venv(base, "--without-pip")  # the scripts that activate it
    inputs = [ROOT / "requirements.txt", ROOT / "pyproject.toml", ROOT / "course_attn" / "_version.py"]
    stamp = _stamp(inputs, platform.machine(), str(_venv_version()), str(ROOT))
    if _stamps().get("python") == stamp:
        return
    pip = [str(venv_python()), "-m", "pip", "--disable-pip-version-check", "install", "--progress-bar", "off"]
    total = sum(1 for line in inputs[0].read_text(encoding="utf-8").splitlines() if "==" in line)
    _run_pip([*pip, "-r", "requirements.txt"], f"Python packages ({total}; a few minutes the first time)", total)
    _run_pip([*pip, "--no-deps", "--editable", "."], "the course's own package", 0)
    _remember("python", stamp)


def _make_venv(base: str, option: str) -> None:
    if os.path.lexists(VENV) and not VENV.is_dir():
        raise SetupError("environment: .venv must be a folder, got something else: move it away and run again")
    try:
        made = _ask([base, "-m", "venv", option, str(VENV)])
        if made.returncode:
            said = made.stdout + made.stderr
            lacking = "ensurepip" in said or "No module named venv" in said
            todo = "\nOn Debian or Ubuntu: apt install python3-venv" if lacking else ""
            raise SetupError(f"environment: python3 must be able to make .venv, got\n{_tail(said)}{todo}")
    except BaseException:
        if option == "--clear":  # half an environment: the next call makes it anew
            with suppress(OSError):
                (VENV / "pyvenv.cfg").unlink()
        raise


def _follow_a_move() -> None:
    """Let the environment's scripts begin with its Python where that is now."""
    head = b"#!/bin/sh\n'''exec' \"%s\" \"$0\" \"$@\"\n' '''\n" % os.fsencode(venv_python())  # however long the path
    for script in venv_python().parent.iterdir():
        if script.is_file() and not script.is_symlink():
            before = script.read_bytes()
            after = SCRIPT_HEAD.sub(lambda _: head, before)
            if after != before:
                script.write_bytes(after)


def _ask(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
    """What a command says, whatever the locale."""
    return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, **options)


def _base_python() -> str:
    """A Python of a version that the course supports, not the one inside `.venv`."""
    here = getattr(sys, "_base_executable", sys.executable) or sys.executable
    names = [here, *(shutil.which(f"python3.{minor}") for minor in range(NEWEST[1], OLDEST[1] - 1, -1))]
    for name in filter(None, names):
        if OLDEST <= (_version_of(name) or (0, 0))[:2] <= NEWEST:
            return name
    raise SetupError(
        f"environment: Python must be {OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}, got "
        f"{platform.python_version()}: install one (apt install python3 python3-venv, or from python.org) and run again"
    )


def _version_of(python: str) -> tuple[int, ...]:
    """(3, 11, 7), or () when it does not run."""
    if python in (sys.executable, getattr(sys, "_base_executable", None)):
        return tuple(sys.version_info[:3])
    answer = _ask([python, "-c", "import sys; print(*sys.version_info[:3])"])
    return tuple(map(int, answer.stdout.split())) if answer.returncode == 0 else ()


def _venv_version() -> tuple[int, ...]:
    return tuple(int(part) for part in _config().get("version", "0").split(".")[:3])


def _config() -> dict[str, str]:
    """What the environment says of itself: its version, and the command that made it."""
    config = VENV / "pyvenv.cfg"
    lines = config.read_text(encoding="utf-8").splitlines() if config.exists() else []
    return dict(line.split(" = ", 1) for line in lines if " = " in line)


def _run_pip(command: list[str], what: str, total: int) -> None:
    """Run pip with its output in a log; show how far it is."""
    print(f"installing {what}", flush=True)
    log, found = [], 0
    with subprocess.Popen(
        command, cwd=ROOT, text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        for line in process.stdout or ():
            log.append(line)
            if line.startswith("Collecting "):
                found += 1
                if found % 25 == 0 or found == total:
                    print(f"  {found} of {total} found", flush=True)
            elif line.startswith("Installing collected"):
                print("  unpacking", flush=True)
    if process.returncode:
        (VENV / "pip.log").write_text("".join(log), encoding="utf-8")
        reason = _explain("".join(log))
        raise SetupError(f"environment: {what} could not be installed:\n{reason}\nWhole log: .venv/pip.log")


def _node_packages() -> None:
    version = _node_version()
    stamp = _stamp([NODE / "package.json", NODE / "package-lock.json", ROOT / "tools" / "vendor.py"], version)
    vendored = ROOT / "book" / "assets" / "vendor" / "mathjax" / "VERSION"
    if _stamps().get("node") == stamp and (NODE / "node_modules" / ".package-lock.json").exists() and vendored.exists():
        return
    print("installing npm packages", flush=True)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]
    done = _ask(command, cwd=NODE)
    if done.returncode:
        raise SetupError(f"environment: npm packages could not be installed:\n{_explain(done.stdout + done.stderr)}")
    copied = _ask([str(venv_python()), "tools/vendor.py"], cwd=ROOT)
    if copied.returncode:
        raise SetupError(f"environment: MathJax could not be put into the site:\n{_tail(copied.stderr)}")
    _remember("node", stamp)


def _node_version() -> str:
    node = shutil.which("node")
    what = f"environment: Node must be {NODE_MAJOR} or later, with npm"
    todo = "install it (nodejs.org, or your system's package nodejs and npm) and run again"
    if not node or not shutil.which("npm"):
        raise SetupError(f"{what}, got {'no npm' if node else 'no node'} on the path: {todo}")
    answer = _ask([node, "--version"]).stdout.strip()
    if int("0" + answer.lstrip("v").split(".")[0]) < NODE_MAJOR:
        raise SetupError(f"{what}, got {answer or 'a node that does not run'}: {todo}")
    return answer


def _system_packages() -> None:
    """A browser for the site's tests, and bubblewrap, in which submitted code is shut up."""
    wanted = [] if find_browser() else ["chromium", "fonts-liberation"]
    if sys.platform == "linux" and not shutil.which("bwrap"):
        wanted.append("bubblewrap")
    if not wanted:
        return
    if shutil.which("apt-get"):
        print(f"installing with apt: {' '.join(wanted)}", flush=True)
        sudo = [] if os.geteuid() == 0 else ["sudo"]
        problem = _apt([*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"], wanted)
    else:
        problem = "there is no apt-get here"
    if not find_browser():
        raise SetupError(
            "environment: the site's tests need Chromium or Chrome, got none, and it could not be installed:\n"
            f"{problem}\nInstall one, or name it: CHROME=/path/to/chrome make test"
        )
    if problem:
        print(f"without bubblewrap the tests of the sandbox are skipped ({problem.splitlines()[-1]})", flush=True)


def _apt(apt: list[str], packages: list[str]) -> str:
    """Install; return what went wrong, or nothing."""
    install = [*apt, "install", "--yes", "--quiet", "--no-install-recommends", *packages]
    try:
        for command in (install, [*apt, "update", "--quiet"], install):
            done = _ask(command)
            if done.returncode == 0 and command is install:
                return ""
    except OSError as error:
        return f"{apt[0]}: {error.strerror}"
    return _tail(done.stdout + done.stderr)


def _explain(log: str) -> str:
    """The end of a log, with a guess when it looks like a missing network."""
    signs = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "getaddrinfo", "resolve", "Connection", "timed out")
    hint = "\nThis looks like a missing network: connect, or set a proxy or mirror for pip and npm, and run again."
    half = "\nHalf an environment: delete .venv and run again." if "No module named pip\n" in log else ""
    return _tail(log) + half + (hint if any(sign in log for sign in signs) else "")


def _tail(text: str, lines: int = 6) -> str:
    return "\n".join(f"    {line[:300]}" for line in text.strip().splitlines()[-lines:])


def _stamp(files: list[Path], *facts: str) -> str:
    digest = hashlib.sha256("\n".join(facts).encode())
    for path in files:
        if not path.exists():
            raise SetupError(f"environment: {path.relative_to(ROOT)} must be in the checkout, got nothing: restore it")
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _stamps() -> dict[str, str]:
    try:
        stamps: dict[str, str] = json.loads(STAMPS.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamps


def _remember(step: str, stamp: str) -> None:
    write_whole(STAMPS, json.dumps({**_stamps(), step: stamp}, indent=1))


def main(arguments: list[str] | None = None) -> int:
    """Command line: set up, or say in a few lines why not."""
    parser = argparse.ArgumentParser(prog="python3 -m tools.env", description="Sets up the environment in .venv.")
    parser.add_argument("--for", dest="level", choices=("book", "test"), default="test")
    try:
        python = prepare(parser.parse_args(arguments).level)
    except SetupError as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"ready: {python.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(told(main, "python3 -m tools.env"))
