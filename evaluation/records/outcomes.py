"""Records of outcomes, and of requests still missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from evaluation.errors import FailureKind
from evaluation.generation import Outcome
from evaluation.records.status import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step of a generation."""

    name: str
    duration_s: float
    n_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRow:
    """One outcome on its way into the store."""

    run_candidate_id: int
    case_id: str
    repeat: int
    outcome: Outcome
    endpoint: str
    """Name of the endpoint that answered, or that failed."""
    finished_at: datetime
    started_at: datetime | None = None
    """When the case's first attempt was sent; its deadline counts from here over shard retries."""
    effective_context: int | None = None
    vram_share: float | None = None
    stages: tuple[Stage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOutcome:
    """One outcome as stored."""

    generation_id: int
    row: OutcomeRow


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingPage:
    """A stretch of what is still to be asked of a candidate, in the order of the benchmark."""

    items: tuple[tuple[str, int], ...]
    """Case id and repeat, from 0."""
    last_position: int | None
    """From where the next page goes on; None: nothing is missing after this one."""
    positions: tuple[int, ...] = field(default=(), compare=False)
    """Where the case of each item stands in the benchmark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeCounts:
    """How many cases of a candidate were answered, and how the others failed."""

    run_candidate_id: int
    label: str
    n_ok: int
    """Answers, the candidate's own failures not among them."""
    n_failed: int
    """Failures of the server: never scored."""
    n_own_failed: int
    """The candidate's own failures: scored as empty answers."""
    n_reused: int
    """Those of both that were taken from earlier runs: left out of every timing figure."""
    n_cached: int
    """Answers to prompts that a server had, or may have had, in its cache: apart in every figure that they change."""
    vram_share: float | None
    """The least share of the model that a server had in the GPU's memory; None: no server said so."""
    failures: Mapping[FailureKind, int]
    own_failures: Mapping[FailureKind, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateProgress:
    """How far one candidate of a run is."""

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
    """Failures of the server, so far."""
