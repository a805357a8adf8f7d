"""Which processes are behind a port of this machine? Read from /proc; where there is none, nothing is known."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
_LISTENS = "0A"


def serving_processes(port: int) -> frozenset[int]:
    """Return whoever listens on the port, and all that it started; empty where that cannot be seen.

    Another user's server cannot be seen by anybody but root, nor can one in a container.
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
