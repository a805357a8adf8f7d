"""Listings: tuples of results of one kind, with a DataFrame of all of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from evaluation.records import AlertRecord, RunSummary
from evaluation.records.traffic_calls import TrafficCall
from evaluation.results.comparisons import ComparisonResult, pairs_frame
from evaluation.results.frames import REAL, TEXT, columns_of, frame, frame_of, row_of
from evaluation.results.rendering import ShownInNotebooks
from evaluation.results.runs import RunResult

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")


class Listing(ShownInNotebooks, tuple[T, ...]):
    """Results in their order."""

    def __getnewargs__(self) -> tuple[tuple[T, ...]]:
        return (tuple(self),)


class RunList(Listing[RunSummary]):
    """Stored runs, the newest first."""

    def to_frame(self) -> "pd.DataFrame":
        """Return a row a run.

        Columns: the fields of `RunSummary` with the dtypes of `evaluation.results.frames`; `candidates` and `tags` are
        JSON (`string`).
        """
        return frame_of(self, {**columns_of(RunSummary), "candidates": TEXT, "tags": TEXT})


class ComparisonList(Listing[ComparisonResult]):
    """Comparisons of the same question, one a benchmark, and the runs that were made for them."""

    runs: tuple[RunResult, ...]
    """Empty where stored runs alone were compared."""

    def __new__(
        cls, comparisons: Iterable[ComparisonResult] = (), runs: tuple[RunResult, ...] = ()
    ) -> "ComparisonList":
        """Make the list."""
        made = super().__new__(cls, comparisons)
        made.runs = runs
        return made

    def to_frame(self) -> "pd.DataFrame":
        """Return a row a benchmark, pair of sides and metric, as `ComparisonResult.to_frame` does for one benchmark."""
        return pairs_frame(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreCell:
    """What a metric says of an answer, or why it says nothing."""

    value: float | None
    """In the metric's unit; None where there is none."""
    label: str | None
    """A word for the value, where the metric has one."""
    failure: str | None
    """Why there is no value; None where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """What became of one repeat of a case with one candidate."""

    run_id: str
    benchmark: str
    """Name of the benchmark."""
    benchmark_version: str
    candidate: str
    """Its label, as no other candidate of the run is called."""
    model: str
    digest: str | None
    """Hash of the weights; None: unverified."""
    fingerprint: str
    """Hash of all that can change the candidate's answers."""
    endpoint: str
    """Name of the server that answered, or failed."""
    case_id: str
    repeat: int
    """From 0."""
    answer: str | None
    """What is scored; None where the server failed."""
    text: str | None
    """As it was generated."""
    thinking: str | None
    finish_reason: str | None
    failure: str | None
    """Kind of the server's failure; None: there is none."""
    own_failure: str | None
    """Kind of the candidate's own failure, which is scored like an empty answer; None: there is none."""
    message: str | None
    """What was said of the failure."""
    prompt_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    total_s: float | None
    """Seconds from sending to the end."""
    ttft_s: float | None
    queue_s: float | None
    load_s: float | None
    prompt_s: float | None
    generate_s: float | None
    cold: bool | None
    """True where it waited for the model to load."""
    reused: bool | None
    """True where it was taken from an earlier run."""
    prompt_state: str | None
    """What the server had to do with the prompt before the first token."""
    n_attempts: int
    seed: int | None
    effective_context: int | None
    vram_share: float | None
    energy_j: float | None
    started_at: datetime | None
    finished_at: datetime
    scores: Mapping[str, ScoreCell]
    """By the metric's word."""


class CaseList(Listing[CaseRow]):
    """What became of the cases of runs: one row a case, candidate and repeat."""

    def to_frame(self) -> "pd.DataFrame":
        """Return a row a case, candidate and repeat.

        Columns: the fields of `CaseRow` with the dtypes of `evaluation.results.frames`, then for each metric its word
        (`float64`), `WORD label` and `WORD failure` (`string`).
        """
        columns = columns_of(CaseRow)
        words = dict.fromkeys(word for row in self for word in row.scores)
        of_metrics = {
            f"{word}{part}": dtype
            for word in words
            for part, dtype in (("", REAL), (" label", TEXT), (" failure", TEXT))
        }
        return frame([row_of(row, columns) | _score_cells(row) for row in self], {**columns, **of_metrics})


def _score_cells(row: CaseRow) -> dict[str, object]:
    cells: dict[str, object] = {}
    for word, score in row.scores.items():
        cells |= {word: score.value, f"{word} label": score.label, f"{word} failure": score.failure}
    return cells


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRow:
    """What one metric says of one answer."""

    run_id: str
    benchmark: str
    """Name of the benchmark."""
    candidate: str
    """Its label, as no other candidate of the run is called."""
    case_id: str
    repeat: int
    """From 0."""
    metric: str
    """The metric's word."""
    signature: str
    """The metric with its options and its scorer's version."""
    value: float | None
    """In the metric's unit; None where the score could not be had."""
    label: str | None
    rationale: str | None
    """Why, where the metric says so."""
    failure: str | None
    """Why there is no value; None where there is one."""
    message: str | None
    """What was said of the failure."""


class ScoreList(Listing[ScoreRow]):
    """Scores of runs: one row an answer and metric."""

    def to_frame(self) -> "pd.DataFrame":
        """Return a row an answer and metric.

        Columns: the fields of `ScoreRow`: `value` is `float64`, `repeat` is `Int64`, all others are `string`.
        """
        return frame_of(self, columns_of(ScoreRow))


class TrafficList(Listing[TrafficCall]):
    """Recorded calls of production, the oldest first."""

    def to_frame(self) -> "pd.DataFrame":
        """Return a row a call.

        Columns: the fields of `TrafficCall` with the dtypes of `evaluation.results.frames`; `stages` is JSON
        (`string`).
        """
        return frame_of(self, {**columns_of(TrafficCall), "stages": TEXT})


class AlertList(Listing[AlertRecord]):
    """Alerts of the monitor."""

    def to_frame(self) -> "pd.DataFrame":
        """Return a row an alert.

        Columns: the fields of `AlertRecord` with the dtypes of `evaluation.results.frames`, `evidence` and `changes` as
        JSON, and `state` (`string`): `open`, `acknowledged` or `resolved`.
        """
        columns = {**columns_of(AlertRecord), "evidence": TEXT, "changes": TEXT, "state": TEXT}
        return frame_of(self, columns)
