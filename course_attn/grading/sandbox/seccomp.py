"""A filter on system calls, written as classic BPF and handed to the kernel with prctl."""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from collections.abc import Iterable

from course_attn.grading.sandbox import syscalls

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, MODE_FILTER = 38, 22, 2
LOAD, JUMP_EQUAL, JUMP_ABOVE, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER, ARCHITECTURE, FIRST, SECOND = 0, 4, 16, 24  # offsets in the kernel's struct seccomp_data
CLONE_THREAD = 0x00010000
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
MACHINES = {
    "x86_64": (0xC000003E, syscalls.X86_64, syscalls.X86_64_WATCHED),
    "aarch64": (0xC00000B7, syscalls.AARCH64, syscalls.AARCH64_WATCHED),
}

Step = tuple[int, int, int, int]


def available() -> bool:
    """True where there is a table for this processor."""
    return platform.machine() in MACHINES


def program(machine: str) -> list[Step]:
    """The filter: foreign architectures are killed, calls given up answer EPERM, unknown ones ENOSYS."""
    architecture, denied, watched = MACHINES[machine]
    steps: list[Step] = [
        (LOAD, 0, 0, ARCHITECTURE),
        (JUMP_EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
        (JUMP_ABOVE, 0, 1, syscalls.NEWEST),  # the x32 calls of x86-64 are above it too
        (RETURN, 0, 0, ERRNO | errno.ENOSYS),
        (JUMP_EQUAL, 0, 1, watched["clone3"]),  # its flags are out of a filter's reach; glibc falls back to clone
        (RETURN, 0, 0, ERRNO | errno.ENOSYS),
    ]
    steps += _look_into(watched["clone"], FIRST, [(JUMP_ANY_BIT, 1, 0, CLONE_THREAD)])
    steps += _look_into(watched["prlimit64"], FIRST, [(JUMP_EQUAL, 1, 0, 0)])  # its own limits only
    steps += _look_into(watched["ioctl"], SECOND, [(JUMP_EQUAL, 1, 0, TIOCSTI), (JUMP_EQUAL, 0, 1, TIOCLINUX)])
    for number in sorted(set(denied.values())):
        steps += [(JUMP_EQUAL, 0, 1, number), (RETURN, 0, 0, ERRNO | errno.EPERM)]
    return [*steps, (RETURN, 0, 0, ALLOW)]


def _look_into(number: int, offset: int, tests: Iterable[Step]) -> list[Step]:
    """Steps for one call: load its argument, test it, refuse or allow."""
    body = [(LOAD, 0, 0, offset), *tests, (RETURN, 0, 0, ERRNO | errno.EPERM), (RETURN, 0, 0, ALLOW)]
    return [(JUMP_EQUAL, 0, len(body), number), *body]


def install() -> None:
    """Put the filter on the calling thread and all that come from it. There is no way back.

    Raises:
        OSError: If the kernel refuses it.
    """
    steps = program(platform.machine())
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    head = ctypes.create_string_buffer(struct.pack("@HP", len(steps), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, MODE_FILTER, head, 0, 0)):
        if libc.prctl(*arguments):
            number = ctypes.get_errno()
            raise OSError(number, f"seccomp: {errno.errorcode.get(number, number)}")
