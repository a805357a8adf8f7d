"""Result types of a recommendation: the candidate, its alternatives, expectations, and what was ruled out."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from evaluation.records.evidence import Choosable
from evaluation.results.frames import REAL, TEXT, TRUTH, WHOLE, ShownInNotebooks, frame

if TYPE_CHECKING:
    import pandas as pd

_EXPECTED = ("latency_s", "cost_per_1k", "energy_j")
"""Fields that hold an expected value or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """An expected value, with a 95 % interval where there is one, and its number of cases."""

    value: float
    low: float | None
    high: float | None
    n_cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredPart:
    """Measured quality of a candidate on one benchmark, or, where no task was asked for, on one task."""

    name: str
    value: float | None
    """None: the candidate was not asked any of its cases."""
    n_cases: int
    n_answers: int
    """More than cases where some were asked several times."""
    of_n_cases: int
    """Number of cases that any candidate was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredQuality:
    """Measured quality of a candidate on the cases that it was asked, from which the expected quality may differ."""

    value: float
    """Mean over cases, cases of one family counting as one; over all tasks the mean of its tasks' means."""
    n_cases: int
    parts: tuple[MeasuredPart, ...]
    """Benchmarks of the task; where no task was asked for, the tasks."""
    over_tasks: bool
    """Whether it is a mean over tasks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustments:
    """Differences between the expected and the measured quality; the three add up to the whole difference."""

    n_filled_in: int
    """Number of cases that others were asked and the candidate was not; where no task was asked for, of tasks."""
    filled_in: float
    """Effect of these cases, filled in from the other candidates' results."""
    other_tasks: float
    """Effect of its results on other tasks: with few cases, the estimate is shrunk towards them."""
    prompt: float | None
    """Effect of the prompt according to a selection model; None: no model was used."""


CandidateT = TypeVar("CandidateT")


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedCandidate(Generic[CandidateT]):
    """A feasible candidate, in whatever form, with its expected values."""

    candidate: CandidateT
    utility: float
    """Utility in points (hundredths of quality), as `Weights` defines it."""
    measured: MeasuredQuality | None = None
    quality: Expected
    """Expected quality on all of the task's cases, or for the prompt; `measured` is its basis."""
    adjustments: Adjustments | None = None
    """Why `quality` differs from `measured`; None where nothing was measured."""
    latency_s: Expected | None
    """Latency at the requested percentile."""
    cost_per_1k: Expected | None
    """US dollars for 1,000 answers."""
    energy_j: Expected | None
    memory_gb: float | None
    is_tied: bool
    """Whether it cannot be told from the best."""
    is_pareto: bool
    """True if no other feasible candidate is at least as good in everything and better in something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked(RankedCandidate[Choosable]):
    """A feasible candidate with its expected values."""

    candidate: Choosable


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """A candidate that was ruled out."""

    candidate: Choosable
    constraint: str
    """Name of the constraint, or `not_ready`, `not_measured`, `own_failures`."""
    reason: str
    """Reason as text, with the value and the limit."""
    value: float | None = None
    limit: float | None = None
    quality: float | None = None
    """Its expected quality; None where it was not measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """Newest reported outcomes of a candidate on a task. They do not change the ranking, and are shown beside it."""

    n_outcomes: int
    n_ok_known: int
    """Of these, how many said whether the answer was useful."""
    ok_share: float | None
    """Share of useful answers among these; None where no outcome reports it."""
    quality: float | None
    """Mean of the reported qualities."""
    p_value: float | None
    """p-value of the test whether outcomes are worse than expected; None: too few prompts."""
    contradicts: bool
    """Whether outcomes are worse than expected, beyond chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation(ShownInNotebooks):
    """A candidate ready to call, or the reason for naming none."""

    id: str
    task: str | None
    candidate: Choosable | None
    """None for an abstention."""
    quality: Expected | None
    """Expected quality; `measured` is its basis."""
    latency_s: Expected | None
    cost_per_1k: Expected | None
    energy_j: Expected | None
    memory_gb: float | None
    reason: str
    """Reason as text, with numbers."""
    alternatives: tuple[Ranked, ...]
    """The other feasible candidates, best first."""
    pareto: tuple[str, ...]
    """Labels of the feasible candidates that no other one beats in everything."""
    tied: tuple[str, ...]
    """Labels of the best candidate and those that cannot be told from it; a single one is no tie."""
    removed: tuple[Removed, ...]
    n_cases: int
    """Number of cases of the task behind the expected quality."""
    decided_by: str
    """`rules`, `scoreboard`, or the version of the selection model."""
    notes: tuple[str, ...]
    """Remarks for the reader: a store that is away, a model file that was refused, thin evidence."""
    created_at: datetime
    measured: MeasuredQuality | None = None
    adjustments: Adjustments | None = None
    """Why `quality` differs from `measured`; None where nothing was measured."""
    reported: Reported | None = None
    """Outcomes of earlier recommendations of the candidate; None: none were reported."""
    tested_by: str | None = None
    """The test that compared the best with the others: `exact McNemar over all measured runs, Holm over 6 pairs`; None
    where there was nobody to hold it against."""
    percentile: float = 0.95
    """Percentile of the latencies."""

    PAGES: ClassVar[str] = "selection.pages.notebook"

    @property
    def abstained(self) -> bool:
        """True where no candidate is named."""
        return self.candidate is None

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per feasible candidate, the named one first.

        Columns: `candidate` and `model` (`string`), `is_named`, `is_tied` and `is_pareto` (`boolean`), `quality`,
        `low`, `high`, `measured`, `latency_s`, `cost_per_1k`, `energy_j`, `memory_gb` (`float64`), `n_cases` (`Int64`).
        """
        columns = {"candidate": TEXT, "model": TEXT, "is_named": TRUTH, "is_tied": TRUTH, "is_pareto": TRUTH}
        columns |= dict.fromkeys(("quality", "low", "high", "measured"), REAL) | {"n_cases": WHOLE}
        columns |= dict.fromkeys((*_EXPECTED, "memory_gb"), REAL)
        named = [] if self.candidate is None else [self._row(self.candidate, self, is_named=True)]
        return frame([*named, *(self._row(each.candidate, each) for each in self.alternatives)], columns)

    def _row(
        self, candidate: Choosable, numbers: "Recommendation | Ranked", *, is_named: bool = False
    ) -> dict[str, object]:
        label, quality = candidate.label, numbers.quality
        expected = {name: getattr(numbers, name) for name in _EXPECTED}
        return {
            "candidate": label,
            "model": candidate.model,
            "is_named": is_named,
            "is_tied": label in self.tied and len(self.tied) > 1,
            "is_pareto": label in self.pareto,
            **({} if quality is None else {"quality": quality.value, "low": quality.low, "high": quality.high}),
            "n_cases": None if quality is None else quality.n_cases,
            "measured": None if numbers.measured is None else numbers.measured.value,
            **{name: None if value is None else value.value for name, value in expected.items()},
            "memory_gb": numbers.memory_gb,
        }
