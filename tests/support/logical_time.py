"""Event loops on which time passes only when nothing else is left to do, so that no outcome depends on the machine."""

import asyncio
import selectors
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from unittest import mock

QUIET_S = 0.02
"""Real seconds without any news from a socket, until the next timer is due."""
_BEGAN_S = 1_000.0
_TURN_S = 1e-6
"""Each turn of the loop takes a moment, so that nothing is due for ever."""
_EPOCH_S = 1_700_000_000.0


class _Selector(selectors.DefaultSelector):
    """Instead of waiting for a timer, it sets the clock forward."""

    now_s = _BEGAN_S

    def __init__(self, quiet_s: float) -> None:
        super().__init__()
        self._quiet_s = quiet_s

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.now_s += _TURN_S
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        news = super().select(self._quiet_s)
        if not news:
            self.now_s += timeout
        return news


class LogicalLoop(asyncio.SelectorEventLoop):
    """Its seconds are those of its timers. Both ends of a connection have to be on it, and no thread may be awaited."""

    def __init__(self, quiet_s: float = QUIET_S) -> None:
        self._clock = _Selector(quiet_s)
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now_s


def _now() -> float:
    return asyncio.get_running_loop().time()


_OF_THE_LOOP = SimpleNamespace(perf_counter=_now, monotonic=_now, time=lambda: _EPOCH_S + _now())


@contextmanager
def logical_time(*modules: str, make_loop: Callable[[], asyncio.AbstractEventLoop] = LogicalLoop) -> Iterator[None]:
    """Until the end every `asyncio.run` is on a `LogicalLoop`.

    Args:
        modules: Those of ours that read the clock, and read the loop's instead.
        make_loop: Where it is to be set up first.
    """
    with ExitStack() as patches:
        patches.enter_context(mock.patch("asyncio.events.new_event_loop", make_loop))
        for module in modules:
            patches.enter_context(mock.patch(f"{module}.time", _OF_THE_LOOP))
        yield
