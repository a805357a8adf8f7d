"""Programs that do harm, run one after another, each followed by an honest one that must still pass.

An attack raises unless it worked, and only then is the right answer given; or it is followed by a wrong answer.
"""

import os
import socket
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from textwrap import dedent, indent

import pytest

from evaluation.program import Program, ProgramEnd, ProgramOutcome
from evaluation.sandbox import Isolation, run_programs, starting

FINISHED, RAISED, CRASHED = ProgramEnd.FINISHED, ProgramEnd.RAISED, ProgramEnd.CRASHED
TIMED_OUT, OUT_OF_MEMORY = ProgramEnd.TIMED_OUT, ProgramEnd.OUT_OF_MEMORY
TOO_MUCH_OUTPUT, NOT_CHECKABLE = ProgramEnd.TOO_MUCH_OUTPUT, ProgramEnd.NOT_CHECKABLE

SECRET = "EXPECTED-7f3a91"
TESTS = (f"assert f(3) == 9, {SECRET!r}", f"assert f(4) == 16, {SECRET!r}")
LONG_S, SHORT_S = 60.0, 0.5
HONEST = Program(source="def f(n):\n    return n * n", tests=TESTS, entry_point="f", timeout_s=LONG_S)


@dataclass(frozen=True)
class Hostile:
    """A program that does harm."""

    name: str
    source: str
    ends: tuple[ProgramEnd, ...]
    weak: bool = False
    """Whether the weak isolation withstands it as well."""
    says: str = ""
    tests: tuple[str, ...] = TESTS
    timeout_s: float = LONG_S
    entry_point: str | None = field(default="f")
    setup: str = ""


def attack(body: str, answer: str = "n * n") -> str:
    """A program that attacks, and answers if nothing was raised."""
    code = indent(dedent(body).strip(), "    ")
    return (
        f"import ctypes, gc, os, resource, signal, socket, sys, threading, time\ndef f(n):\n{code}\n    return {answer}"
    )


def call(numbers: dict[str, int], *args: int) -> str:
    """A system call by its number, which must succeed."""
    words = ", ".join(map(str, args))
    return attack(
        f"number = {numbers!r}[os.uname().machine]\n"
        f"assert ctypes.CDLL(None, use_errno=True).syscall(number, {words}) >= 0, ctypes.get_errno()"
    )


def reading(path: str) -> str:
    return attack(f"assert open({path!r}, 'rb').read(1)")


@dataclass(frozen=True)
class Ran:
    """What came of all hostile programs, each with an honest one after it."""

    outcomes: dict[str, ProgramOutcome]
    afterwards: dict[str, ProgramOutcome]
    folder: Path
    made: list[str]
    """Folders that were made for the programs."""


def run_all(found: Isolation, folder: Path, programs: list[Hostile]) -> Ran:
    """What came of the programs, with a secret file in `folder` and a server to be reached."""
    (folder / "secret").write_text(SECRET)
    (folder / "secret").chmod(0o644)
    home, interpreter = Path.home(), os.path.realpath(os.sys._base_executable)  # type: ignore[attr-defined]
    at_home = {each for each in os.listdir(home) if not interpreter.startswith(str(home / each))} or {"nothing"}
    with socket.create_server(("127.0.0.1", 0)) as server:
        filled = {"@secret@": str(folder / "secret"), "@canary@": str(folder / "canary"), "@home@": repr(str(home))}
        filled |= {
            "@daemon@": str(folder / "daemon"),
            "@at_home@": repr(at_home),
            "@port@": str(server.getsockname()[1]),
        }
        wanted = [each for hostile in programs for each in (_program(hostile, filled), HONEST)]
        made: list[str] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(starting.tempfile, "mkdtemp", lambda **named: made.append(mkdtemp(**named)) or made[-1])
            outcomes = run_programs(wanted, isolation=found)
    names = [each.name for each in programs]
    afterwards = dict(zip(names, outcomes[1::2], strict=True))
    return Ran(dict(zip(names, outcomes[::2], strict=True)), afterwards, folder, made)


def _program(hostile: Hostile, filled: dict[str, str]) -> Program:
    source = hostile.source
    for mark, words in filled.items():
        source = source.replace(mark, words)
    return Program(
        source=source,
        tests=hostile.tests,
        entry_point=hostile.entry_point,
        setup=hostile.setup,
        timeout_s=hostile.timeout_s,
    )


def check(hostile: Hostile, ran: Ran) -> None:
    """No test held, it ended as what it is, and the next program was not disturbed."""
    outcome, after = ran.outcomes[hostile.name], ran.afterwards[hostile.name]
    assert (False,) * len(hostile.tests) == outcome.passed, outcome
    assert outcome.end in hostile.ends, outcome
    assert hostile.says in outcome.message
    assert ((True, True), FINISHED) == (after.passed, after.end), after
