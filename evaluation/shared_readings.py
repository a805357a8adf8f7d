"""One reading for all who ask for the same at once: many viewers of a run cost what one costs.

A thread that reads rows from SQLite lets go of the interpreter at each row, and waits for it behind every other thread
that computes: twenty threads that each read the same 40,000 rows took 18 s where one takes half a second.
"""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, TypeVar

Value = TypeVar("Value")


class SharedReadings:
    """Readings under way; nothing is kept of one that is over."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[Hashable, Future[Any]] = {}
        self._turn = threading.Lock()

    def get(self, name: Hashable, read: Callable[[], Value]) -> Value:
        """Return what `read` returns, or what it returns to somebody who began to read the same before.

        Readings of different names take turns: side by side each of them would be slower than all in a row.

        Args:
            name: What is read, with all that it depends on.
            read: Reads it. It must not come here again.
        """
        with self._lock:
            reading: Future[Value] | None = self._under_way.get(name)
            is_first = reading is None
            if reading is None:
                reading = self._under_way[name] = Future()
        if is_first:
            try:
                with self._turn:
                    reading.set_result(read())
            except BaseException as error:
                reading.set_exception(error)
                raise
            finally:
                with self._lock:
                    del self._under_way[name]
        return reading.result()
