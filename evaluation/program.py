"""A program that a model wrote, with the tests it must pass, and the outcome of running it."""

from dataclasses import dataclass
from enum import StrEnum


class ProgramEnd(StrEnum):
    """How a program ended."""

    FINISHED = "finished"
    """All tests were run to their end, passed or not."""
    SYNTAX_ERROR = "syntax_error"
    RAISED = "raised"
    """An exception, or an early exit, before the tests."""
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    TOO_MUCH_OUTPUT = "too_much_output"
    CRASHED = "crashed"
    """Killed by a signal, or gone without a word."""
    NOT_CHECKABLE = "not_checkable"
    """What it returned is no plain value that could be carried to the checker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What a model wrote, and what the benchmark demands of it. Hostile."""

    source: str
    tests: tuple[str, ...]
    """Python statements of the benchmark, each a test of its own; run apart from the program."""
    entry_point: str | None = None
    """The function that the tests call; None: whichever names they call."""
    setup: str = ""
    """The benchmark's own code, which both the program and the tests may use."""
    timeout_s: float = 3.0
    """For the program with all its tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramOutcome:
    """What came of running a program."""

    passed: tuple[bool, ...]
    """One a test; False where it was not reached."""
    end: ProgramEnd
    message: str = ""
    """The first thing that went wrong, in a line."""
    isolation: str = ""
    """How the program was kept from harm: `bubblewrap`, `weak`."""
    duration_s: float = 0.0
