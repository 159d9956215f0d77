"""Which isolation this machine can give, and how a zygote is started in it."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch

from course_attn import _checks
from course_attn.grading.sandbox import landlock, seccomp
from course_attn.grading.sandbox.confine import Limits

TIERS = {
    "A": "own namespaces (bubblewrap), landlock, seccomp, limits",
    "B": "landlock, seccomp, limits",
    "C": "limits and a deadline only: for practice, not for marks",
    "D": "a process of its own and a deadline: for practice, not for marks",
}
MARKS = ("A", "B")
NOBODY = 65_534


@dataclass(frozen=True)
class Isolation:
    """A tier and what it means here."""

    tier: str
    detail: str

    def __str__(self) -> str:
        return f"{self.tier} ({self.detail})"


def available() -> list[Isolation]:
    """The tiers of this machine, best first."""
    return [Isolation(tier, detail(tier)) for tier in TIERS if can(tier)]


def choose(required: str) -> Isolation:
    """The best tier, if it is at least ``required``.

    Raises:
        ValueError: If this machine has none as good.
    """
    best = available()[0]
    if best.tier > required:
        advice = "marks need landlock (Linux 5.13) and seccomp; bubblewrap with user namespaces gives A"
        raise _checks.error("grade", "isolation", f"{required} or better", str(best), advice)
    return best


@cache
def can(tier: str) -> bool:
    """Whether this machine has what a tier needs; for A bubblewrap is tried, not only looked for."""
    if tier == "D":
        return True
    if tier == "C":
        return hasattr(os, "fork") and hasattr(socket, "send_fds")
    if not (sys.platform == "linux" and landlock.version() and seccomp.available()):
        return False
    if tier == "B":
        return True
    if not shutil.which("bwrap"):
        return False
    tried = subprocess.run([*_bubblewrap(), "/usr/bin/true"], capture_output=True, check=False)
    return tried.returncode == 0


def detail(tier: str) -> str:
    """A tier in words, with the user that workers run as."""
    user = ", own user" if tier == "B" and _own_user() is not None else ""
    return TIERS[tier] + user


def command(tier: str) -> list[str]:
    """The command that starts a Python for a zygote in this tier."""
    python = [str(_interpreter()), "-I", "-S", "-B", "-c"]
    return [*_bubblewrap(), *python] if tier == "A" else python


def limits(tier: str, memory: int) -> dict[str, Any]:
    """The fields of `Limits` for a tier."""
    confined = tier in MARKS
    readable, listable = _paths() if confined else ([], [])
    uid = _own_user() if tier == "B" else None
    return asdict(Limits(confined, confined, uid, memory, readable=readable, listable=listable))


def site_packages() -> Path:
    """The folder that torch was installed into."""
    return Path(torch.__file__).resolve().parents[1]


def _interpreter() -> Path:
    return Path(getattr(sys, "_base_executable", sys.executable)).resolve()


def _bubblewrap() -> list[str]:
    """Own namespaces of every kind, no rights, and a file system of interpreter and libraries, read-only."""
    arguments = ["bwrap", "--unshare-user", "--unshare-all", "--uid", str(NOBODY), "--gid", str(NOBODY)]
    arguments += ["--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
    arguments += ["--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    for folder in ("/bin", "/lib", "/lib64"):
        if os.path.islink(folder):
            arguments += ["--symlink", os.readlink(folder), folder]
        elif os.path.isdir(folder):
            arguments += ["--ro-bind", folder, folder]
    for wanted in (sys.base_prefix, str(_interpreter().parents[1]), str(site_packages())):
        if not wanted.startswith("/usr/"):
            arguments += ["--ro-bind", wanted, wanted]
    course = site_packages() / "course_attn"
    return [*arguments, *(["--tmpfs", str(course)] if course.is_dir() else []), "--remount-ro", "/"]


def _paths() -> tuple[list[str], list[str]]:
    """Folders an answer may read: the standard library, torch and what torch needs, shared libraries."""
    standard = Path(sysconfig.get_path("stdlib")).resolve()
    site = site_packages()
    readable = [str(path) for path in standard.iterdir() if path.name not in ("site-packages", "dist-packages")]
    for name in sorted(needed("torch") | needed("numpy") | needed("safetensors")):
        readable += [str(path) for path in _installed(name, site)]
    for folder in ("/usr/lib", "/lib", "/lib64"):
        if os.path.isdir(folder):
            readable += [str(path) for path in Path(folder).iterdir() if not path.name.startswith("python")]
    readable += ["/etc/ld.so.cache", "/dev/null", "/dev/zero", "/dev/urandom"]
    return readable, [str(standard), str(site)]


def needed(name: str) -> set[str]:
    """A distribution and all it needs without extras."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        try:
            requires = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        found.add(name)
        waiting += [re.split(r"[^\w.-]", line)[0] for line in requires if "extra ==" not in line]
    return found


def _installed(name: str, site: Path) -> set[Path]:
    """The top folders and files of a distribution in ``site``."""
    tops = {Path(str(file)).parts[0] for file in importlib.metadata.files(name) or [] if not str(file).startswith("..")}
    return {site / top for top in tops if top != "__pycache__" and (site / top).exists()}


def _own_user() -> int | None:
    """Root gives workers a user of their own, if that user can reach the interpreter; else None."""
    if os.getuid() != 0 or not _known_user(NOBODY):
        return None
    for path in (Path(sysconfig.get_path("stdlib")).resolve(), site_packages()):
        if not all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents)):
            return None
    return NOBODY


def _known_user(number: int) -> bool:
    """Whether this user is there: a container may know root and nobody else."""
    try:
        lines = Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines()
    except OSError:
        return True
    ranges = [[int(word) for word in line.split()] for line in lines]
    return any(first <= number < first + count for first, _, count in ranges)


def boot() -> str:
    """The program of a zygote: the modules it needs come as text, so that no file of the course is in sight."""
    return BOOT


def boot_alone() -> str:
    """The program of a worker of tier D."""
    return ALONE_BOOT


def sources(names: Sequence[str] | None = None) -> list[list[str]]:
    """Name and text of the modules a zygote runs (or those named), in the order they are needed."""
    package = Path(_checks.__file__).parent
    files = {name: package.joinpath(*name.split(".")[1:]).with_suffix(".py") for name in names or MODULES}
    return [[name, path.read_text("utf-8")] for name, path in files.items()]


def connect() -> tuple[socket.socket, socket.socket]:
    """Two ends that keep messages apart."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET if sys.platform == "linux" else socket.SOCK_DGRAM)


CONFINING = ("syscalls", "seccomp", "landlock", "confine", "zygote")
MODULES = [
    "course_attn._error",
    "course_attn._readable",
    "course_attn._checks",
    "course_attn.grading.names",
    "course_attn.grading.explain",
    "course_attn.grading.calling",
    "course_attn.grading.built",
    "course_attn.grading.student",
    "course_attn.grading.loading",
    "course_attn.grading.sandbox.codec",
    "course_attn.grading.sandbox.syscalls",
    "course_attn.grading.sandbox.seccomp",
    "course_attn.grading.sandbox.landlock",
    "course_attn.grading.sandbox.confine",
    "course_attn.grading.sandbox.masked",
    "course_attn.grading.sandbox.attended",
    "course_attn.grading.sandbox.worker",
    "course_attn.grading.sandbox.zygote",
]
ALONE = [name for name in MODULES if name.rpartition(".")[2] not in CONFINING] + ["course_attn.grading.sandbox.alone"]
MODULES_LOADED = """
sys.path.append(site)
for name, source in [["course_attn", ""], ["course_attn.grading", ""], ["course_attn.grading.sandbox", ""], *text]:
    module = types.ModuleType(name)
    module.__path__ = []
    sys.modules[name] = module
    parent, _, last = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], last, module)
    exec(compile(source, name, "exec"), module.__dict__)
"""
BOOT = f"""
import json, socket, sys, types
site, text, settings = json.load(sys.stdin)
{MODULES_LOADED}
sys.modules["course_attn.grading.sandbox.zygote"].main(socket.socket(fileno=int(sys.argv[1])), settings)
"""
ALONE_BOOT = f"""
import json, sys, types
site, text = json.load(sys.stdin)
{MODULES_LOADED}
sys.modules["course_attn.grading.sandbox.alone"].main(int(sys.argv[1]), sys.argv[2])
"""
