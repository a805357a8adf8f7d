"""Results of experiments: facts, runs, comparisons and notes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from evaluation.records import AnnotationRecord, ComparisonSummary, Status
from evaluation.results.as_json import MERGED, json_key
from evaluation.results.frames import REAL, TEXT, columns_of, frame, row_of
from evaluation.results.rendering import ShownInNotebooks

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
