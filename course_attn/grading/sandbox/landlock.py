"""Landlock: after it a process can open nothing but the folders it was left, and those for reading only."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable

CREATE, ADD, RESTRICT = 444, 445, 446  # the same numbers on every processor
WANT_VERSION, PATH_BENEATH = 1, 1
READ_FILE, READ_DIR = 1 << 2, 1 << 3
# How many kinds of access each version of the interface knows.
FILE_BITS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
NETWORK_BITS, SCOPE_BITS = 0b11, 0b11


def version() -> int:
    """The version of the interface this kernel has, 0 for none."""
    return max(0, _libc().syscall(CREATE, None, 0, WANT_VERSION))


def ruleset(readable: Iterable[str], listable: Iterable[str]) -> int:
    """A descriptor of rules: ``readable`` may be read and listed, ``listable`` only listed.

    Raises:
        OSError: If the kernel has no landlock.
    """
    known = version()
    bits = (1 << FILE_BITS[min(known, 5)]) - 1 if known else 0
    words = [bits] + ([NETWORK_BITS] if known >= 4 else []) + ([SCOPE_BITS] if known >= 6 else [])
    attributes = struct.pack(f"={len(words)}Q", *words)
    rules = _libc().syscall(CREATE, attributes, len(attributes), 0)
    if rules < 0:
        raise OSError(ctypes.get_errno(), "landlock is not available")
    for paths, access in ((readable, READ_FILE | READ_DIR), (listable, READ_DIR)):
        for path in paths:
            _add(rules, path, access)
    return int(rules)


def _add(rules: int, path: str, access: int) -> None:
    try:
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there needs no rule
    try:
        allowed = access if os.path.isdir(path) else access & READ_FILE
        if _libc().syscall(ADD, rules, PATH_BENEATH, struct.pack("=Qi", allowed, beneath), 0):
            raise OSError(ctypes.get_errno(), f"landlock: no rule for {path}")
    finally:
        os.close(beneath)


def restrict(rules: int) -> None:
    """Keep to the rules from now on, for this thread and what comes from it (no_new_privs must be set)."""
    if _libc().syscall(RESTRICT, rules, 0):
        raise OSError(ctypes.get_errno(), "landlock: not restricted")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
