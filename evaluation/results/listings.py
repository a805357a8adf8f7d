"""Listings: tuples of results of one kind, with a DataFrame of all of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, TypeVar

from evaluation.records.alerts import AlertRecord
from evaluation.records.runs import RunSummary
from evaluation.records.traffic_calls import TrafficCall
from evaluation.results.comparisons import ComparisonResult, PairHistoryResult, pairs_frame
from evaluation.results.frames import REAL, TEXT, ShownInNotebooks, columns_of, frame, frame_of, row_of
from evaluation.results.pairs import PairResult
from evaluation.results.runs import RunResult

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")


class Listing(ShownInNotebooks, tuple[T, ...]):
    """An ordered list of results."""

    PAGES = "evaluation.reports.notebook_listings"

    def __getnewargs__(self) -> tuple[tuple[T, ...]]:
        return (tuple(self),)


class RunList(Listing[RunSummary]):
    """Stored runs, newest first."""

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per run.

        Columns: the fields of `RunSummary` with the dtypes of `evaluation.results.frames`; `candidates` and `tags` are
        JSON (`string`).
        """
        return frame_of(self, {**columns_of(RunSummary), "candidates": TEXT, "tags": TEXT})


class FieldListing(Listing[T]):
    """An ordered list of results whose fields are the columns of its frame."""

    ROW: ClassVar[type]
    """Type of the results."""

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per result.

        Columns: the results' fields with the dtypes of `evaluation.results.frames`; several values are JSON (`string`).
        """
        return frame_of(self, columns_of(self.ROW, rest=TEXT))


class ComparisonList(Listing[ComparisonResult]):
    """Comparisons from one request, one for each benchmark, with the runs made for them."""

    PAGES = ShownInNotebooks.PAGES
    runs: tuple[RunResult, ...]
    """Empty if only stored runs were compared."""

    def __new__(
        cls, comparisons: Iterable[ComparisonResult] = (), runs: tuple[RunResult, ...] = ()
    ) -> "ComparisonList":
        """Create the list of comparisons with their runs."""
        made = super().__new__(cls, comparisons)
        made.runs = runs
        return made

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per benchmark, pair of sides and metric, as `ComparisonResult.to_frame`."""
        return pairs_frame(self)


class PairHistoryList(Listing[PairHistoryResult]):
    """Results of two sides in stored comparisons, oldest first."""

    PAGES = "evaluation.reports.notebook_views"

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per comparison and metric.

        Columns: the fields of `PairHistoryResult`, then those of its `PairResult`, with the dtypes of
        `evaluation.results.frames`; several values are JSON (`string`).
        """
        own = columns_of(PairHistoryResult, leaving_out=("pair",), rest=TEXT)
        of_pair = columns_of(PairResult, rest=TEXT)
        return frame([row_of(each, own) | row_of(each.pair, of_pair) for each in self], {**own, **of_pair})


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreCell:
    """A metric's value for an answer, or the reason why it is missing."""

    value: float | None
    """Value in the metric's unit; None if there is none."""
    label: str | None
    """Word that describes the value, if the metric provides one."""
    failure: str | None
    """Why the value is missing; None if there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """Outcome of one repeat of a case with one candidate."""

    run_id: str
    benchmark: str
    """Name of the benchmark."""
    benchmark_version: str
    candidate: str
    """Label, unique within the run."""
    model: str
    digest: str | None
    """Hash of the weights; None if unverified."""
    fingerprint: str
    """Hash of everything that can change the candidate's answers."""
    endpoint: str
    """Name of the server that answered or failed."""
    case_id: str
    repeat: int
    """Number of the repeat, from 0."""
    answer: str | None
    """Text that is scored; None if the server failed."""
    text: str | None
    """Text as generated."""
    thinking: str | None
    finish_reason: str | None
    failure: str | None
    """Kind of the server's failure; None if it did not fail."""
    own_failure: str | None
    """Kind of the candidate's own failure, which is scored as an empty answer; None if there is none."""
    message: str | None
    """Description of the failure."""
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
    """True if it waited for the model to load."""
    reused: bool | None
    """True if taken from an earlier run."""
    prompt_state: str | None
    """How much of the prompt the server processed before the first token."""
    n_attempts: int
    seed: int | None
    effective_context: int | None
    vram_share: float | None
    energy_j: float | None
    started_at: datetime | None
    finished_at: datetime
    scores: Mapping[str, ScoreCell]
    """Scores by the metric's name."""


class CaseList(Listing[CaseRow]):
    """Outcomes of runs: one row for each case, candidate and repeat."""

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per case, candidate and repeat.

        Columns: the fields of `CaseRow` with the dtypes of `evaluation.results.frames`, then for each metric its key
        `WORD` (`float64`), `WORD label` and `WORD failure` (`string`).
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
    """One metric's result for one answer."""

    run_id: str
    benchmark: str
    """Name of the benchmark."""
    candidate: str
    """Label, unique within the run."""
    case_id: str
    repeat: int
    """Number of the repeat, from 0."""
    metric: str
    """Name of the metric."""
    signature: str
    """Signature: the metric with its options and its scorer's version."""
    value: float | None
    """Value in the metric's unit; None if the score failed."""
    label: str | None
    rationale: str | None
    """Explanation of the value, if the metric provides one."""
    failure: str | None
    """Why the value is missing; None if there is one."""
    message: str | None
    """Description of the failure."""


class ScoreList(Listing[ScoreRow]):
    """Scores of runs: one row for each answer and metric."""

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per answer and metric.

        Columns: the fields of `ScoreRow`: `value` is `float64`, `repeat` is `Int64`, all others are `string`.
        """
        return frame_of(self, columns_of(ScoreRow))


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRow:
    """One request of a candidate's pipeline for a case, with its reply."""

    run_id: str
    benchmark: str
    """Name of the benchmark."""
    benchmark_version: str
    candidate: str
    """Label, unique within the run."""
    fingerprint: str
    """Hash of everything that can change the candidate's answers."""
    case_id: str
    repeat: int
    """Number of the repeat, from 0."""
    position: int
    """Place among the requests of the case, from 0."""
    stage: str
    """Name, unique within the case."""
    kind: str
    """`chat`, `embed`, `count` or `search`."""
    model: str | None
    """Name of the model; None for a search."""
    digest: str | None
    """Hash of the model's weights; None if unverified, or for a search."""
    endpoint: str | None
    """Name of the server that answered."""
    request_hash: str
    """Identity of the request: another one where its texts, options or the model's weights differ."""
    answer: str
    """Reply without stray thinking; empty for a stage that is no chat."""
    text: str
    """Text as generated."""
    thinking: str | None
    finish_reason: str | None
    own_failure: str | None
    """Kind of the model's own failure; None if there is none."""
    message: str | None
    """Description of the failure."""
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
    """True if it waited for the model to load."""
    reused: bool | None
    prompt_state: str | None
    n_attempts: int
    seed: int | None
    energy_j: float | None
    mean_logprob: float | None
    """Mean log-probability of the reply's tokens; None if it was not asked for."""
    passages: tuple[Mapping[str, object], ...] | None
    """Passages that a search returned, without their texts; None for other stages."""
    started_at: datetime
    finished_at: datetime


class StageList(FieldListing[StageRow]):
    """Stages of the pipelines of runs: one row for each request of each case."""

    ROW = StageRow


class TrafficList(Listing[TrafficCall]):
    """Recorded production calls, oldest first."""

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per call.

        Columns: the fields of `TrafficCall` with the dtypes of `evaluation.results.frames`; `stages` and
        `context` are JSON (`string`).
        """
        return frame_of(self, {**columns_of(TrafficCall), "stages": TEXT, "context": TEXT})


class AlertList(Listing[AlertRecord]):
    """Alerts of the monitor."""

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per alert.

        Columns: the fields of `AlertRecord` with the dtypes of `evaluation.results.frames`, `evidence` and `changes` as
        JSON, and `state` (`string`): `open`, `acknowledged` or `resolved`.
        """
        columns = {**columns_of(AlertRecord), "evidence": TEXT, "changes": TEXT, "state": TEXT}
        return frame_of(self, columns)
