"""What a recommender knows at a moment, and what it asks of a store."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from selection.decisions.decision_log import Decision, Entry, Outcome, Row
from selection.decisions.past_decisions import PastDecision
from selection.decisions.reported_outcomes import UseOutcome
from selection.scoreboard import Predictor, Scoreboard


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """Snapshot of the store."""

    scoreboard: Scoreboard
    champion: Predictor | None
    """Champion as of the scoreboard's evidence; None: the scoreboard decides alone."""
    champion_id: str | None
    """Id of the current promotion, whether its model could be read or not."""
    stamp: object
    """Stamp of the store when it was read; it differs where the store may have changed."""
    notes: tuple[str, ...] = ()
    """Why the champion is not the expected one."""
    away: str | None = None
    """Why the store could not be checked for changes; None: it was checked."""
    is_behind: bool = False
    """True where the store has changed since, and changes too often to be read each time."""
    answers: dict[object, object] = field(default_factory=dict)
    """Answers from this scoreboard that do not depend on a prompt, by question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstKnown:
    """State of a store when it is first read."""

    scoreboard: Scoreboard
    champion: Predictor | None
    """Champion as of the scoreboard's evidence; None: the scoreboard decides alone."""
    champion_id: str | None
    """Id of the current promotion."""


class Book(Protocol):
    """A store, as far as a recommender reads and writes it. Each method raises `StoreError` where it is away."""

    def prepare(self, decision: Decision) -> Row:
        """Return the decision as it will be written."""
        ...

    def write(self, entries: Sequence[Entry]) -> int:
        """Write the entries, and return how many were refused for good.

        All others are stored, or none where an error is raised.
        """
        ...

    @property
    def is_slow(self) -> bool:
        """True if reading the stamp may take long, as over a network."""
        ...

    def stamp(self) -> object:
        """Return a stamp that stays the same while no one else has written; cheap."""
        ...

    def kept(self) -> FirstKnown | None:
        """Return what another process kept of the current evidence and models; None: nothing."""
        ...

    def keep(self, state: FirstKnown) -> None:
        """Keep what was read since `kept`, if possible."""
        ...

    def fingerprint(self) -> str:
        """Fingerprint of the evidence."""
        ...

    def scoreboard(self, champion: Predictor | None) -> tuple[Scoreboard, Predictor | None]:
        """Return the scoreboard of the current evidence, and what this supports of the model."""
        ...

    def prompts(self, *, task: str | None, limit: int) -> tuple[str, ...]:
        """Return at most `limit` prompts that candidates were measured on; None: of any task."""
        ...

    def champion_id(self) -> str | None:
        """Id of the current promotion."""
        ...

    def champion(self) -> tuple[Predictor | None, tuple[str, ...]]:
        """Return the model that decides, with notes on those with precedence that could not be read."""
        ...

    def report(self, outcome: Outcome) -> None:
        """Store the outcome of a recommendation. Raises `ConfigurationError` where there is none with that id."""
        ...

    def explained(self, recommendation_id: str) -> str:
        """Return the stored explanation of a recommendation. Raises `ConfigurationError` where there is none."""
        ...

    def past(self, *, task: str | None, since: datetime | None) -> tuple[PastDecision, ...]:
        """Return the recommendations, oldest first."""
        ...

    def outcomes(self, since: datetime | None, limit: int) -> tuple[UseOutcome, ...]:
        """Return the outcomes reported at this time or later, oldest first; of too many the newest."""
        ...

    def close(self) -> None:
        """Close the store."""
        ...
