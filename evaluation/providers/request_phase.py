"""Phases of a request, as far as the client can tell."""

from enum import StrEnum


class Phase(StrEnum):
    """What a server is doing with a request, as far as the client can tell."""

    WAITING = "waiting"
    """Sent, no token yet: queued, loading or reading the prompt."""
    GENERATING = "generating"
