"""The log of recommendations and their outcomes, written in the background so that no caller waits for a disk."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evaluation.records.selection import ReportedOutcome
from evaluation.store.background_writer import BATCH_AFTER_S, BackgroundWriter, attempt
from selection.answers import Recommendation
from selection.preferences import LogPrompt, Question

if TYPE_CHECKING:
    from selection.choosing.ties import Contrast

MOST_WAITING = 20_000
_LONGEST_PAUSE_S = 2.0
"""Longest pause in seconds between attempts while the store is away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A recommendation with its question."""

    recommendation: Recommendation
    question: Question
    log: LogPrompt
    """What is stored of the prompt."""
    evidence_fingerprint: str
    propensity: float | None = None
    """Probability with which this candidate was drawn among the tied; None: there was no draw."""
    drawn_among: tuple[str, ...] = ()
    """Labels of the candidates of the draw."""
    contrasts: Mapping[str, "Contrast"] = field(default_factory=dict)
    """How far the best is ahead of each other candidate, by the other's label."""


Row = Mapping[str, Any]
"""A decision in the form that is stored."""
Entry = Row | ReportedOutcome
Write = Callable[[Sequence[Entry]], int]
"""Write all entries or none, and return how many were refused for good.

Raises `StoreError` where the same may succeed later, another error where it never will.
"""


class DecisionLog(BackgroundWriter[Entry]):
    """Queue of entries to write to the store.

    Args:
        write: Called in one thread at a time.
        most_waiting: Maximum number of entries kept while the store is away.
        batch_after_s: How long the first entry of a batch waits for others, in seconds.
    """

    def __init__(self, write: Write, *, most_waiting: int = MOST_WAITING, batch_after_s: float = BATCH_AFTER_S) -> None:
        super().__init__(
            lambda batch: attempt(batch, write),
            name="decision-log",
            most_waiting=most_waiting,
            longest_pause_s=_LONGEST_PAUSE_S,
            batch_after_s=batch_after_s,
        )
