"""A Prefect server kept for all calls of a process, where the user has none configured: a start takes seconds."""

import atexit
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deployments.prefect_home import configured_api, prefect_home
from deployments.prefect_server import PrefectServer, find_or_start_server, use_server

_kept: dict[Path, PrefectServer] = {}
"""Servers that this process started, by Prefect home."""


@contextmanager
def kept_server() -> Iterator[PrefectServer]:
    """Yield the user's Prefect server, another command's, or one that this process keeps until its end.

    From then on its address is in the environment of this process.
    """
    if (server := _running()) is not None:
        use_server(server)
        yield server
        return
    server = find_or_start_server()
    if server.is_ours:
        _kept[prefect_home()] = server
        atexit.register(_stop, server, os.getpid())
        yield server
        return
    try:
        yield server
    finally:
        server.stop(timeout_s=0.5)


def _running() -> PrefectServer | None:
    """Return the kept server of this Prefect home; None where the user configured one, or it has ended."""
    server = _kept.get(prefect_home()) if configured_api() is None else None
    if server is None or server.process is None:
        return None
    if server.process.running:
        return server
    del _kept[prefect_home()]
    server.stop(timeout_s=0.5)
    return None


def _stop(server: PrefectServer, pid: int) -> None:
    """Stop the server at the end of the process that started it, not of a process forked from it."""
    if os.getpid() == pid:
        server.stop(timeout_s=5.0)
