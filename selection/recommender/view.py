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
    """What is known at a moment."""

    scoreboard: Scoreboard
    champion: Predictor | None
    """As of the scoreboard's evidence; None: the scoreboard decides alone."""
    champion_id: str | None
    """Of the promotion that holds, whether its model could be read or not."""
    stamp: object
    """Of the store when it was read; another one means that it may have changed."""
    notes: tuple[str, ...] = ()
    """Why the champion is not the one that it should be."""
    away: str | None = None
    """Why the store could not be asked whether this is still so; None: it could."""
    is_behind: bool = False
    """True where the store has changed since, and changes too often to be read each time."""
    answers: dict[object, object] = field(default_factory=dict)
    """What was answered from this scoreboard where no prompt mattered, by what was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstKnown:
    """What is known when a store is first asked."""

    scoreboard: Scoreboard
    champion: Predictor | None
    """As of the scoreboard's evidence; None: the scoreboard decides alone."""
    champion_id: str | None
    """Of the promotion that holds."""


class Book(Protocol):
    """A store, as far as a recommender reads and writes it. Each method raises `StoreError` where it is away."""

    def prepare(self, decision: Decision) -> Row:
        """Return the decision as it will be written."""
        ...

    def write(self, entries: Sequence[Entry]) -> int:
        """Return how many of the entries were refused for good.

        All others are stored, or none where an error is raised.
        """
        ...

    @property
    def is_slow(self) -> bool:
        """True where asking for the stamp may take long, as over a network."""
        ...

    def stamp(self) -> object:
        """Return the same while nobody else has written; cheap."""
        ...

    def kept(self) -> FirstKnown | None:
        """Return what another process kept of the evidence and the models as they are now; None: nothing."""
        ...

    def keep(self, state: FirstKnown) -> None:
        """Keep what was read since `kept`, where it can be."""
        ...

    def fingerprint(self) -> str:
        """Of the evidence."""
        ...

    def scoreboard(self, champion: Predictor | None) -> tuple[Scoreboard, Predictor | None]:
        """From the evidence as it is, and what of the model this evidence bears out."""
        ...

    def prompts(self, *, task: str | None, limit: int) -> tuple[str, ...]:
        """Return some of those that candidates were measured on, at most `limit`; None: of any task."""
        ...

    def champion_id(self) -> str | None:
        """Of the promotion that holds."""
        ...

    def champion(self) -> tuple[Predictor | None, tuple[str, ...]]:
        """Return the model that decides, with notes on those before it in line that could not be read."""
        ...

    def report(self, outcome: Outcome) -> None:
        """Store what came of a recommendation. Raises `ConfigurationError` where there is none of that id."""
        ...

    def explained(self, recommendation_id: str) -> str:
        """Return what is stored of a recommendation, for a person. Raises `ConfigurationError` where there is none."""
        ...

    def past(self, *, task: str | None, since: datetime | None) -> tuple[PastDecision, ...]:
        """Return what was recommended, the oldest first."""
        ...

    def outcomes(self, since: datetime | None, limit: int) -> tuple[UseOutcome, ...]:
        """Return what was reported at this moment or later, the oldest first; of too many the newest."""
        ...

    def close(self) -> None:
        """Let go of the store."""
        ...
