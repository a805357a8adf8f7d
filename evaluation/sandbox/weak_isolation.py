"""Weak isolation: limits, an empty environment, a separate folder, and a search for leftover processes.

It is not a sandbox. A program may do whatever this user may do: read and delete files, end processes, use the network.
If started by root it runs as a separate user, or not at all.
"""

import os
import signal
import stat
import subprocess
import time
from contextlib import suppress
from pathlib import Path

MARK = "BENCHWRIGHT_PROGRAM"
"""Environment variable that identifies the processes of a program."""
_PATIENCE_S = 5.0
_DEAD = ("Z", "X")


def is_root() -> bool:
    """Check whether this process may become any user."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def readable_by_all(*paths: str) -> bool:
    """Check whether any user could open these files, so that the process may become another user."""
    return all(_open_to_all(Path(path)) for path in paths)


def _open_to_all(path: Path) -> bool:
    try:
        open_folders = all(parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents)
        return open_folders and bool(path.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False


def n_tasks_of_user() -> int:
    """Return how many processes and threads this user has now: the limit counts them all. 0 where there is no /proc."""
    return sum(_n_threads(folder) for folder in Path("/proc").glob("[0-9]*") if _owner(folder) == os.getuid())


def _n_threads(folder: Path) -> int:
    try:
        return len(os.listdir(folder / "task"))
    except OSError:
        return 0


def _owner(folder: Path) -> int | None:
    try:
        return folder.stat().st_uid
    except OSError:
        return None


def kill_tree(process: subprocess.Popen[bytes], mark: str, uid: int) -> None:
    """Kill a process, its group, its descendants, and everything with its mark or user id, until none is left.

    Args:
        process: The first of them, started in a session of its own.
        mark: The value of `MARK` in its environment.
        uid: The user id that it switched to; 0: none.
    """
    _signal_group(process.pid, signal.SIGSTOP)  # so that none gets away, and orphans stay its own, while we look
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline and (
        doomed := _living_descendants(process.pid) | _marked(mark, uid, process.pid)
    ):
        for pid in doomed:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
    _signal_group(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def _signal_group(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _rows() -> dict[int, list[str]]:
    rows = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it may end while we look
            rows[int(path.parent.name)] = path.read_text(errors="replace").rpartition(")")[2].split()
    return rows


def _living_descendants(pid: int) -> set[int]:
    rows = _rows()
    process_ids = {pid}
    while more := {each for each, row in rows.items() if int(row[1]) in process_ids} - process_ids:
        process_ids |= more
    return {each for each in process_ids - {pid} if rows[each][0] not in _DEAD}


def _marked(mark: str, uid: int, first: int) -> set[int]:
    marker = f"{MARK}={mark}".encode()
    process_ids = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            is_marked = marker in (folder / "environ").read_bytes().split(b"\0")
            if (is_marked or (uid and folder.stat().st_uid == uid)) and not _is_dead(folder):
                process_ids.add(int(folder.name))
    return process_ids - {os.getpid(), first}


def _is_dead(folder: Path) -> bool:
    return (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[0] in _DEAD
