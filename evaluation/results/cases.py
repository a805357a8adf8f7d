"""The result of one case of a run: prompt, every candidate's answers, and their scores."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from evaluation.case import Case, Message
from evaluation.errors import FailureKind
from evaluation.generation import PromptState, Timing
from evaluation.outcome_fields import SECONDS
from evaluation.records.experiments import AnnotationRecord, AnswerTagRecord
from evaluation.records.status import Status
from evaluation.results.as_json import MERGED, json_key
from evaluation.results.frames import REAL, TEXT, WHOLE, ShownInNotebooks, frame, row_of
from evaluation.scores import ScoreFailure

if TYPE_CHECKING:
    import pandas as pd

_OF_ANSWER = ("answer", "text", "thinking", "finish_reason", "prompt_tokens", "output_tokens")
_COLUMNS = MappingProxyType(
    {
        "candidate": TEXT,
        "repeat": WHOLE,
        "outcome": TEXT,
        "failure": TEXT,
        "message": TEXT,
        "answer": TEXT,
        "text": TEXT,
        "thinking": TEXT,
        "finish_reason": TEXT,
        "prompt_tokens": WHOLE,
        "output_tokens": WHOLE,
        **dict.fromkeys(SECONDS, REAL),
        "n_attempts": WHOLE,
        "endpoint": TEXT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreResult:
    """A metric's result for one answer."""

    value: float
    """Value in the metric's unit."""
    label: str | None
    """Word that describes the value, if the metric provides one."""
    rationale: str | None
    """Explanation of the value, if the metric provides one."""
    signature: str
    """Signature: the metric with its options and its scorer's version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreFailureResult:
    """A score that could not be obtained."""

    value: None = None
    """Always None."""
    failure: ScoreFailure
    signature: str
    """Signature: the metric with its options and its scorer's version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeFailure:
    """Reason for a missing usable answer."""

    kind: FailureKind
    message: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerResult:
    """A candidate's answer with its measurements."""

    answer: str
    """Text extracted from the output: all that is scored."""
    text: str
    """Generated text without its thinking."""
    thinking: str | None
    finish_reason: str | None
    """Why generation ended, as reported by the provider."""
    prompt_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    """Prompt tokens that the server had cached."""
    timings: Timing | None
    cold: bool
    """True if it waited for the model to load."""
    reused: bool
    """True if taken from an earlier run."""
    prompt_state: PromptState | None
    """How much of the prompt the server processed before the first token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureTimings:
    """Duration of a failed request."""

    total_s: float
    """Seconds from sending to the failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswerResult:
    """A request on which the server failed."""

    timings: FailureTimings | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CutResult:
    """The limit that cut an answer off."""

    by: str
    """The limit that was reached."""
    message: str
    """Description of the limit, with a remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingOutcome:
    """A repeat without a stored outcome."""

    repeat: int
    """Number of the repeat, from 0."""
    outcome: str = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageResult:
    """A passage that a search returned."""

    document: str
    """Path of the document within its corpus."""
    passage: int
    """Index of the passage in its document, from 0."""
    page: int | None
    """Page, from 1, on which it begins; None where the document has no pages."""
    last_page: int | None
    """Page on which it ends; None without pages, and in runs of versions that did not store it."""
    relevance: float
    """A cosine, a BM25 score or a sum of reciprocal ranks."""
    preview: str
    """Beginning of its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageResult:
    """One request of a pipeline, with its reply."""

    name: str
    kind: str
    """`chat`, `embed`, `count` or `search`."""
    model: str | None
    """Name of the model; None for a search."""
    digest: str | None
    endpoint: str | None
    """Name of the server that answered."""
    failure: OutcomeFailure | None
    """The model's own failure; None: it answered."""
    came_back: AnswerResult = field(metadata=MERGED)
    """The model's answer; for a stage that is no chat an empty one, with the stage's time."""
    passages: tuple[PassageResult, ...]
    """Passages that a search returned, best first."""
    energy_j: float | None
    """Energy in joules; None if not measured."""
    n_attempts: int
    """Requests sent for it; 0 for a search, and for an embedding that another case of the run had requested."""
    request_hash: str
    """Identity of the request: another one where its texts, options or the model's weights differ."""
    started_at: datetime
    finished_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceResult:
    """What a pipeline says of its answer."""

    confidence: float | None
    """In [0, 1]; None where the pipeline does not know it."""
    sources: tuple[PassageResult, ...] | None
    """Passages shown to the model, in the order of their numbers in the prompt; None without retrieval."""
    notes: Mapping[str, object]
    """Further findings as plain JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeResult:
    """Outcome of one repeat of the case."""

    repeat: int
    """Number of the repeat, from 0."""
    outcome: str
    """`answer`, `own_failure` or `server_failure`."""
    failure: OutcomeFailure | None
    """None if there is a usable answer."""
    came_back: AnswerResult | NoAnswerResult = field(metadata=MERGED)
    cut: CutResult | None
    """None if the answer was not cut."""
    scores: Mapping[str, ScoreResult | ScoreFailureResult]
    """Scores by the metric's name, the run's own metrics first."""
    n_attempts: int
    """Requests sent for it."""
    seed: int | None
    """Seed of the sampling."""
    endpoint: str
    """Name of the server that answered or failed."""
    effective_context: int | None
    """Context length in tokens that the server provided."""
    vram_share: float | None
    """Share of the model in GPU memory, in [0, 1]; None if the server does not report it."""
    energy_j: float | None
    """Energy in joules; None if not measured."""
    stages: tuple[StageResult, ...]
    """Requests of the candidate's pipeline, in their order; empty without a pipeline."""
    trace: TraceResult | None
    """What the pipeline says of its answer; None without a pipeline."""
    started_at: datetime | None
    finished_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCandidate:
    """One candidate of the run, with its outcomes on the case."""

    label: str = field(metadata=json_key("candidate"))
    model: str
    """Name of the model at the provider."""
    digest: str | None
    """Hash of the weights; None if unverified."""
    fingerprint: str
    """Hash of everything that can change its answers."""
    options: Mapping[str, object]
    """Effective options."""
    profile: str
    """Name of the prompt profile."""
    think: bool | str | None
    """Think mode; None for the model's own."""
    endpoint: str
    """Name of the server assigned in planning."""
    provider: str
    """The wire protocol."""
    server_version: str | None
    messages: tuple[Message, ...]
    """Messages of the prompt as sent."""
    outcomes: tuple[OutcomeResult | MissingOutcome, ...]
    """One for each repeat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult(ShownInNotebooks):
    """One case of a run in full."""

    run_id: str
    status: Status
    """Of the run."""
    benchmark: str
    """Name of the benchmark."""
    benchmark_version: str
    task_type: str
    headline: str
    """Name of the metric that ranks the run's candidates."""
    seed: int
    n_repeats: int = field(metadata=json_key("repeats"))
    """Planned repeats of the case."""
    code_version: str
    """Version of the program that planned the run."""
    case: Case
    annotations: tuple[AnnotationRecord, ...]
    """People's notes on the case and on answers to it."""
    tags: tuple[AnswerTagRecord, ...] = ()
    """People's tags on the case and on answers to it; those of the benchmark are the case's own."""
    candidates: tuple[CaseCandidate, ...]
    """Candidates in the order of planning."""
    PAGES: ClassVar[str] = "evaluation.reports.notebook_cases"

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per candidate and repeat.

        Columns: `candidate`, `repeat`, `outcome`, `failure`, `message`, `answer`, `text`, `thinking`, `finish_reason`,
        `prompt_tokens`, `output_tokens`, the seconds of `Timing`, `n_attempts`, `endpoint`; each metric (`float64`).
        """
        outcomes = [(candidate, outcome) for candidate in self.candidates for outcome in candidate.outcomes]
        rows = [{"candidate": candidate.label, **_outcome_cells(outcome)} for candidate, outcome in outcomes]
        metrics = dict.fromkeys(name for row in rows for name in row if name not in _COLUMNS)
        return frame(rows, {**_COLUMNS, **dict.fromkeys(metrics, REAL)})


def _outcome_cells(outcome: OutcomeResult | MissingOutcome) -> dict[str, object]:
    cells: dict[str, object] = {"repeat": outcome.repeat, "outcome": outcome.outcome}
    if isinstance(outcome, MissingOutcome):
        return cells
    answer, timings, failure = outcome.came_back, outcome.came_back.timings, outcome.failure
    if isinstance(answer, AnswerResult):
        cells |= row_of(answer, _OF_ANSWER)
    if failure is not None:
        cells |= {"failure": failure.kind, "message": failure.message}
    cells |= {name: getattr(timings, name, None) for name in SECONDS}
    scores = {name: score.value for name, score in outcome.scores.items()}
    return cells | {"n_attempts": outcome.n_attempts, "endpoint": outcome.endpoint, **scores}
