"""Since when does a server not answer, and when is it asked again?"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from evaluation.errors import ProviderError
from evaluation.results.progress import ServerWait
from tasks.generation.give_up_rules import UNREACHABLE


class ServerTrouble:
    """The failures of a server since its last answer. Written by one thread, and read by any."""

    def __init__(self, endpoint: str) -> None:
        """Begin without trouble.

        Args:
            endpoint: The server's name.
        """
        self.endpoint = endpoint
        self._since: datetime | None = None
        self._began: float | None = None
        self._ended_waits_s = 0.0
        self._due: tuple[datetime, ...] = ()

    def failed(self, error: ProviderError) -> bool:
        """Record that an attempt failed; return True where that begins a wait.

        A failure that shows the server to be there, such as a refused option or a full queue, ends the wait.
        """
        if error.kind not in UNREACHABLE:
            self.answered()
            return False
        if self._since is not None:
            return False
        self._began, self._since = time.monotonic(), datetime.now(UTC)
        return True

    def pauses(self, error: ProviderError, pause_s: float) -> None:
        """Record that a request is sent again after a pause, in seconds."""
        if error.kind in UNREACHABLE:
            now = datetime.now(UTC)
            self._due = (*(due for due in self._due if due > now), now + timedelta(seconds=pause_s))

    def answered(self) -> bool:
        """Record that the server answers; return True where that ends a wait."""
        was_away = self._since is not None
        self._ended_waits_s = self.waited_s
        self._since, self._began, self._due = None, None, ()
        return was_away

    @property
    def waited_s(self) -> float:
        """Seconds in which the server was waited for, so far."""
        began = self._began
        return self._ended_waits_s + (0.0 if began is None else time.monotonic() - began)

    @property
    def wait(self) -> ServerWait | None:
        """The present wait; None while the server answers."""
        since, now = self._since, datetime.now(UTC)
        if since is None:
            return None
        next_attempt_at = min((due for due in self._due if due > now), default=None)
        return ServerWait(endpoint=self.endpoint, since=since, next_attempt_at=next_attempt_at)


_TROUBLES: dict[str, ServerTrouble] = {}


@contextmanager
def metric_server_trouble(work: str, endpoint: str) -> Iterator[ServerTrouble]:
    """Yield the trouble of the server that answers metrics' requests, shown as the work's during the block.

    Args:
        work: Name of the work within the process, as `ScoringPlan.name`.
        endpoint: The server's name.
    """
    trouble = _TROUBLES[work] = ServerTrouble(endpoint)
    try:
        yield trouble
    finally:
        _TROUBLES.pop(work, None)


def find_trouble(work: str) -> ServerTrouble | None:
    """Return the trouble of the server that answers the work's metrics now; None: none is asked."""
    return _TROUBLES.get(work)
