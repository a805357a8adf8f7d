"""The background writer of calls in production, which neither delays nor fails the application.

Errors are reported once through `logging`, which an application routes as it likes and which, unlike a warning, no
setting turns into an exception.
"""

import logging
import sys
from collections.abc import Callable, Sequence

from evaluation.errors import BenchwrightError
from evaluation.store.background_writer import BATCH_AFTER_S, Attempt, BackgroundWriter, attempt

MOST_WAITING = 10_000
EXIT_TIMEOUT_S = 10.0
"""Seconds that process exit waits for unwritten calls; it does not wait if the store is away."""
_LONGEST_PAUSE_S = 30.0
"""Longest pause in seconds between attempts while the store is away."""

Make = Callable[[], object]
"""Creates the stored object; called in the thread. Raises if it cannot be stored."""
Write = Callable[[Sequence[object]], None]
"""Writes all entries or none. Raises `StoreError` if a retry may succeed, another error if it never will."""


class TrafficWriter(BackgroundWriter[Make]):
    """Calls queued for the store.

    Args:
        write: Called in one thread at a time.
        end: Called in that thread after its last write.
        most_waiting: How many calls are kept while the store is away.
        batch_after_s: How long the first call of a batch waits for others.
    """

    def __init__(
        self,
        write: Write,
        *,
        end: Callable[[], None] = lambda: None,
        most_waiting: int = MOST_WAITING,
        batch_after_s: float = BATCH_AFTER_S,
    ) -> None:
        self._write, self._end = write, end
        super().__init__(
            self._made_and_written,
            name="benchwright-traffic",
            most_waiting=most_waiting,
            longest_pause_s=_LONGEST_PAUSE_S,
            batch_after_s=batch_after_s,
        )

    def _begin_anew(self) -> None:
        super()._begin_anew()
        self._has_said = self._has_said_lost = False

    def begun(self) -> None:
        """Have `multiprocessing` processes, which exit without running `atexit` functions, write all pending calls."""
        if processes := sys.modules.get("multiprocessing.util"):
            processes.Finalize(None, self.close, exitpriority=10)

    def met(self, problem: Exception) -> None:
        """Report the first error."""
        if not self._has_said:
            self._has_said = True
            _say(_in_words(problem))

    def say(self, text: str) -> None:
        """Report something that the application's owner should know."""
        _say(text)

    def ended(self) -> None:
        """Close the store."""
        self._end()

    def flush(self, timeout_s: float = EXIT_TIMEOUT_S) -> int:
        """Write all pending calls that can be written now, and return how many are left.

        0 unless the store is unavailable.
        """
        return super().flush(timeout_s)

    def close(self, timeout_s: float = EXIT_TIMEOUT_S) -> int:
        """End the thread and return how many calls could not be written; their number is reported once."""
        n_left = super().close(timeout_s)
        n_lost = n_left + self.n_dropped
        if n_lost and not self._has_said_lost:
            _say(f"calls of this process that are missing in the recorded traffic: {n_lost}")
        self._has_said_lost = True
        return n_left

    def _made_and_written(self, batch: Sequence[Make]) -> Attempt[Make]:
        made: list[tuple[Make, object]] = []
        problem: Exception | None = None
        for make in batch:
            try:
                made.append((make, make()))
            except Exception as error:
                problem = error
        written = attempt(made, lambda pairs: self._write([row for _, row in pairs]))
        return Attempt(
            left=[make for make, _ in written.left],
            n_refused=written.n_refused + len(batch) - len(made),
            problem=written.problem or problem,
        )


def _in_words(problem: Exception) -> str:
    """Describe an error without the message of a library, which may quote the call."""
    if isinstance(problem, BenchwrightError):
        reason = problem.message + (f" (next: {problem.next_step})" if problem.next_step else "")
    elif type(problem) is ValueError and ": expected " in str(problem):
        reason = str(problem)
    else:
        reason = f"an unexpected {type(problem).__name__}"
    return f"a call could not be recorded, and the application goes on: {reason}"


def _say(text: str) -> None:
    logging.getLogger("benchwright.traffic").warning("%s", text)
