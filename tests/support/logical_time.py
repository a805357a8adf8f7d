"""Event loops on which time passes only when nothing else is left to do, so that no outcome depends on the machine."""

import asyncio
import selectors
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from unittest import mock

QUIET_S = 0.02
"""Real seconds without any news from a socket, until the next timer is due."""


class _Selector(selectors.DefaultSelector):
    """Instead of waiting for a timer, it sets the clock forward."""

    now_s = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        news = super().select(QUIET_S)
        if not news:
            self.now_s += timeout
        return news


class LogicalLoop(asyncio.SelectorEventLoop):
    """Its seconds are those of its timers. Both ends of a connection have to be on it."""

    def __init__(self) -> None:
        self._clock = _Selector()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now_s


@contextmanager
def logical_time() -> Iterator[None]:
    """Until the end every `asyncio.run` is on a `LogicalLoop`, and answers are timed by it."""
    of_the_loop = SimpleNamespace(perf_counter=lambda: asyncio.get_running_loop().time())
    with (
        mock.patch("asyncio.events.new_event_loop", LogicalLoop),
        mock.patch("evaluation.providers.draft.time", of_the_loop),
    ):
        yield
