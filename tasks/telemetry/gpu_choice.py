"""The GPUs of this machine that each local endpoint works on.

They are those on which its processes compute, where these can be seen. Where they cannot (another user's server, a
container), they are those on which any process computes that belongs to no endpoint. While no process computes, they
are the previous ones; before there were any, all.
"""

import socket
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from tasks.telemetry.nvml import GpuReading


def is_local(url: str) -> bool:
    """Return whether `url` names this machine: loopback, or an address of its own.

    Names are resolved, which may take a while. A server behind a tunnel or a published port looks like a local one.
    """
    host = urlsplit(url).hostname
    if host is None:
        return False
    try:
        addresses = socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return False
    return any(_is_own(family, address) for family, _, _, _, address in addresses)


def _is_own(family: int, address: tuple[object, ...]) -> bool:
    """Return whether an address is this machine's: no other can be bound. Nothing is sent."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind(address)
    except OSError:
        return False
    return True


PROC = Path("/proc")
_LISTENS = "0A"


def serving_processes(port: int) -> frozenset[int]:
    """Return the process that listens on the port with all its descendants; empty where they cannot be seen.

    Only root can see another user's server, or one in a container.
    """
    sockets = {f"socket:[{inode}]" for inode in _listening_sockets(port)}
    listeners = {pid for pid in _pids() if sockets and sockets & set(_open_files(pid))}
    return frozenset(_with_descendants(listeners))


def _listening_sockets(port: int) -> Iterator[str]:
    for name in ("tcp", "tcp6"):
        for line in _lines(PROC / "net" / name)[1:]:
            fields = line.split()
            if fields[3] == _LISTENS and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []


def _pids() -> list[int]:
    try:
        return [int(path.name) for path in PROC.iterdir() if path.name.isdecimal()]
    except OSError:
        return []


def _open_files(pid: int) -> Iterator[str]:
    with suppress(OSError):  # another user's, or gone meanwhile
        for path in (PROC / str(pid) / "fd").iterdir():
            with suppress(OSError):
                yield str(path.readlink())


def _with_descendants(pids: Iterable[int]) -> set[int]:
    all_pids, left = set(pids), list(pids)
    children = _children() if left else {}
    while left:
        new = [child for child in children.get(left.pop(), ()) if child not in all_pids]
        all_pids.update(new)
        left += new
    return all_pids


def _children() -> dict[int, list[int]]:
    children: dict[int, list[int]] = defaultdict(list)
    for pid in _pids():
        for line in _lines(PROC / str(pid) / "stat")[:1]:
            # The name stands in brackets and may hold anything; state and parent follow it.
            children[int(line.rpartition(")")[2].split()[1])].append(pid)
    return children


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
        """True once several endpoints were given the same several cards for lack of better information."""

    def choose(self, readings: Sequence[GpuReading]) -> dict[str, frozenset[int]]:
        """Return the indices of each endpoint's GPUs."""
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
        """Look up the endpoints' processes when the computing ones have changed: a walk over all processes."""
        if not self._processes or pids != self._seen:
            self._seen = pids
            self._processes = {name: self._serving(port) for name, port in self._ports.items()}


def _cards(readings: Sequence[GpuReading], pids: frozenset[int]) -> frozenset[int]:
    return frozenset(reading.index for reading in readings if reading.pids & pids)


def _port(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or _DEFAULT_PORTS.get(parts.scheme, 80)
