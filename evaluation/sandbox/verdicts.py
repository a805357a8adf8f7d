"""What has the tests' interpreter said? Each message is taken once, in its turn; anything else ends the program.

    (nothing) -- ready --> (ready) -- test, at most one for each test --> (ready) -- end --> (over)

`failed` ends it at any time. No message moves the clock but the first `ready`, and nothing is taken once it is over.
"""

from enum import Enum

from evaluation.program import ProgramEnd
from evaluation.sandbox.inside.shared import GarbageError
from evaluation.sandbox.inside.values import Decoder, PlainOnly

MAX_VERDICT_BYTES = 16_384
"""Of one message: the checker cuts its words to a few hundred characters."""

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
    """The messages of one checker, read from its pipe as they come."""

    def __init__(self, n_tests: int) -> None:
        self._n_tests = n_tests
        self._stage = _Stage.STARTING
        self._unread = b""
        self._first_failure: tuple[str, str] | None = None
        self.passed: list[bool] = []
        """Of each test that was run, in order."""
        self.end: tuple[ProgramEnd, str] | None = None
        """How the program ended, and in which words; None while it runs."""
        self.is_gone = False
        """Whether it ended because its interpreter is there no more, which only the process itself explains."""

    @property
    def has_started(self) -> bool:
        """Whether both interpreters have been ready."""
        return self._stage is not _Stage.STARTING

    def read(self, data: bytes) -> None:
        """Take what has come of the messages."""
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
