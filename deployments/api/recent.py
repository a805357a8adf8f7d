"""Answers that are put together from much, given again for a while."""

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

GIVEN_FOR_S = 30.0
"""As long as the totals of `/metrics`."""
MOST_KEPT = 4


@dataclass
class _Entry:
    lock: threading.Lock = field(default_factory=threading.Lock)
    made_at: float | None = None
    content: bytes = b""


class RecentAnswers:
    """The newest answers of one server to a few questions; two requests at once wait for one answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[Hashable, _Entry] = {}

    def get(self, question: Hashable, make: Callable[[], bytes]) -> bytes:
        """Return the answer of the last half minute, else that of `make`."""
        with self._lock:
            entry = self._entries.pop(question, None) or _Entry()
            self._entries[question] = entry
            while len(self._entries) > MOST_KEPT:
                del self._entries[next(iter(self._entries))]
        with entry.lock:
            now = time.monotonic()
            if entry.made_at is None or now - entry.made_at > GIVEN_FOR_S:
                entry.content = make()
                entry.made_at = now
            return entry.content
