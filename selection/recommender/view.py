"""What a recommender knows at a moment."""

from dataclasses import dataclass, field

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
    n_changes: int | None = None
    """Number of changes of the evidence and of promotions up to the stamp; None where the store does not count them."""
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
