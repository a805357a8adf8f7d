"""The state of a race: who is still in, which cases each candidate has been asked, and why the race ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from evaluation.races.rules import Level, RaceRules
from evaluation.races.schedule import schedule


class Ending(StrEnum):
    """Why a race is over."""

    ONE_LEFT = "one_left"
    TIED_WITHIN_MARGIN = "tied_within_margin"
    CASES_USED_UP = "cases_used_up"
    BUDGET_SPENT = "budget_spent"
    NOBODY_LEFT = "nobody_left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """A candidate of a race."""

    key: str
    """The same in every look: its fingerprint."""
    label: str
    left_at: int | None = None
    """Cases that it had been asked when it was dropped; None: it is in."""
    is_given_up: bool = False
    """It was not dropped for its answers: its server could not go on with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceState:
    """All that decides what is asked next, beside the scores."""

    rules: RaceRules
    n_pool: int
    """Cases of the benchmark that the race may ask."""
    runners: tuple[Runner, ...]
    look: int = 0
    """Looks taken so far."""
    n_asked: int = 0
    """Cases that everybody who is in has been asked."""
    ending: Ending | None = None
    """Why nobody else will be dropped; None: the race goes on."""
    n_confirmed: int | None = None
    """Unseen cases that the confirmation asked; None: it has not been."""

    @property
    def alive(self) -> tuple[int, ...]:
        """Places of those that are in."""
        return tuple(place for place, runner in enumerate(self.runners) if runner.left_at is None)

    @property
    def left_at(self) -> tuple[int | None, ...]:
        """When each runner left."""
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
