"""The result of one case of a run: prompt, every candidate's answers, and their scores."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from evaluation.case import Case, Message
from evaluation.errors import FailureKind
from evaluation.generation import PromptState, Timing
from evaluation.records import AnnotationRecord, Stage, Status
from evaluation.results.as_json import MERGED, json_key
from evaluation.scores import ScoreFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreResult:
    """What a metric says of one answer."""

    value: float
    """In the metric's unit."""
    label: str | None
    """A word for the value, where the metric has one."""
    rationale: str | None
    """Why, where the metric says so."""
    signature: str
    """The metric with its options and its scorer's version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreFailureResult:
    """A score that could not be had."""

    value: None = None
    """There is none."""
    failure: ScoreFailure
    signature: str
    """The metric with its options and its scorer's version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeFailure:
    """Why there is no usable answer."""

    kind: FailureKind
    message: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerResult:
    """What a candidate gave back."""

    answer: str
    """What was taken from the text: all that is scored."""
    text: str
    """As it was generated, without its thinking."""
    thinking: str | None
    finish_reason: str | None
    """Why generation ended, in the provider's word."""
    prompt_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    """Tokens of the prompt that the server had read before."""
    timings: Timing | None
    cold: bool
    """True where it waited for the model to load."""
    reused: bool
    """True where it was taken from an earlier run."""
    prompt_state: PromptState | None
    """What the server had to do with the prompt before the first token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureTimings:
    """How long a request took that failed."""

    total_s: float
    """Seconds from sending to the failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswerResult:
    """What is known of a request that the server failed on."""

    timings: FailureTimings | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CutResult:
    """What cut an answer off."""

    by: str
    """The limit that it ran into."""
    message: str
    """Where it was cut, and what helps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingOutcome:
    """A repeat of which no outcome is stored."""

    repeat: int
    """From 0."""
    outcome: str = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeResult:
    """What became of one repeat of the case."""

    repeat: int
    """From 0."""
    outcome: str
    """`answer`, `own_failure` or `server_failure`."""
    failure: OutcomeFailure | None
    """None where there is a usable answer."""
    came_back: AnswerResult | NoAnswerResult = field(metadata=MERGED)
    cut: CutResult | None
    """None where nothing cut it off."""
    scores: Mapping[str, ScoreResult | ScoreFailureResult]
    """By the metric's word, the run's own metrics first."""
    n_attempts: int
    """Requests that were sent for it."""
    seed: int | None
    """What the sampling was seeded with."""
    endpoint: str
    """Name of the server that answered, or failed."""
    effective_context: int | None
    """Tokens of context that the server really gave."""
    vram_share: float | None
    """Share of the model in the GPU's memory, in [0, 1]; None: the server does not say."""
    energy_j: float | None
    """Joules; None where they were not measured."""
    stages: tuple[Stage, ...]
    """Its steps, where it had several."""
    started_at: datetime | None
    finished_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCandidate:
    """One candidate of the run and what it made of the case."""

    label: str = field(metadata=json_key("candidate"))
    model: str
    """Name of the weights at the provider."""
    digest: str | None
    """Hash of the weights; None: unverified."""
    fingerprint: str
    """Hash of all that can change its answers."""
    options: Mapping[str, object]
    """Effective options."""
    profile: str
    """Name of the prompt profile."""
    think: bool | str | None
    """Think mode; None: the model's own."""
    endpoint: str
    """Name of the server that it was planned for."""
    provider: str
    """The wire protocol."""
    server_version: str | None
    messages: tuple[Message, ...]
    """The prompt as it was sent."""
    outcomes: tuple[OutcomeResult | MissingOutcome, ...]
    """One a repeat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
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
    """How often the case was to be asked."""
    code_version: str
    """Version of this program that planned the run."""
    case: Case
    annotations: tuple[AnnotationRecord, ...]
    """What people noted on the case."""
    candidates: tuple[CaseCandidate, ...]
    """In the order in which they were planned."""
