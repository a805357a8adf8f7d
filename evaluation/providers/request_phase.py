"""Phases of a request, as far as the client can tell."""

from enum import StrEnum


class Phase(StrEnum):
    """Phase of a request, as far as the client can tell."""

    WAITING = "waiting"
    """Sent, without a token so far: queued, loading or reading the prompt."""
    GENERATING = "generating"
