"""Results of experiments: facts, runs, comparisons and notes; the difference of two of their runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from evaluation.records.experiments import AnnotationRecord, ComparisonSummary
from evaluation.records.status import Status
from evaluation.results.as_json import MERGED, json_key
from evaluation.results.frames import REAL, TEXT, ShownInNotebooks, columns_of, frame, row_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentFacts:
    """Description of an experiment, without the results of its runs."""

    name: str = field(metadata=json_key("experiment"))
    experiment_id: str
    question: str
    """The question to be answered."""
    description: str
    template: Mapping[str, object] | None
    """Fields of an evaluation request that its runs have in common; None if there are none."""
    tags: tuple[str, ...]
    is_favourite: bool = field(metadata=json_key("favourite"))
    is_archived: bool = field(metadata=json_key("archived"))
    created_at: datetime
    run_ids: tuple[str, ...]
    """Run ids in the order in which they were added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HighestValue:
    """The candidate of a run with the best headline value; this is not a verdict."""

    label: str = field(metadata=json_key("candidate"))
    value: float
    """In the headline metric's unit."""
    low: float | None
    """Lower end of the 95 % interval; None without an interval."""
    high: float | None
    """Upper end of the 95 % interval; None without an interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentRun:
    """Summary of one run of an experiment."""

    run_id: str
    status: Status
    benchmark: str
    """Name of the benchmark."""
    benchmark_version: str
    started_at: datetime | None
    n_cases: int
    """Number of selected cases."""
    n_repeats: int = field(metadata=json_key("repeats"))
    """Repeats of each case."""
    candidates: tuple[str, ...]
    """Labels."""
    headline: str
    """Name of the metric that ranks the candidates."""
    highest: HighestValue | None
    """None if no candidate has a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentResult(ShownInNotebooks):
    """An experiment with its runs, comparisons and notes."""

    facts: ExperimentFacts = field(metadata=MERGED)
    runs: tuple[ExperimentRun, ...]
    comparisons: tuple[ComparisonSummary, ...]
    """Oldest first."""
    annotations: tuple[AnnotationRecord, ...]
    """People's notes on the experiment, its runs and its comparisons."""
    PAGES: ClassVar[str] = "evaluation.reports.notebook_views"

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per run.

        Columns: the fields of `ExperimentRun` with the dtypes of `evaluation.results.frames`, `candidates` as JSON; of
        the highest value `highest` (`string`, its candidate), `value`, `low` and `high` (`float64`).
        """
        own = columns_of(ExperimentRun, leaving_out=("highest",), rest=TEXT)
        rows = [row_of(run, own) | _highest_cells(run.highest) for run in self.runs]
        return frame(rows, {**own, "highest": TEXT, "value": REAL, "low": REAL, "high": REAL})


def _highest_cells(highest: HighestValue | None) -> dict[str, object]:
    if highest is None:
        return {}
    return {"highest": highest.label, "value": highest.value, "low": highest.low, "high": highest.high}


Pairs = Mapping[str, tuple[object, object]]
"""Values of the first and the second run, by the name of a parameter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffedMetric:
    """A metric's mean in one of the runs. None if the run has none."""

    value: float | None
    low: float | None
    """Lower end of the 95 % interval."""
    high: float | None
    """Upper end of the 95 % interval."""
    n_cases: int | None = field(metadata=json_key("n"))
    signature: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricDifference:
    """A metric that a candidate has in both runs. The difference is not tested for chance; a comparison does that."""

    metric: str
    first: DiffedMetric
    second: DiffedMetric
    difference: float | None
    """Second value less first, in the metric's unit; None if the runs asked different cases, the signatures differ, or
    a value is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDifferences:
    """Cases on which a candidate's headline values differ."""

    metric: str
    n_both: int
    """Cases that have a value in both runs."""
    better: tuple[str, ...]
    """Ids of the cases on which the second run is better."""
    worse: tuple[str, ...]
    """Ids of the cases on which the second run is worse."""
    only_in_first: tuple[str, ...]
    """Ids of the cases with a value only in the first run."""
    only_in_second: tuple[str, ...]
    """Ids of the cases with a value only in the second run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateDiff:
    """Differences of a candidate that is in both runs."""

    label: str = field(metadata=json_key("candidate"))
    second_label: str | None = None
    """Its label in the second run, where that differs; None: the same."""
    parameters: Pairs
    """Differing parameters of the candidate."""
    scores: tuple[MetricDifference, ...]
    """Metrics of both runs."""
    cases: CaseDifferences | None
    """None if the runs asked different cases, or have no common headline metric."""

    @property
    def title(self) -> str:
        """Both of its labels where they differ."""
        return self.label if self.second_label is None else f"{self.label} and {self.second_label}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDiff(ShownInNotebooks):
    """Differences of two runs; equal values are omitted."""

    run_ids: tuple[str, str] = field(metadata=json_key("runs"))
    parameters: Pairs
    """Differing parameters of the runs."""
    only_in_first: tuple[str, ...]
    """Labels of the candidates only in the first run."""
    only_in_second: tuple[str, ...]
    """Labels of the candidates only in the second run."""
    candidates: tuple[CandidateDiff, ...]
    same_cases: bool
    """True if both runs asked the same benchmark version."""
    n_cases: tuple[int, int] = (0, 0)
    """Number of cases that each run asked."""
    n_common_cases: int = 0
    """Number of cases that both asked; 0 for different benchmark versions."""

    @property
    def has_equal_cases(self) -> bool:
        """Return True where both runs asked the same cases of a benchmark, and no others."""
        return self.same_cases and self.n_cases == (self.n_common_cases, self.n_common_cases)

    @property
    def cases_words(self) -> str:
        """Return what was asked, after "asked": `the same cases`, `7 and 12 cases, 7 of them in common`."""
        if self.has_equal_cases:
            return "the same cases"
        if not self.n_common_cases:
            return "different cases"
        first, second = self.n_cases
        return f"{first:,} and {second:,} cases, {self.n_common_cases:,} of them in common"

    PAGES: ClassVar[str] = "evaluation.reports.notebook_views"

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per candidate and metric of both runs.

        Columns: `candidate` and `metric` (`string`), `first`, `second` and `difference` (`float64`).
        """
        rows = [
            {
                "candidate": candidate.label,
                "metric": score.metric,
                "first": score.first.value,
                "second": score.second.value,
                "difference": score.difference,
            }
            for candidate in self.candidates
            for score in candidate.scores
        ]
        return frame(rows, {"candidate": TEXT, "metric": TEXT, "first": REAL, "second": REAL, "difference": REAL})
