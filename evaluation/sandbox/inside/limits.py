"""Resource limits that a process sets on itself before it loads untrusted code; they cannot be lifted again."""

from __future__ import annotations

import os
import resource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def apply_limits(limits: Mapping[str, int]) -> None:
    """Give up any privileges, and limit the resources of this process and its descendants."""
    if limits["uid"]:
        os.setgroups([])
        os.setresgid(limits["uid"], limits["uid"], limits["uid"])
        os.setresuid(limits["uid"], limits["uid"], limits["uid"])
    if limits.get("reaper"):
        _keep_orphans()
    for name in ("AS", "FSIZE", "NOFILE", "NPROC", "CPU", "CORE", "MEMLOCK", "MSGQUEUE"):
        kind = getattr(resource, f"RLIMIT_{name}", None)
        if kind is not None and name in limits:
            _lower(kind, limits[name])


def _keep_orphans() -> None:
    """Make this process adopt its orphaned descendants (Linux), so that they can be found."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        return


def read_to_end(file: int) -> bytes:
    """Return all that a file still holds."""
    parts = []
    while part := os.read(file, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def close_input() -> None:
    """Leave nothing to read from standard input."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


def _lower(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    try:
        resource.setrlimit(kind, (value, value))
    except (ValueError, OSError):
        if kind != resource.RLIMIT_AS:  # macOS knows it and refuses it
            raise
