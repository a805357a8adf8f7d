"""Results of a race, beside those of its run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evaluation.races.confirmation import Confirmation
from evaluation.races.outcome import Verdict
from evaluation.races.rules import Spent
from evaluation.races.state import Ending, Fate
from evaluation.results.as_json import MERGED, json_key
from evaluation.results.frames import columns_of, frame_of
from evaluation.results.rendering import ShownInNotebooks
from evaluation.results.runs import InvocationResult

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class RacePlace:
    """A candidate's place at the end of a race."""

    rank: int
    """From 1; equal scores share a rank."""
    label: str = field(metadata=json_key("candidate"))
    fingerprint: str
    """Hash of all that can change its answers."""
    score: float | None
    """Mean over the cases that it was asked, in the metric's unit; None where it has none."""
    n_cases: int
    """Cases on which it has a score."""
    behind_first: float | None
    """In the metric's unit, on the cases that both have; 0 for the first, None where no case has both scores."""
    left_after: int | None
    """Cases that it had been asked when it left; None: it was in to the end."""
    is_given_up: bool = field(metadata=json_key("given_up"))
    """True where it left because its server failed too often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceOutcomeResult:
    """How a race came out, as it is stored."""

    verdict: Verdict
    winner: str | None
    """Label of the winner; None: nobody is called the best."""
    tied: tuple[str, ...]
    """Labels of those among whom nobody can be called the best, best first; empty where there is a winner."""
    ending: Ending
    sentence: str
    """The outcome for a person."""
    ranking: tuple[RacePlace, ...]
    """The first one first."""
    confirmation: Confirmation | None
    """Comparison of winner and runner-up on unseen cases; None if there was none."""
    n_more: int | None
    """About how many more cases would tell the first from the second, if the difference is as it seems."""
    n_looks: int
    """How often it was decided who stays."""
    n_cases: int
    """Cases of the race, those of the confirmation not among them."""
    n_pool: int
    """Cases that there were to ask."""
    spent: Spent
    full_grid_calls: int
    """Calls that asking everybody everything takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfinishedRace:
    """What is known of the outcome of a race that is not over: nothing."""

    verdict: None = None
    winner: None = None
    ending: None = None
    sentence: None = None
    confirmation: None = None
    tied: tuple[str, ...] = ()
    ranking: tuple[RacePlace, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceDecision:
    """Who was kept or dropped when, and why."""

    look: int
    """From 1; all decisions of one look rest on the same cases."""
    label: str = field(metadata=json_key("candidate"))
    fingerprint: str
    """Of the candidate."""
    fate: Fate = field(metadata=json_key("decision"))
    n_cases: int
    """Cases that it had been asked."""
    reason: str
    """In words."""
    evidence: Mapping[str, object]
    """The numbers behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """A race with its rules, its outcome and all its decisions."""

    run_id: str
    benchmark: str
    """Name of the benchmark."""
    metric: str
    """What the scores are."""
    method: str
    """`evidence` or `halving`."""
    alpha: float
    """Probability with which evidence may drop the best one, at most."""
    margin: str | None
    """A difference that does not matter, as it was typed; None: each does."""
    levels: tuple[str, ...]
    """After how many cases it is decided who stays, as it was typed; empty: after every block."""
    confirm: int | None
    """Maximum number of unseen cases for the confirmation; None: a share of the benchmark."""
    budget: tuple[str, ...]
    """What the race may take, as it was typed; empty: as much as it needs."""
    outcome: RaceOutcomeResult | UnfinishedRace = field(metadata=MERGED)
    decisions: tuple[RaceDecision, ...]
    """In the order in which they were made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceResult(ShownInNotebooks):
    """The run of a race's invocation, as of any other, and the race."""

    invocation: InvocationResult = field(metadata=MERGED)
    race: Race

    def to_frame(self) -> "pd.DataFrame":
        """Return a row a candidate, the first one first; no row of a race that is not over.

        Columns: the fields of `RacePlace`: `rank`, `n_cases` and `left_after` are `Int64`, `score` and `behind_first`
        are `float64`, `is_given_up` is `boolean`, `label` and `fingerprint` are `string`.
        """
        return frame_of(self.race.outcome.ranking, columns_of(RacePlace))
