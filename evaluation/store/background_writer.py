"""A background writer: entries reach the store without delaying or failing the caller.

Entries wait in memory and are written in batches, in order, by one thread. If they cannot be written, the newest are
kept, up to a limit, and the number of older ones dropped is counted.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Condition, Thread
from typing import Generic, TypeVar
from weakref import WeakMethod

from evaluation.errors import StoreError

BATCH_AFTER_S = 1.0
"""Seconds that the first entry of a batch waits for others."""
MOST_AT_ONCE = 500
_FIRST_PAUSE_S = 0.2
"""First pause in seconds between attempts while the store is away; each later pause is twice as long."""

Entry = TypeVar("Entry")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt(Generic[Entry]):
    """Result of writing a batch."""

    left: Sequence[Entry] = ()
    """Entries to retry later."""
    n_refused: int = 0
    """Number of entries that can never be written."""
    problem: Exception | None = None
    """The last error."""


def attempt(batch: Sequence[Entry], write: Callable[[Sequence[Entry]], int | None]) -> Attempt[Entry]:
    """Write a batch and return what came of it; where one entry is refused, write the others one by one.

    Args:
        batch: The entries, in the order in which they came.
        write: Writes all or none, and returns how many it refused for good. Raises `StoreError` where a retry may
            succeed, another error where it never will.
    """
    try:
        return Attempt(n_refused=write(batch) or 0)
    except StoreError as error:
        return Attempt(left=batch, problem=error)
    except Exception:  # One entry that cannot be stored must not keep the others back.
        return _one_by_one(batch, write)


def _one_by_one(batch: Sequence[Entry], write: Callable[[Sequence[Entry]], int | None]) -> Attempt[Entry]:
    n_refused, problem = 0, None
    for position, entry in enumerate(batch):
        try:
            n_refused += write([entry]) or 0
        except StoreError as error:
            return Attempt(left=batch[position:], n_refused=n_refused, problem=error)
        except Exception as error:
            n_refused, problem = n_refused + 1, error
    return Attempt(n_refused=n_refused, problem=problem)


class BackgroundWriter(Generic[Entry]):
    """Entries queued for the store; safe to use from several threads, and after a fork.

    Args:
        put_away: Writes a batch; called in one thread at a time.
        name: Name of the thread.
        most_waiting: How many entries are kept while the store is away.
        longest_pause_s: Longest pause between attempts while the store is away.
        batch_after_s: How long the first entry of a batch waits for others.
    """

    def __init__(
        self,
        put_away: Callable[[Sequence[Entry]], Attempt[Entry]],
        *,
        name: str,
        most_waiting: int,
        longest_pause_s: float,
        batch_after_s: float = BATCH_AFTER_S,
    ) -> None:
        self._put_away, self._name = put_away, name
        self._most_waiting, self._longest_pause_s, self._batch_after_s = most_waiting, longest_pause_s, batch_after_s
        self._begin_anew()
        if hasattr(os, "register_at_fork"):
            weak = WeakMethod(self._begin_anew)
            os.register_at_fork(after_in_child=lambda: (begin := weak()) and begin())

    def _begin_anew(self) -> None:
        """Reset to the initial state.

        After a fork, the waiting entries are the parent's to write, and the child has no writer thread.
        """
        self._changed = Condition()
        self._waiting: deque[Entry] = deque()
        self._n_at_work = self._n_put = self._n_done = self._n_failed = 0
        self._is_urgent = self._is_closed = False
        self._thread: Thread | None = None
        self.n_dropped = 0
        """Entries of this process that were given up: too many were waiting, or they can never be written."""
        self.problem: Exception | None = None
        """Why the last attempt must be repeated; None if it need not."""

    def begun(self) -> None:
        """React to the start of a process's writer thread."""

    def met(self, problem: Exception) -> None:
        """React, in the thread, to a failure, whether the write is retried or was refused for good."""

    def ended(self) -> None:
        """React, in the thread, to its last write."""

    @property
    def n_waiting(self) -> int:
        """Number of entries that are not written yet."""
        return len(self._waiting) + self._n_at_work

    def put(self, entry: Entry) -> None:
        """Add an entry and return at once; the first entry of a process starts the thread."""
        with self._changed:
            if self._is_closed:
                self.n_dropped += 1
                return
            self._waiting.append(entry)
            self._n_put += 1
            self._shorten()
            if self._thread is None:
                self._start()
            if len(self._waiting) == 1:
                self._changed.notify_all()

    def drop(self) -> None:
        """Count an entry that could not even be created."""
        with self._changed:
            self.n_dropped += 1

    def flush(self, timeout_s: float = 5.0) -> int:
        """Write what can be written now, and return how many of the entries put so far are left.

        The number is 0 unless the store is unreachable or slow. Entries that others put meanwhile are not waited for.
        """
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

    def close(self, timeout_s: float = 5.0) -> int:
        """End the thread and return how many entries could not be written."""
        deadline = time.monotonic() + timeout_s
        self.flush(timeout_s)
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(max(0.1, deadline - time.monotonic()))
        return self.n_waiting

    def _start(self) -> None:
        # A daemon, so that a process that crashes does not hang on it; `close` waits for it.
        thread = Thread(target=self._work, name=self._name, daemon=True)
        try:
            thread.start()
        except RuntimeError:  # At the end of a process, or where there are too many: tried again with the next entry.
            return
        self._thread = thread
        self.begun()

    def _shorten(self) -> None:
        while len(self._waiting) > self._most_waiting:
            self._waiting.popleft()
            self._n_done += 1
            self.n_dropped += 1

    def _work(self) -> None:
        pause_s = _FIRST_PAUSE_S
        try:
            while batch := self._next_batch():
                if self._is_stored(batch):
                    pause_s = _FIRST_PAUSE_S
                    continue
                with self._changed:
                    self._linger(pause_s)
                pause_s = min(2 * pause_s, self._longest_pause_s)
        finally:
            self.ended()

    def _next_batch(self) -> list[Entry]:
        """Wait until it is time and return the entries to write next; none when the writer is closed."""
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
        """Wait, unless a flush or the close is pending."""
        deadline = time.monotonic() + pause_s
        while not (self._is_urgent or self._is_closed) and (left_s := deadline - time.monotonic()) > 0:
            self._changed.wait(left_s)

    def _is_stored(self, batch: list[Entry]) -> bool:
        """Write a batch and return whether the store took all of it that can be stored."""
        result = self._put_away(batch)
        with self._changed:
            self._waiting.extendleft(reversed(result.left))
            self._n_at_work = 0
            self._n_done += len(batch) - len(result.left)
            self.n_dropped += result.n_refused
            self._shorten()
            self._n_failed += bool(result.left)
            self.problem = result.problem if result.left else None
            self._changed.notify_all()
        if result.problem is not None:
            self.met(result.problem)
        return not result.left
