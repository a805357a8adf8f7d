"""What goes into the store and comes out of it, as values that know no SQL."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from evaluation.errors import FailureKind
from evaluation.generation import Outcome
from evaluation.score import Estimate, Measurement


class Status(StrEnum):
    """How far a run or a candidate of it is."""

    PLANNED = "planned"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    """Derived, never stored: `running`, and every holder dead or silent for 60 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseInfo:
    """What a database holds, and which schema it has."""

    shown_url: str
    """The URL without its password."""
    dialect: str
    """`sqlite` or `postgresql`."""
    revision: str | None
    """None: empty, no schema yet."""
    newest_revision: str
    size_bytes: int | None
    n_rows: Mapping[str, int]
    """Rows by table; empty where the schema is not this version's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRecord:
    """A server that answers."""

    name: str
    url: str
    provider: str = "ollama"
    gpu_tag: str | None = None
    """None: the default tag, made of host and port by whoever leases."""
    slots: int | None = None
    electricity_price: float | None = None
    """Per kWh, in the user's currency."""
    key_variable: str | None = None
    """Name of the environment variable that holds its key. Never the key."""
    allow_remote: bool = False
    limit_pending: bool = False
    """True where the slots were set while Prefect could not be told of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRecord:
    """A version of a model as one endpoint has it."""

    name: str
    digest: str | None
    endpoint_name: str | None
    """None: registered by hand, not yet seen on a server."""
    family: str | None = None
    parameter_size: str | None = None
    n_parameters: int | None = None
    quantization: str | None = None
    context_length: int | None = None
    size_bytes: int | None = None
    capabilities: tuple[str, ...] = ()
    licence: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    template: str | None = None
    remote_host: str | None = None
    first_seen: datetime
    last_seen: datetime
    is_current: bool
    """False for a version that was replaced by a newer pull of the same name."""
    retired_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkRecord:
    """A benchmark version without its cases."""

    name: str
    version: str
    task_type: str
    n_cases: int
    metrics: tuple[str, ...]
    headline: str
    options: Mapping[str, Any]
    description: str
    criteria: str
    licence: str
    source: str
    format: str
    saved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricUse:
    """A metric that a run is scored with."""

    name: str
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationRecord:
    """What was asked for, once: it plans all its runs together."""

    invocation_id: str
    request: Mapping[str, Any]
    code_version: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """One benchmark to be asked of an invocation's candidates."""

    run_id: str
    invocation_id: str
    benchmark_version: str
    benchmark_name: str
    name: str
    seed: int
    n_repeats: int
    limit: int | None
    """How many cases the user asked for at most; None: all."""
    metrics: tuple[MetricUse, ...]
    headline: str
    n_cases: int
    """How many cases were chosen. Which: `run_case_ids`."""
    code_version: str
    tags: tuple[str, ...] = ()


SERVER_VERSIONS = "server_versions"
"""Key in a run candidate's details: the version of each endpoint that was asked, None where it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCandidatePlan:
    """One candidate of a run, with all that can change its answers."""

    run_id: str
    candidate_fingerprint: str
    label: str
    model_name: str
    digest: str | None
    endpoint_name: str
    endpoint_url: str
    provider: str
    server_version: str | None
    options: Mapping[str, Any]
    """The effective options: the candidate's over the benchmark's over the defaults."""
    slots: int
    details: Mapping[str, Any] = field(default_factory=dict)
    """What else is known, as plain JSON: quantisation, context length, warnings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCandidateRecord:
    """A candidate of a run as stored."""

    run_candidate_id: int
    plan: RunCandidatePlan
    status: Status
    given_up_reason: str | None
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A run as stored, with its candidates."""

    plan: RunPlan
    status: Status
    """With `interrupted` derived."""
    reason: str | None
    """Why it failed or was cancelled."""
    candidates: tuple[RunCandidateRecord, ...]
    favourite: bool
    archived_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """One line of a list of runs."""

    run_id: str
    invocation_id: str
    name: str
    benchmark_name: str
    benchmark_version: str
    headline: str
    status: Status
    reason: str | None
    seed: int
    n_repeats: int
    n_cases: int
    candidates: tuple[str, ...]
    """Labels, in the order in which they were planned."""
    n_ok: int
    """Answers over all candidates, the candidates' own failures not among them."""
    n_failed: int
    """Failures of the server."""
    n_own_failed: int
    """The candidates' own failures, which are scored."""
    tags: tuple[str, ...]
    favourite: bool
    archived_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderRecord:
    """A process that works on runs, or did."""

    holder_id: str
    host: str
    pid: int
    process_start: str | None
    lease_ids: tuple[str, ...]
    started_at: datetime
    heartbeat_at: datetime
    ended_at: datetime | None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRow:
    """A metric's value for one stored generation, on its way into the store."""

    generation_id: int
    metric: MetricUse
    measurement: Measurement
    scorer_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredScore:
    """A metric's value for one case and repeat."""

    case_id: str
    repeat: int
    measurement: Measurement


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateRow:
    """A candidate's value in a run, with its uncertainty. Derived: may be dropped and rebuilt."""

    run_candidate_id: int
    metric: MetricUse
    quantity: str = "mean"
    """Which number of this metric: `mean`, `mean_with_failures_as_zero`, `p95`, …"""
    estimate: Estimate
    details: Mapping[str, Any] = field(default_factory=dict)
