"""Watches a program and its tests from outside: who says what, for how long, and how it ended.

(nothing) -- ready --> (ready) -- test, at most one for each test --> (ready) -- end --> (over)

`failed` ends it at any time. No message moves the clock but the first `ready`, and nothing is taken once it is over.
"""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Any

from evaluation.errors import SandboxError
from evaluation.machine_load import busy_words, stretched_s
from evaluation.program import Program, ProgramEnd, ProgramOutcome
from evaluation.sandbox.bubblewrap import HOME
from evaluation.sandbox.file_trees import count_entries
from evaluation.sandbox.inside.shared import GarbageError
from evaluation.sandbox.inside.values import Decoder, PlainOnly
from evaluation.sandbox.starting import Place, Started, checker_job, processor_time_limit_s, program_job, start_side

MAX_VERDICT_BYTES = 16_384
"""Bytes of one message: the checker limits its text to a few hundred characters."""
_END_OF_FAILURE = {
    "syntax": ProgramEnd.SYNTAX_ERROR,
    "MemoryError": ProgramEnd.OUT_OF_MEMORY,
    "memory": ProgramEnd.OUT_OF_MEMORY,
    "unreadable": ProgramEnd.NOT_CHECKABLE,
    "not checkable": ProgramEnd.NOT_CHECKABLE,
}
_BROKEN = (ProgramEnd.CRASHED, "the tests broke their interpreter")


class _Stage(Enum):
    STARTING = "starting"
    TESTING = "testing"
    OVER = "over"


class Verdicts:
    """Reads the messages of one checker from its pipe."""

    def __init__(self, n_tests: int) -> None:
        self._n_tests = n_tests
        self._stage = _Stage.STARTING
        self._unread = b""
        self._first_failure: tuple[str, str] | None = None
        self.passed: list[bool] = []
        """Result of each test that ran, in order."""
        self.end: tuple[ProgramEnd, str] | None = None
        """How the program ended, with a message; None while it runs."""
        self.is_gone = False
        """True if it ended because its interpreter is gone; only the process itself can explain why."""

    @property
    def has_started(self) -> bool:
        """Whether both interpreters have become ready."""
        return self._stage is not _Stage.STARTING

    def read(self, data: bytes) -> None:
        """Process the messages that have arrived."""
        self._unread += data
        while self.end is None and len(self._unread) >= 4:
            size = int.from_bytes(self._unread[:4], "big")
            if size > MAX_VERDICT_BYTES:
                self._break()
                return
            if len(self._unread) < 4 + size:
                return
            frame, self._unread = self._unread[4 : 4 + size], self._unread[4 + size :]
            try:
                self._take(Decoder(PlainOnly(), frame).decoded())
            except GarbageError:
                self._break()

    def _take(self, message: object) -> None:
        match self._stage, message:
            case _Stage.STARTING, ("ready",):
                self._stage = _Stage.TESTING
            case _Stage.TESTING, ("test", bool(passed), str(kind), str(words)) if len(self.passed) < self._n_tests:
                self.passed.append(passed)
                if not passed and self._first_failure is None:
                    self._first_failure = kind, words
            case _Stage.STARTING | _Stage.TESTING, ("failed", str(kind), str(words)):
                self._finish(kind, words, ProgramEnd.RAISED)
            case _Stage.TESTING, ("end",) if len(self.passed) == self._n_tests or self._first_failure is not None:
                self._finish(*(self._first_failure or ("", "")), ProgramEnd.FINISHED)
            case _:
                self._break()

    def _finish(self, kind: str, words: str, otherwise: ProgramEnd) -> None:
        self.is_gone = kind == "gone"
        self.end = _END_OF_FAILURE.get(kind, otherwise), words
        if self._stage is _Stage.TESTING:
            self._stage = _Stage.OVER

    def _break(self) -> None:
        self.end = _BROKEN


MAX_OUTPUT_BYTES = 1_000_000
MAX_FILES = 2_000
_START_S = 120.0
"""Seconds for both interpreters to start on an idle machine; the program's own time starts afterwards."""
_LOOK_S = 0.1


class CancelledError(Exception):
    """Raised when the outcome is no longer wanted."""


def run_program(program: Program, place: Place, is_unwanted: Callable[[], bool]) -> ProgramOutcome:
    """Run a program and return its outcome.

    Raises:
        SandboxError: the sandbox did not start.
        CancelledError: it was cancelled while it ran.
    """
    if len(program.source) > MAX_OUTPUT_BYTES:
        return _outcome(program, [], ProgramEnd.SYNTAX_ERROR, f"a program of {len(program.source)} characters", place)
    with _Pair(program, place) as pair:
        return pair.watch(is_unwanted)


class _Pair:
    """The two interpreters with their pipes."""

    def __init__(self, program: Program, place: Place) -> None:
        self._program, self._place, self._start_s = program, place, stretched_s(_START_S)
        self._sides: dict[str, Started] = {}
        self._files: set[int] = set()
        self._output = {"program": b"", "checker": b""}
        self._n_output = 0
        self._verdicts = Verdicts(len(program.tests))
        self._end: tuple[ProgramEnd, str] | None = None
        self._started_at: float | None = None
        """Set only once: no message from inside changes it."""

    def __enter__(self) -> "_Pair":
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self) -> None:
        (program_reads, checker_writes), (checker_reads, program_writes) = self._pipe(), self._pipe()
        (self._hears, verdict_writes) = self._pipe()
        self._program_prints, program_output = self._pipe()
        self._checker_prints, checker_output = self._pipe()
        place, timeout_s = self._place, self._program.timeout_s
        self._sides["checker"] = start_side(
            place,
            "checker",
            checker_job(self._program),
            (checker_reads, checker_writes, verdict_writes),
            output=checker_output,
            timeout_s=timeout_s,
        )
        self._sides["program"] = start_side(
            place,
            "program",
            program_job(self._program),
            (program_reads, program_writes),
            output=program_output,
            timeout_s=timeout_s,
        )
        ours = {self._hears, self._program_prints, self._checker_prints}
        for file in self._files - ours:
            os.close(file)
        self._files = ours

    def _pipe(self) -> tuple[int, int]:
        ends = os.pipe()
        self._files.update(ends)
        return ends

    def __exit__(self, *exc: object) -> None:
        for name in ("program", "checker"):  # the program first: without the checker it would end itself
            if name in self._sides:
                self._sides[name].end()
        for file in self._files:
            os.close(file)
        self._files = set()

    def watch(self, is_unwanted: Callable[[], bool]) -> ProgramOutcome:
        """Wait for the outcome and return it."""
        began = time.monotonic()
        with selectors.DefaultSelector() as selector:
            for file in (self._hears, self._program_prints, self._checker_prints):
                os.set_blocking(file, False)
                selector.register(file, selectors.EVENT_READ)
            while self._end is None:
                if is_unwanted():
                    raise CancelledError
                self._look(began)
                for key, _ in selector.select(self._patience(began)):
                    self._hear(selector, key.fd)
        end, message = self._end
        self._sides["program"].kill()
        self._drain("program", self._program_prints)
        if self._n_output > MAX_OUTPUT_BYTES:
            end, message = ProgramEnd.TOO_MUCH_OUTPUT, f"more than {MAX_OUTPUT_BYTES} bytes of output"
        duration_s = time.monotonic() - (self._started_at or began)
        return _outcome(self._program, self._verdicts.passed, end, message, self._place, duration_s)

    def _deadline(self, began: float) -> float:
        return began + self._start_s if self._started_at is None else self._started_at + self._program.timeout_s

    def _patience(self, began: float) -> float:
        return max(0.0, min(_LOOK_S, self._deadline(began) - time.monotonic()))

    def _look(self, began: float) -> None:
        """End a program that takes too long or writes too many files."""
        now = time.monotonic()
        if now >= self._deadline(began):
            if self._started_at is None:
                busy = f": {words}" if (words := busy_words()) else ""
                raise SandboxError(f"the sandbox did not start within {self._start_s:.0f} s{busy}{self._output_tail()}")
            self._end = ProgramEnd.TIMED_OUT, f"no end after {self._program.timeout_s:g} s"
        elif self._started_at is not None and now - self._started_at > _LOOK_S / 2 and self._n_files() > MAX_FILES:
            self._end = ProgramEnd.TOO_MUCH_OUTPUT, f"more than {MAX_FILES} files"

    def _n_files(self) -> int:
        """Return how many files the program has in its folder, as far as is visible from outside."""
        side = self._sides["program"]
        if side.folder is not None:
            return count_entries(side.folder, at_most=MAX_FILES + 1)
        pid = side.process.pid
        with suppress(OSError):
            for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
                room = os.statvfs(f"/proc/{child}/root{HOME}")
                return room.f_files - room.f_ffree
        return 0

    def _hear(self, selector: selectors.BaseSelector, file: int) -> None:
        try:
            data = os.read(file, 1 << 16)
        except BlockingIOError:
            return
        if not data:
            selector.unregister(file)
        if file == self._hears:
            self._hear_verdicts(data)
            return
        side = "program" if file == self._program_prints else "checker"
        self._output[side] = (self._output[side] + data)[-2_000:]
        self._n_output += len(data)
        if self._n_output > MAX_OUTPUT_BYTES:
            self._end = ProgramEnd.TOO_MUCH_OUTPUT, f"more than {MAX_OUTPUT_BYTES} bytes of output"

    def _hear_verdicts(self, data: bytes) -> None:
        self._verdicts.read(data)
        if self._started_at is None and self._verdicts.has_started:
            self._started_at = time.monotonic()
        if self._verdicts.end is not None:
            self._end = self._gone() if self._verdicts.is_gone else self._verdicts.end
        elif not data:
            self._end = self._silence()

    def _left_s(self, *, at_least: float, at_most: float) -> float:
        """Return the seconds left of the program's time."""
        left_s = 0.0 if self._started_at is None else self._deadline(self._started_at) - time.monotonic()
        return min(at_most, max(at_least, left_s))

    def _silence(self) -> tuple[ProgramEnd, str]:
        """Return the outcome where the checker has ended without a reason."""
        if self._started_at is None:
            with suppress(subprocess.TimeoutExpired):
                self._sides["checker"].process.wait(timeout=5)
            self._drain("checker", self._checker_prints)
            raise SandboxError(f"the sandbox does not start{self._output_tail()}")
        return ProgramEnd.CRASHED, "the tests' interpreter ended before the tests"

    def _gone(self) -> tuple[ProgramEnd, str]:
        """Return the outcome from how the program's interpreter ended."""
        try:
            status = self._sides["program"].process.wait(timeout=self._left_s(at_least=0.2, at_most=5.0))
        except subprocess.TimeoutExpired:
            return ProgramEnd.CRASHED, "it cut the line to the tests"
        if self._started_at is None:
            self._drain("program", self._program_prints)
            raise SandboxError(f"the sandbox does not start{self._output_tail()}")
        number = -status if status < 0 else status - 128 if status > 128 else 0
        name = signal.Signals(number).name if number in set(signal.Signals) else ""
        if name == "SIGXCPU" and self._may_have_used_up_its_processor_time():
            return ProgramEnd.TIMED_OUT, "no processor time left"
        return ProgramEnd.CRASHED, f"killed by {name}" if name else f"ended with exit status {status}, without a word"

    def _may_have_used_up_its_processor_time(self) -> bool:
        """Return False where too little time has passed for that: the program sent itself the signal."""
        passed_s = time.monotonic() - (self._started_at or 0.0)
        return passed_s * (os.cpu_count() or 1) >= processor_time_limit_s(self._program.timeout_s) / 2

    def _drain(self, side: str, prints: int) -> None:
        """Read what is left in a side's pipe, up to the output limit."""
        with suppress(OSError):
            while self._n_output <= MAX_OUTPUT_BYTES and (data := os.read(prints, 1 << 16)):
                self._n_output += len(data)
                self._output[side] = (self._output[side] + data)[-2_000:]

    def _output_tail(self) -> str:
        words = b" ".join(self._output.values()).decode(errors="replace").split()
        return f": {' '.join(words)[-500:]}" if words else ""


def _outcome(
    program: Program, passed: list[bool], end: ProgramEnd, message: str, place: Place, duration_s: float = 0.0
) -> ProgramOutcome:
    n_tests = len(program.tests)
    test_results: list[Any] = [*passed[:n_tests], *[False] * (n_tests - len(passed))]
    return ProgramOutcome(
        passed=tuple(test_results), end=end, message=message, isolation=place.isolation.name, duration_s=duration_s
    )
