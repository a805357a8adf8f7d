"""The state of a race: who is still in, which cases each candidate has been asked, and why the race ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from evaluation.races.rules import Level, RaceRules
from evaluation.races.schedule import schedule


class Ending(StrEnum):
    """Why a race ended."""

    ONE_LEFT = "one_left"
    TIED_WITHIN_MARGIN = "tied_within_margin"
    CASES_USED_UP = "cases_used_up"
    BUDGET_SPENT = "budget_spent"
    NOBODY_LEFT = "nobody_left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """A candidate of a race."""

    key: str
    """Key of the candidate in every look: its fingerprint."""
    label: str
    left_at: int | None = None
    """Cases that it had been asked when it was dropped; None if it is still in the race."""
    is_given_up: bool = False
    """True if it left because its server could not continue with it, not because of its answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceState:
    """State that determines what is asked next, besides the scores."""

    rules: RaceRules
    n_pool: int
    """Cases of the benchmark that the race may ask."""
    runners: tuple[Runner, ...]
    look: int = 0
    """Number of looks so far."""
    n_asked: int = 0
    """Cases that every remaining candidate has been asked."""
    ending: Ending | None = None
    """Why no further candidate will be dropped; None while the race continues."""
    n_confirmed: int | None = None
    """Unseen cases asked in the confirmation; None if there was none."""

    @property
    def alive(self) -> tuple[int, ...]:
        """Places of those still in the race."""
        return tuple(place for place, runner in enumerate(self.runners) if runner.left_at is None)

    @property
    def left_at(self) -> tuple[int | None, ...]:
        """After how many cases each runner left."""
        return tuple(runner.left_at for runner in self.runners)

    @property
    def levels(self) -> tuple[Level, ...]:
        """The looks of the race."""
        return schedule(self.rules, n_pool=self.n_pool, n_candidates=len(self.runners))

    def without(self, places: tuple[int, ...], *, given_up: bool = False) -> "RaceState":
        """Return the race after some have left it."""
        runners = tuple(
            replace(runner, left_at=self.n_asked, is_given_up=given_up) if place in places else runner
            for place, runner in enumerate(self.runners)
        )
        return replace(self, runners=runners)


class Fate(StrEnum):
    """What happens to a candidate at a look."""

    KEPT = "kept"
    DROPPED = "dropped"
    GIVEN_UP = "given_up"
    """Its server could not continue with it."""
    CONFIRMED = "confirmed"
    """The winner, on cases not seen before."""
    NOT_CONFIRMED = "not_confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """When and why a candidate was kept or dropped."""

    look: int
    """Number of the look, from 1; all decisions of one look are based on the same cases."""
    key: str
    label: str
    fate: Fate
    n_cases: int
    """Cases that the candidate had been asked."""
    reason: str
    """The reason in words."""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    """Numbers on which the decision is based."""
