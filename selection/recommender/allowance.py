"""How much time may be spent on something that could be done all the time?"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Allowance:
    """Seconds that may be spent: so many at once, and a share of the time that goes by.

    Args:
        most_s: After a quiet time.
        share: Of the time.
        clock: Tells the time that goes by, in seconds.
        computed: Tells the time that is spent; not the same on a machine that others use too.
    """

    def __init__(self, most_s: float, share: float, clock: Callable[[], float], computed: Callable[[], float]) -> None:
        self._most_s, self._share, self._clock, self._computed = most_s, share, clock, computed
        self._left_s, self._at = most_s, clock()

    @property
    def is_left(self) -> bool:
        """True where something may be spent; it may then take longer than is left."""
        now = self._clock()
        self._left_s = min(self._most_s, self._left_s + self._share * (now - self._at))
        self._at = now
        return self._left_s > 0

    @contextmanager
    def spent(self) -> Iterator[None]:
        """Take what the block lasts."""
        began = self._computed()
        try:
            yield
        finally:
            self._left_s -= self._computed() - began
