"""What is read from somebody else, who may be slow or away: whoever looks gets what was read last, and is not kept."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from math import inf
from typing import Generic, TypeVar

T = TypeVar("T")


class Refreshed(Generic[T]):
    """A reading that is made anew, in a thread of its own, when somebody looks and the last one is old."""

    def __init__(
        self, *, every_s: float, wait_s: float, outdated_s: float = inf, now: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin without a reading.

        Args:
            every_s: Age in seconds from which a reading is made anew.
            wait_s: Seconds that the first to look waits for it.
            outdated_s: Age in seconds from which whoever looks waits for the next one as the first did.
            now: The clock.
        """
        self._every_s, self._wait_s, self._outdated_s, self._now = every_s, wait_s, outdated_s, now
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="refreshed")
        self._value: T | None = None
        self._read_at: float | None = None
        self._reading: Future[None] | None = None

    def get(self, read: Callable[[], T], *, may_be_old: bool = True, wait_s: float | None = None) -> T | None:
        """Return the newest reading; None where there is none yet.

        Args:
            read: Makes a reading; it raises nothing.
            may_be_old: False waits for a reading that begins now.
            wait_s: Seconds to wait, if other than those of all who look.
        """
        with self._lock:
            age_s = inf if self._read_at is None else self._now() - self._read_at
            is_old = age_s > self._every_s or not may_be_old
            if is_old and (self._reading is None or self._reading.done()):
                self._reading = self._threads.submit(copy_context().run, self._refresh, read)
            reading = self._reading
        if reading is not None and (self._read_at is None or age_s > self._outdated_s or not may_be_old):
            wait([reading], self._wait_s if wait_s is None else wait_s)
        return self._value

    def _refresh(self, read: Callable[[], T]) -> None:
        try:
            self._value = read()
        finally:
            self._read_at = self._now()
