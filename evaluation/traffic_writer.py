"""How does what an application did get into the store without the application waiting for it, or failing by it?

Finished calls wait in memory, up to a number; one thread writes them in batches. While the store is away they wait,
and the oldest are dropped where too many do. What goes wrong is said once through `logging`, which an application
routes as it likes and which, unlike a warning, no setting turns into an exception.
"""

import os
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from threading import Condition, Thread
from weakref import WeakMethod

BATCH_AFTER_S = 1.0
"""How long the first of a batch waits for others."""
MOST_WAITING = 10_000
MOST_AT_ONCE = 500
EXIT_TIMEOUT_S = 10.0
"""How long the end of a process waits for what is not written yet; it does not where the store is away."""
_PAUSES_S = (0.2, 30.0)
"""Between attempts while the store is away: the first, and the longest."""

Make = Callable[[], object]
"""Makes what is stored; called in the thread. Raises where it cannot be stored."""
Write = Callable[[Sequence[object]], None]
"""Writes all or none. Raises `StoreError` where the same may succeed later, another error where it never will."""


class TrafficWriter:
    """Calls on their way to the store; safe to use from several threads, and after a fork.

    Args:
        write: Called in one thread at a time.
        end: Called in that thread when it has written its last.
        most_waiting: How many are kept while the store is away.
        batch_after_s: How long the first of a batch waits for others.
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
        self._most_waiting = most_waiting
        self._batch_after_s = batch_after_s
        self._begin_anew()
        if hasattr(os, "register_at_fork"):
            weak = WeakMethod(self._begin_anew)
            os.register_at_fork(after_in_child=lambda: (begin := weak()) and begin())

    def _begin_anew(self) -> None:
        """As at first: what waited before a fork is the parent's to write, and its thread is not in the child."""
        self._changed = Condition()
        self._waiting: deque[Make] = deque()
        self._n_at_work = self._n_put = self._n_done = self._n_failed = 0
        self._is_urgent = self._is_closed = self._has_said = False
        self._thread: Thread | None = None
        self.n_dropped = 0
        """Calls of this process that were given up: too many waited, or they cannot be stored."""

    @property
    def n_waiting(self) -> int:
        """Calls that are not written yet."""
        return len(self._waiting) + self._n_at_work

    def put(self, make: Make) -> None:
        """Takes a call; returns at once. The first one of a process starts the thread."""
        with self._changed:
            if self._is_closed:
                self.n_dropped += 1
                return
            self._waiting.append(make)
            self._n_put += 1
            if len(self._waiting) > self._most_waiting:
                self._waiting.popleft()
                self._n_done += 1
                self.n_dropped += 1
            if self._thread is None:
                self._start()
            if len(self._waiting) == 1:
                self._changed.notify_all()

    def drop(self) -> None:
        """Counts a call that could not even be taken."""
        self.n_dropped += 1

    def flush(self, timeout_s: float = EXIT_TIMEOUT_S) -> int:
        """How many of the calls so far are left, after all that can be written now are: 0 unless the store is away."""
        deadline = time.monotonic() + timeout_s
        with self._changed:
            n_put = self._n_put
            # What is being written now may fail for a reason that is gone already.
            may_fail = self._n_failed + (1 if self._n_at_work else 0)
            self._is_urgent = True
            self._changed.notify_all()
            while self._n_done < n_put and self._thread is not None and self._n_failed <= may_fail:
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    break
                self._changed.wait(left_s)
            self._is_urgent = False
            return max(0, n_put - self._n_done)

    def close(self, timeout_s: float = EXIT_TIMEOUT_S) -> int:
        """How many calls could not be written; the thread ends, and says once how many were lost."""
        deadline = time.monotonic() + timeout_s
        self.flush(timeout_s)
        with self._changed:
            was_closed, self._is_closed = self._is_closed, True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(max(0.1, deadline - time.monotonic()))
        n_lost = self.n_waiting + self.n_dropped
        if n_lost and not was_closed:
            _say(f"calls of this process that are missing in the recorded traffic: {n_lost}")
        return self.n_waiting

    def _start(self) -> None:
        thread = Thread(target=self._work, name="benchwright-traffic", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # At the end of a process, or where there are too many: tried again with the next call.
            return
        self._thread = thread
        # Processes of `multiprocessing` end without the functions of `atexit`.
        if processes := sys.modules.get("multiprocessing.util"):
            processes.Finalize(None, self.close, exitpriority=10)

    def _work(self) -> None:
        pause_s = _PAUSES_S[0]
        try:
            while batch := self._next_batch():
                if self._put_away(batch):
                    pause_s = _PAUSES_S[0]
                    continue
                with self._changed:
                    self._linger(pause_s)
                pause_s = min(2 * pause_s, _PAUSES_S[1])
        finally:
            self._end()

    def _next_batch(self) -> list[Make]:
        """The calls to write next, when it is time; none when the writer is closed."""
        with self._changed:
            while not self._waiting and not self._is_closed:
                self._changed.wait()
            self._linger(self._batch_after_s)
            if self._is_closed:
                return []
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_AT_ONCE))]
            self._n_at_work = len(batch)
            return batch

    def _linger(self, pause_s: float) -> None:
        """Waits, unless somebody wants to see everything written."""
        deadline = time.monotonic() + pause_s
        while not (self._is_urgent or self._is_closed) and (left_s := deadline - time.monotonic()) > 0:
            self._changed.wait(left_s)

    def _put_away(self, batch: list[Make]) -> bool:
        """True where the store took the batch, or what of it can be stored."""
        left, n_refused, problem = self._written(batch)
        with self._changed:
            self._waiting.extendleft(reversed(left))
            n_over = max(0, len(self._waiting) - self._most_waiting)
            for _ in range(n_over):
                self._waiting.popleft()
            self._n_at_work = 0
            self._n_done += len(batch) - len(left) + n_over
            self.n_dropped += n_refused + n_over
            self._n_failed += bool(left)
            self._changed.notify_all()
        if problem is not None and not self._has_said:
            self._has_said = True
            _say(_in_words(problem))
        return not left

    def _written(self, batch: list[Make]) -> tuple[list[Make], int, Exception | None]:
        """Calls that must wait, how many were refused for good, and the error that was met."""
        from evaluation.errors import StoreError

        made: list[tuple[Make, object]] = []
        problem: Exception | None = None
        for make in batch:
            try:
                made.append((make, make()))
            except Exception as error:
                problem = error
        n_refused = len(batch) - len(made)
        try:
            self._write([row for _, row in made])
        except StoreError as error:
            return [make for make, _ in made], n_refused, error
        except Exception:  # One call that cannot be stored must not keep the others back.
            return self._one_by_one(made, n_refused)
        return [], n_refused, problem

    def _one_by_one(self, made: list[tuple[Make, object]], n_refused: int) -> tuple[list[Make], int, Exception | None]:
        from evaluation.errors import StoreError

        problem: Exception | None = None
        for position, (_, row) in enumerate(made):
            try:
                self._write([row])
            except StoreError as error:
                return [make for make, _ in made[position:]], n_refused, error
            except Exception as error:
                n_refused, problem = n_refused + 1, error
        return [], n_refused, problem


def _in_words(problem: Exception) -> str:
    """Without what an error of a library says: it may quote the call."""
    from evaluation.errors import BenchwrightError

    if isinstance(problem, BenchwrightError):
        said = problem.message + (f" (next: {problem.next_step})" if problem.next_step else "")
    elif type(problem) is ValueError and ": expected " in str(problem):
        said = str(problem)
    else:
        said = f"an unexpected {type(problem).__name__}"
    return f"a call could not be recorded, and the application goes on: {said}"


def _say(text: str) -> None:
    import logging

    logging.getLogger("benchwright.traffic").warning("%s", text)
