"""Which of a machine's GPUs does each local endpoint work on?

Those on which its processes compute, where they can be seen. Where they cannot (another user's server, a container),
those on which any process computes that belongs to no endpoint. While nobody computes, those of last time; before there
was a first time, all.
"""

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from tasks.telemetry.nvml import GpuReading
from tasks.telemetry.serving import serving_processes

_DEFAULT_PORTS = {"http": 80, "https": 443}


class CardChoice:
    """Chooses again for every sample, since models come and go."""

    def __init__(
        self, endpoints: Sequence[tuple[str, str]], *, serving: Callable[[int], frozenset[int]] = serving_processes
    ) -> None:
        self._ports = {name: _port(url) for name, url in endpoints}
        self._serving = serving
        self._seen: frozenset[int] = frozenset()
        self._processes: dict[str, frozenset[int]] = {}
        self._own: dict[str, frozenset[int]] = {}
        self._guess: dict[str, frozenset[int]] = {}
        self.is_a_guess = False
        """True once several endpoints were given the same several cards, for want of anything better."""

    def choose(self, readings: Sequence[GpuReading]) -> dict[str, frozenset[int]]:
        """Return the cards of each endpoint, by their index."""
        self._look_again(frozenset(pid for reading in readings for pid in reading.pids))
        owned = frozenset(pid for pids in self._processes.values() for pid in pids)
        nobodys = frozenset(reading.index for reading in readings if reading.pids - owned)
        for name, pids in self._processes.items():
            if own := _cards(readings, pids):
                self._own[name] = own
            elif nobodys:
                self._guess[name] = nobodys
        guessed = [cards for name, cards in self._guess.items() if name not in self._own and len(cards) > 1]
        self.is_a_guess = self.is_a_guess or len(guessed) > 1
        everything = frozenset(reading.index for reading in readings)
        return {name: self._own.get(name) or self._guess.get(name) or everything for name in self._ports}

    def _look_again(self, pids: frozenset[int]) -> None:
        """Look up the endpoints' processes whenever others compute: that costs a walk over all processes."""
        if not self._processes or pids != self._seen:
            self._seen = pids
            self._processes = {name: self._serving(port) for name, port in self._ports.items()}


def _cards(readings: Sequence[GpuReading], pids: frozenset[int]) -> frozenset[int]:
    return frozenset(reading.index for reading in readings if reading.pids & pids)


def _port(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or _DEFAULT_PORTS.get(parts.scheme, 80)
