"""The filter, run by a small interpreter of classic BPF, for both processors."""

import errno

import pytest

from course_attn.grading.sandbox import seccomp, syscalls


def verdict(machine, number, first=0, second=0, architecture=None):
    """What the kernel would answer."""
    data = {
        seccomp.NUMBER: number,
        seccomp.ARCHITECTURE: architecture or seccomp.MACHINES[machine][0],
        seccomp.FIRST: first,
        seccomp.SECOND: second,
    }
    steps, place, value = seccomp.program(machine), 0, 0
    while True:
        code, yes, no, constant = steps[place]
        if code == seccomp.LOAD:
            value, jump = data[constant], 0
        elif code == seccomp.RETURN:
            return constant
        else:
            tests = {
                seccomp.JUMP_EQUAL: value == constant,
                seccomp.JUMP_ABOVE: value > constant,
                seccomp.JUMP_ANY_BIT: bool(value & constant),
            }
            jump = yes if tests[code] else no
        place += 1 + jump


REFUSED, UNKNOWN = seccomp.ERRNO | errno.EPERM, seccomp.ERRNO | errno.ENOSYS


@pytest.mark.parametrize("machine", seccomp.MACHINES)
def test_verdicts(machine):
    _, denied, watched = seccomp.MACHINES[machine]
    assert {verdict(machine, number) for number in denied.values()} == {REFUSED}
    assert verdict(machine, watched["clone3"]) == UNKNOWN
    assert verdict(machine, syscalls.NEWEST + 1) == UNKNOWN
    assert verdict(machine, 0x40000000 + 59) == UNKNOWN, "the x32 calls of x86-64"
    assert verdict(machine, watched["clone"], first=17) == REFUSED, "a new process"
    assert verdict(machine, watched["clone"], first=0x3D0F00) == seccomp.ALLOW, "a thread"
    assert verdict(machine, watched["prlimit64"], first=0) == seccomp.ALLOW
    assert verdict(machine, watched["prlimit64"], first=1234) == REFUSED
    assert verdict(machine, watched["ioctl"], second=seccomp.TIOCSTI) == REFUSED
    assert verdict(machine, watched["ioctl"], second=seccomp.TIOCLINUX) == REFUSED
    assert verdict(machine, watched["ioctl"], second=0x5401) == seccomp.ALLOW
    assert verdict(machine, 1, architecture=0x40000003) == seccomp.KILL


def test_reading_and_writing_stay_allowed():
    assert [verdict("x86_64", number) for number in (0, 1, 9, 60, 202)] == [seccomp.ALLOW] * 5
    assert [verdict("aarch64", number) for number in (63, 64, 222, 93, 98)] == [seccomp.ALLOW] * 5
