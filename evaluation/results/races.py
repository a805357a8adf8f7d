"""Results of a race, beside those of its run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evaluation.races.confirmation import Confirmation
from evaluation.races.outcome import Verdict
from evaluation.races.rules import Spent
from evaluation.races.state import Ending, Fate
from evaluation.results.as_json import MERGED, json_key
from evaluation.results.frames import ShownInNotebooks, columns_of, frame_of
from evaluation.results.runs import InvocationResult

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class RacePlace:
    """A candidate's rank at the end of a race."""

    rank: int
    """From 1; equal scores share a rank."""
    label: str = field(metadata=json_key("candidate"))
    fingerprint: str
    """Hash of everything that can change its answers."""
    score: float | None
    """Mean over the cases that it was asked, in the metric's unit; None without scores."""
    n_cases: int
    """Cases on which it has a score."""
    behind_first: float | None
    """Difference in the metric's unit on shared cases; 0 for the first, None if no case has both scores."""
    left_after: int | None
    """Cases that it had been asked when it left; None if it stayed to the end."""
    is_given_up: bool = field(metadata=json_key("given_up"))
    """True if it left because its server failed too often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceOutcomeResult:
    """Outcome of a race as stored."""

    verdict: Verdict
    winner: str | None
    """Label of the winner; None if no candidate is called the best."""
    tied: tuple[str, ...]
    """Labels of the tied candidates, best first; empty if there is a winner."""
    ending: Ending
    sentence: str
    """The outcome in a sentence."""
    ranking: tuple[RacePlace, ...]
    """Best first."""
    confirmation: Confirmation | None
    """Comparison of winner and runner-up on unseen cases; None if there was none."""
    n_more: int | None
    """Estimated number of further cases to separate the first from the second, if the observed difference is real."""
    n_looks: int
    """Number of decisions on who stays."""
    n_cases: int
    """Cases of the race, without those of the confirmation."""
    n_pool: int
    """Cases available to the race."""
    spent: Spent
    full_grid_calls: int
    """Calls needed to ask every candidate every case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfinishedRace:
    """Outcome of an unfinished race: nothing is known yet."""

    verdict: None = None
    winner: None = None
    ending: None = None
    sentence: None = None
    confirmation: None = None
    tied: tuple[str, ...] = ()
    ranking: tuple[RacePlace, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceDecision:
    """When and why a candidate was kept or dropped."""

    look: int
    """Number of the look, from 1; all decisions of one look are based on the same cases."""
    label: str = field(metadata=json_key("candidate"))
    fingerprint: str
    """Fingerprint of the candidate."""
    fate: Fate = field(metadata=json_key("decision"))
    n_cases: int
    """Cases that the candidate had been asked."""
    reason: str
    """The reason in words."""
    evidence: Mapping[str, object]
    """Numbers on which the decision is based."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Race:
    """A race with its rules, its outcome and all its decisions."""

    run_id: str
    benchmark: str
    """Name of the benchmark."""
    metric: str
    """Metric of the scores."""
    method: str
    """`evidence` or `halving`."""
    alpha: float
    """Greatest probability that the method `evidence` drops the best candidate."""
    margin: str | None
    """Negligible difference as typed; None if every difference matters."""
    levels: tuple[str, ...]
    """Numbers of cases after which it is decided who stays, as typed; empty for after every block."""
    confirm: int | None
    """Maximum number of unseen cases for the confirmation; None: a share of the benchmark."""
    budget: tuple[str, ...]
    """Budget of the race as typed; empty for no limit."""
    outcome: RaceOutcomeResult | UnfinishedRace = field(metadata=MERGED)
    decisions: tuple[RaceDecision, ...]
    """Decisions in chronological order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceResult(ShownInNotebooks):
    """Result of a race: the run of its invocation, and the race."""

    invocation: InvocationResult = field(metadata=MERGED)
    race: Race

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per candidate, the first one first; empty for a race that is not over.

        Columns: the fields of `RacePlace`: `rank`, `n_cases` and `left_after` are `Int64`, `score` and `behind_first`
        are `float64`, `is_given_up` is `boolean`, `label` and `fingerprint` are `string`.
        """
        return frame_of(self.race.outcome.ranking, columns_of(RacePlace))
