"""A program that a model wrote, with the tests it must pass, and the outcome of running it."""

from dataclasses import dataclass
from enum import StrEnum


class ProgramEnd(StrEnum):
    """How a program ended."""

    FINISHED = "finished"
    """All tests ran to their end, passed or not."""
    SYNTAX_ERROR = "syntax_error"
    RAISED = "raised"
    """An exception or an early exit before the tests."""
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    TOO_MUCH_OUTPUT = "too_much_output"
    CRASHED = "crashed"
    """Killed by a signal, or ended without a message."""
    NOT_CHECKABLE = "not_checkable"
    """The returned value is not plain data that can be passed to the checker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program written by a model, with the benchmark's tests. Treated as hostile."""

    source: str
    tests: tuple[str, ...]
    """Python statements of the benchmark, each a separate test; executed apart from the program."""
    entry_point: str | None = None
    """Function that the tests call; None if they call functions by any name."""
    setup: str = ""
    """The benchmark's own code, available to both the program and the tests."""
    timeout_s: float = 3.0
    """Limit for the program with all its tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramOutcome:
    """Result of running a program."""

    passed: tuple[bool, ...]
    """One value for each test; False for a test that was not reached."""
    end: ProgramEnd
    message: str = ""
    """The first error, in one line."""
    isolation: str = ""
    """Isolation that was used: `bubblewrap`, `weak`."""
    duration_s: float = 0.0
