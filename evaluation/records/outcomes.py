"""Records of outcomes, and of requests still missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from evaluation.errors import FailureKind
from evaluation.generation import Outcome
from evaluation.records.stages import Trace
from evaluation.records.status import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRow:
    """One outcome to be stored."""

    run_candidate_id: int
    case_id: str
    repeat: int
    outcome: Outcome
    endpoint: str
    """Name of the endpoint that answered or failed."""
    finished_at: datetime
    started_at: datetime | None = None
    """When the case's first attempt was sent; its deadline counts from here across shard retries."""
    effective_context: int | None = None
    vram_share: float | None = None
    trace: Trace | None = None
    """What its pipeline says of the answer; None without a pipeline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOutcome:
    """One outcome as stored."""

    generation_id: int
    row: OutcomeRow


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingPage:
    """A part of a candidate's missing outcomes, in benchmark order."""

    items: tuple[tuple[str, int], ...]
    """Case ids and repeats, from 0."""
    last_position: int | None
    """Position from which the next page continues; None if nothing is missing after this page."""
    positions: tuple[int, ...] = field(default=(), compare=False)
    """Benchmark position of each item's case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureMessage:
    """How many outcomes of a candidate failed with one message."""

    run_candidate_id: int
    kind: FailureKind
    message: str | None
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeCounts:
    """Numbers of a candidate's answers and failures."""

    run_candidate_id: int
    label: str
    n_ok: int
    """Answers, without the candidate's own failures."""
    n_failed: int
    """Failures of the server, which are never scored."""
    n_own_failed: int
    """The candidate's own failures, scored as empty answers."""
    n_reused: int
    """Answers and own failures taken from earlier runs; excluded from every timing figure."""
    n_cached: int
    """Answers to prompts that a server had, or may have had, in its cache: separate in every affected figure."""
    vram_share: float | None
    """Least share of the model that a server had in GPU memory; None if no server reported it."""
    failures: Mapping[FailureKind, int]
    own_failures: Mapping[FailureKind, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateProgress:
    """Progress of one candidate of a run."""

    run_id: str
    benchmark_name: str
    run_candidate_id: int
    label: str
    status: Status
    n_planned: int
    """Cases times repeats."""
    n_done: int
    """Answers and the candidate's own failures."""
    n_failed: int
    """Failures of the server so far."""
    n_own_failed: int = 0
    """The candidate's own failures among `n_done`: an empty answer, a prompt too long, a pipeline that failed."""
