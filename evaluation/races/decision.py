"""What is decided in a race, in a form that can be stored and read again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Fate(StrEnum):
    """What becomes of a candidate at a look."""

    KEPT = "kept"
    DROPPED = "dropped"
    GIVEN_UP = "given_up"
    """Its server could not go on with it."""
    CONFIRMED = "confirmed"
    """The winner, on cases that it had not seen."""
    NOT_CONFIRMED = "not_confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Who was kept or dropped when, and why."""

    look: int
    """Counted from 1; all decisions of one look rest on the same cases."""
    key: str
    label: str
    fate: Fate
    n_cases: int
    """Cases that it had been asked."""
    reason: str
    """In words."""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    """The numbers behind it."""
