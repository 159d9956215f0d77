"""What a worker gives up before it sees the answer: rights, files, system calls, memory, time."""

from __future__ import annotations

import ctypes
import mmap
import os
import platform
import struct
from dataclasses import dataclass, field

from course_attn.grading.sandbox import landlock, seccomp

PR_SET_DUMPABLE, PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 4, 1, 38
CAPABILITIES_VERSION = 0x20080522
CAPSET = {"x86_64": 126, "aarch64": 91}
THREADS, OPEN_FILES = 64, 64


@dataclass
class Limits:
    """How a worker is confined; the grader decides, the zygote obeys.

    Args:
        landlock: Whether files are confined.
        seccomp: Whether system calls are.
        uid: The user to become, or None to stay.
        memory: Bytes that the answer may take on top of what torch takes.
        cpu_seconds: Processor time of one worker.
        readable: Folders that may be read.
        listable: Folders whose names may be listed.
    """

    landlock: bool = False
    seccomp: bool = False
    uid: int | None = None
    memory: int = 2**30
    cpu_seconds: int = 60
    readable: list[str] = field(default_factory=list)
    listable: list[str] = field(default_factory=list)


def confine(limits: Limits, rules: int) -> None:
    """Give up everything that an answer does not need. Anything that fails ends the worker.

    Args:
        limits: What to give up.
        rules: The landlock rules made beforehand, or -1.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    limit(limits)
    if limits.uid is not None:
        os.setgroups([])
        os.setresgid(limits.uid, limits.uid, limits.uid)
        os.setresuid(limits.uid, limits.uid, limits.uid)
    if limits.landlock or limits.seccomp:
        libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
        _drop_capabilities(libc)
        if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "no_new_privs")
    if limits.landlock:
        landlock.restrict(rules)
        os.close(rules)
    if limits.seccomp:
        seccomp.install()


def limit(limits: Limits) -> None:
    """Memory, processor time, files, threads."""
    import resource  # here: Windows has none, and reads this module for `Limits`

    in_use = address_space()
    caps = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: OPEN_FILES,
        resource.RLIMIT_CPU: limits.cpu_seconds,
    }
    if in_use:
        caps[resource.RLIMIT_AS] = in_use + limits.memory
    if limits.uid is not None:
        caps[resource.RLIMIT_NPROC] = THREADS
    for kind, value in caps.items():
        resource.setrlimit(kind, (value, value))


def address_space() -> int:
    """Bytes of address space in use, 0 where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * mmap.PAGESIZE
    except OSError:
        return 0


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    """Root without capabilities is a user like any other."""
    head, none = struct.pack("=Ii", CAPABILITIES_VERSION, 0), struct.pack("=6I", *[0] * 6)
    number = CAPSET.get(platform.machine())
    if number is None or libc.syscall(number, head, none):
        raise OSError(ctypes.get_errno(), "capabilities could not be dropped")
