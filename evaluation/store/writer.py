"""The outcome writer: one thread that commits outcomes and stages in groups, without ever holding one back."""

import math
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any

from evaluation.errors import RefusedValueError, StoreError
from evaluation.records.outcomes import OutcomeRow
from evaluation.records.stages import StageRow
from evaluation.store.outcome_rows import insert_outcomes, outcome_values
from evaluation.store.retrying import PATIENCE_S, patiently
from evaluation.store.session import Store
from evaluation.store.stage_rows import insert_stages, stage_values

LEAST, MOST = -(2**63), 2**63 - 1
_SHOWN = 40


def refuse_unstorable(values: Mapping[str, Any], subject: str) -> None:
    """Check that every value can be stored: texts of any content, finite numbers of 64 bits.

    Args:
        values: By column.
        subject: What they belong to, in words.

    Raises:
        RefusedValueError: a value cannot be stored; names its column.
    """
    for name, value in values.items():
        problem = _problem(value)
        if problem:
            raise RefusedValueError(
                f"{subject}: {name} is {_shown(value)}, {problem}",
                "Check what the server sends; the answer was not stored.",
            )


def _problem(value: Any) -> str | None:
    if isinstance(value, float) and not math.isfinite(value):
        return "which is not a finite number"
    if isinstance(value, int) and not LEAST <= value <= MOST:
        return "which does not fit into 64 bits"
    return None


def _shown(value: float) -> str:
    try:
        words = repr(value)
    except ValueError:  # thousands of digits
        return f"a number of {value.bit_length() if isinstance(value, int) else 64} bits"
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}… ({len(words)} digits)"


_MOST_IN_A_GROUP = 500
_REFUSALS = (RefusedValueError, ValueError, TypeError, ArithmeticError)
"""Exceptions of the database driver, or of its text encoding, for a refused value."""
WrittenRow = OutcomeRow | StageRow
_Waiting = tuple[WrittenRow, "Future[None]"]


class OutcomeWriter:
    """A single thread that collects waiting outcomes and stages, commits them together and wakes the waiters.

    A stage is stored as an outcome is, and before the outcomes of its group.

    `submit` never blocks on the database. An outcome counts as stored when its future is done. While the database is
    away, its outcomes wait; a commit whose success is unknown is repeated, which changes nothing.
    An outcome with a value that the database refuses gets a `RefusedValueError` alone, and the others of its
    group are stored. After any other failure, and after one that lasts, every waiting and every later outcome gets that
    `StoreError`.

    Args:
        store: The store.
        patience_s: How long a database may be away.
    """

    def __init__(self, store: Store, *, patience_s: float = PATIENCE_S) -> None:
        self._store = store
        self._patience_s = patience_s
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._lock = Lock()
        self._closed = False
        self._failure: StoreError | None = None
        # A daemon, so that a process that crashes does not hang on it; `close` waits for it.
        self._thread = Thread(target=self._work, name="outcome-writer", daemon=True)
        self._thread.start()

    def submit(self, row: WrittenRow) -> Future[None]:
        """Queue an outcome and return a future that is done when the outcome is committed.

        Its exception is a `StoreError` where the outcome cannot be committed; a `RefusedValueError` says that the fault
        is in this outcome alone. It cannot be cancelled: an answer that was paid for is stored even where its waiter
        goes away. In asyncio, use `asyncio.wrap_future`.

        Raises:
            ValueError: a time without its zone.
        """
        values = stage_values(row) if isinstance(row, StageRow) else outcome_values(row)
        future: Future[None] = Future()
        future.set_running_or_notify_cancel()
        try:
            refuse_unstorable(values, _named(row))
        except RefusedValueError as error:
            future.set_exception(error)
            return future
        with self._lock:
            if self._failure is None and not self._closed:
                self._queue.put((row, future))
                return future
        future.set_exception(self._again(self._failure or StoreError("this writer is closed", "Open another one")))
        return future

    def close(self) -> None:
        """Commit what waits and end the thread. Idempotent."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def __enter__(self) -> "OutcomeWriter":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _work(self) -> None:
        while True:
            group, is_last = self._next_group()
            if group:
                self._commit(group)
            if is_last:
                return

    def _next_group(self) -> tuple[list[_Waiting], bool]:
        group: list[_Waiting] = []
        waiting = self._queue.get()
        with suppress(Empty):
            while waiting is not None:
                group.append(waiting)
                if len(group) == _MOST_IN_A_GROUP:
                    return group, False
                waiting = self._queue.get_nowait()
            return group, True
        return group, False

    def _commit(self, group: list[_Waiting]) -> None:
        if self._failure is None:
            try:
                self._store_patiently([row for row, _ in group])
            except _REFUSALS:
                self._commit_each(group)
                return
            except Exception as error:  # Whatever it is, the waiters must hear of it, or they wait for ever.
                self._fail(error)
        for _, future in group:
            self._tell(future)

    def _commit_each(self, group: list[_Waiting]) -> None:
        """Commit the rows one by one, since one of them made the group fail."""
        for row, future in group:
            refusal: RefusedValueError | None = None
            if self._failure is None:
                try:
                    self._store_patiently([row])
                except _REFUSALS as error:
                    refusal = RefusedValueError(f"{_named(row)}: the database does not take it: {_in_a_line(error)}")
                except Exception as error:
                    self._fail(error)
            self._tell(future, refusal)

    def _tell(self, future: Future[None], refusal: RefusedValueError | None = None) -> None:
        failure = refusal or (None if self._failure is None else self._again(self._failure))
        if failure is None:
            future.set_result(None)
        else:
            future.set_exception(failure)

    def _store_patiently(self, rows: list[WrittenRow]) -> None:
        patiently(partial(self._insert, rows), patience_s=self._patience_s)

    def _insert(self, rows: list[WrittenRow]) -> None:
        with self._store.write() as connection:
            insert_stages(connection, [row for row in rows if isinstance(row, StageRow)])
            insert_outcomes(connection, [row for row in rows if isinstance(row, OutcomeRow)])

    def _fail(self, error: Exception) -> None:
        with self._lock:
            self._failure = (
                error if isinstance(error, StoreError) else StoreError(f"an outcome was not stored: {error!r}")
            )

    def _again(self, failure: StoreError) -> StoreError:
        # One each: an exception raised in many places at once collects all their tracebacks.
        return type(failure)(failure.message, failure.next_step)


def _named(row: WrittenRow) -> str:
    subject = f"stage {row.name!r}" if isinstance(row, StageRow) else "the outcome"
    return f"{subject} of case {row.case_id!r}, repeat {row.repeat + 1}"


def _in_a_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
