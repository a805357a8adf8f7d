"""What was recommended and what came of it, written down in the background so that nobody waits for a disk.

Entries wait in memory, are written in batches in the order in which they came, and stay where they cannot be written:
the newest of them, up to a number; how many older ones were dropped is known.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Condition, Thread
from typing import Any

from evaluation.errors import BenchwrightError, StoreError
from selection.answers import Recommendation
from selection.wishes import Constraints, Weights

BATCH_AFTER_S = 1.0
"""How long the first entry of a batch waits for others."""
MOST_WAITING = 20_000
MOST_AT_ONCE = 500
_PAUSES_S = (0.2, 2.0)
"""Between attempts while the store is away: the first, and the longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A recommendation with what was asked."""

    recommendation: Recommendation
    prompt: str | None
    keep_prompt: bool
    """False: of the prompt only its hash is stored."""
    constraints: Constraints
    weights: Weights
    on_tie: str
    evidence_fingerprint: str
    propensity: float | None = None
    """The probability with which this candidate was named, where it was drawn among the tied; None: nothing was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a recommendation; None: nothing was said of that."""

    recommendation_id: str
    quality: float | None
    latency_s: float | None
    ok: bool | None
    reported_at: datetime


Row = Mapping[str, Any]
"""A decision, made ready for the store."""
Entry = Row | Outcome
Write = Callable[[Sequence[Entry]], int]
"""Writes all or none, and says how many it refused for good. Raises `StoreError` where the same may succeed later,
another error where it never will."""


class DecisionLog:
    """Entries on their way to the store; safe to use from several threads, and of no use after a fork.

    Args:
        write: Called in one thread at a time.
        most_waiting: How many entries are kept while the store is away.
        batch_after_s: How long the first entry of a batch waits for others.
    """

    def __init__(self, write: Write, *, most_waiting: int = MOST_WAITING, batch_after_s: float = BATCH_AFTER_S) -> None:
        self._write = write
        self._most_waiting = most_waiting
        self._batch_after_s = batch_after_s
        self._changed = Condition()
        self._waiting: deque[Entry] = deque()
        self._n_at_work = 0
        self._n_put = 0
        self._n_failed = 0
        self._is_urgent = False
        self._is_closed = False
        self._thread: Thread | None = None
        self.n_dropped = 0
        """Entries that were given up: too many waited, or the store refused them for good."""
        self.problem: BenchwrightError | None = None
        """Why the last attempt failed; None: it did not."""

    @property
    def n_waiting(self) -> int:
        """Entries that are not written yet."""
        return len(self._waiting) + self._n_at_work

    def put(self, entry: Entry) -> None:
        """Takes an entry; returns at once."""
        with self._changed:
            self._waiting.append(entry)
            self._n_put += 1
            self._shorten()
            if self._thread is None and not self._is_closed:
                # A daemon, so that a process that crashes does not hang on it; `close` waits for it.
                self._thread = Thread(target=self._work, name="decision-log", daemon=True)
                self._thread.start()
            if len(self._waiting) == 1:
                self._changed.notify_all()

    def drop(self) -> None:
        """Counts an entry that could not even be made."""
        with self._changed:
            self.n_dropped += 1

    def flush(self, timeout_s: float = 5.0) -> int:
        """How many of the entries so far are left, after all that can be written now are.

        It is 0 unless the store is away or slow. What others put meanwhile is not waited for.
        """
        deadline = time.monotonic() + timeout_s
        with self._changed:
            n_put = self._n_put
            # What is being written now may fail for a reason that is gone already.
            may_fail = self._n_failed + (1 if self._n_at_work else 0)
            self._is_urgent = True
            self._changed.notify_all()
            while self._n_left(n_put) and self._thread is not None and self._n_failed <= may_fail:
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    break
                self._changed.wait(left_s)
            self._is_urgent = False
            return self._n_left(n_put)

    def close(self, timeout_s: float = 5.0) -> int:
        """How many entries could not be written; the thread ends."""
        self.flush(timeout_s)
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(timeout_s)
        return self.n_waiting

    def _n_left(self, n_put: int) -> int:
        """Of the first so many, those that still wait: the last ones that came do so too."""
        return max(0, n_put - (self._n_put - self.n_waiting))

    def _shorten(self) -> None:
        while len(self._waiting) > self._most_waiting:
            self._waiting.popleft()
            self.n_dropped += 1

    def _work(self) -> None:
        pause_s = _PAUSES_S[0]
        while batch := self._next_batch():
            self._put_away(batch)
            if self.problem is None:
                pause_s = _PAUSES_S[0]
                continue
            self._rest(pause_s)
            pause_s = min(2 * pause_s, _PAUSES_S[1])

    def _next_batch(self) -> list[Entry]:
        """The entries to write next, when it is time; none when the log is closed."""
        with self._changed:
            while not self._waiting and not self._is_closed:
                self._changed.wait()
            self._linger(self._batch_after_s)
            if self._is_closed:
                return []
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_AT_ONCE))]
            self._n_at_work = len(batch)
            return batch

    def _rest(self, pause_s: float) -> None:
        with self._changed:
            self._linger(pause_s)

    def _linger(self, pause_s: float) -> None:
        """Waits, unless somebody wants to see everything written."""
        deadline = time.monotonic() + pause_s
        while not (self._is_urgent or self._is_closed) and (left_s := deadline - time.monotonic()) > 0:
            self._changed.wait(left_s)

    def _put_away(self, batch: list[Entry]) -> None:
        left, n_refused, problem = self._written(batch)
        with self._changed:
            self._waiting.extendleft(reversed(left))
            self._n_at_work = 0
            self.n_dropped += n_refused
            self._shorten()
            self.problem = problem
            self._n_failed += problem is not None
            self._changed.notify_all()

    def _written(self, batch: list[Entry]) -> tuple[list[Entry], int, BenchwrightError | None]:
        """Entries that must wait, how many were refused for good, and the error that stopped the writing."""
        try:
            return [], self._write(batch), None
        except StoreError as error:
            return batch, 0, error
        except Exception:  # One entry that cannot be stored must not keep the others back.
            return self._one_by_one(batch)

    def _one_by_one(self, batch: list[Entry]) -> tuple[list[Entry], int, BenchwrightError | None]:
        n_refused = 0
        for position, entry in enumerate(batch):
            try:
                n_refused += self._write([entry])
            except StoreError as error:
                return batch[position:], n_refused, error
            except Exception:
                n_refused += 1
        return [], n_refused, None
