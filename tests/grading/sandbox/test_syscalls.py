"""The two tables name the same calls, but for those that only one processor has."""

from pathlib import Path

import pytest

from course_attn.grading.sandbox import syscalls

HEADER = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
ESSENTIAL = {"execve", "kill", "ptrace", "socket", "connect", "unlinkat", "mount", "bpf", "memfd_create", "setresuid"}


@pytest.mark.parametrize("table", [syscalls.X86_64, syscalls.AARCH64], ids=["x86_64", "aarch64"])
def test_tables_hold_what_matters_and_no_number_twice(table):
    assert set(table) >= ESSENTIAL
    assert len(set(table.values())) == len(table)
    assert max(table.values()) <= syscalls.NEWEST


def test_arm_has_no_call_that_x86_lacks():
    assert set(syscalls.AARCH64) <= set(syscalls.X86_64)


@pytest.mark.skipif(not HEADER.exists(), reason="no kernel headers here")
def test_numbers_agree_with_the_kernels_header():
    lines = [line.split() for line in HEADER.read_text().splitlines() if line.startswith("#define __NR_")]
    numbers = {name.removeprefix("__NR_"): int(number) for _, name, number in lines}
    wrong = {name for name, number in syscalls.X86_64.items() if numbers.get(name, number) != number}
    assert not wrong
