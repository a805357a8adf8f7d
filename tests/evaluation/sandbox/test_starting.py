"""The filter of system calls, run step by step as the kernel would."""

import errno
import struct

import pytest

from evaluation.sandbox.starting import system_call_filter

X86, ARM = 0xC000003E, 0xC00000B7


ALLOWED, KILLED = 0x7FFF0000, 0x80000000


DENIED, MISSING = 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS


def _verdict(program: bytes, machine: int, number: int, first: int = 0) -> int:
    """What the filter says of a system call."""
    words = {0: number, 4: machine, 16: first}
    steps = [struct.unpack_from("=HBBI", program, at) for at in range(0, len(program), 8)]
    held, at = 0, 0
    while True:
        code, if_true, if_false, value = steps[at]
        at += 1
        match code:
            case 0x20:
                held = words[value]
            case 0x06:
                return int(value)
            case 0x15:
                at += if_true if held == value else if_false
            case 0x35:
                at += if_true if held >= value else if_false
            case 0x45:
                at += if_true if held & value else if_false


@pytest.mark.parametrize(
    ("machine", "audit", "denied", "allowed", "clone", "clone3"),
    [
        (
            "x86_64",
            X86,
            [57, 58, 101, 165, 272, 308, 319, 41, 425, 206, 434, 438, 322, 0x40000000],
            [0, 1, 9, 59, 231, 117, 53],
            56,
            435,
        ),
        (
            "aarch64",
            ARM,
            [117, 40, 97, 268, 279, 198, 425, 0, 434, 438, 281],
            [63, 64, 222, 221, 94, 147, 199],
            220,
            435,
        ),
    ],
)
def test_the_filter_denies_what_leads_out_and_allows_the_rest(
    machine: str, audit: int, denied: list[int], allowed: list[int], clone: int, clone3: int
) -> None:
    program = system_call_filter(machine)
    assert program is not None
    assert len(program) < 4096  # of what a pipe holds
    assert {DENIED} == {_verdict(program, audit, number) for number in denied}
    assert {ALLOWED} == {_verdict(program, audit, number) for number in allowed}
    assert {MISSING} == {_verdict(program, audit, number) for number in (clone3, 451, 457, 467, 999)}
    assert ALLOWED == _verdict(program, audit, clone, 0x3D0F00)  # a thread
    assert DENIED == _verdict(program, audit, clone, 0x1200011)  # a process
    assert KILLED == _verdict(program, 0x40000003, 1)  # as if for another machine


def test_a_machine_with_other_numbers_has_no_filter() -> None:
    assert system_call_filter("vax") is None
