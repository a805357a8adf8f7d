"""Records of runs: plan, progress, and the processes working on them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from evaluation.records.candidates import MetricUse
from evaluation.records.status import Status

SERVER_VERSIONS = "server_versions"
"""Key in a run candidate's details: version of each endpoint used, None if unknown."""
CORPUS = "corpus"
"""Key in a run candidate's details: what was read of its corpus when the run began, and what was left out."""
INDEX = "index"
"""Key in a run candidate's details: identity of the index that its pipeline searches."""
BASELINE = "baseline"
"""Tag of a run with which later runs are compared."""
BASELINE_RUNS = 5
"""Newest runs that a monitor uses as a baseline if none is tagged and no number is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationRecord:
    """One request, whose runs are planned together."""

    invocation_id: str
    request: Mapping[str, Any]
    code_version: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """One benchmark of an invocation, asked of its candidates."""

    run_id: str
    invocation_id: str
    benchmark_version: str
    benchmark_name: str
    name: str
    seed: int
    n_repeats: int
    limit: int | None
    """Largest number of cases requested by the user; None for all."""
    metrics: tuple[MetricUse, ...]
    headline: str
    n_cases: int
    """Number of selected cases. Their ids: `run_case_ids`."""
    code_version: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCandidatePlan:
    """One candidate of a run, with everything that can change its answers."""

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
    """Effective options: those of the candidate override the benchmark's, which override the defaults."""
    slots: int
    details: Mapping[str, Any] = field(default_factory=dict)
    """Further details as plain JSON: quantisation, context length, warnings."""


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
    """Status including the derived `interrupted`."""
    reason: str | None
    """Why the run failed or was cancelled."""
    candidates: tuple[RunCandidateRecord, ...]
    favourite: bool
    archived_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """A run in a list."""

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
    """Labels, in the order of planning."""
    n_ok: int
    """Answers of all candidates, without the candidates' own failures."""
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
    """A process that works on runs, or did so."""

    holder_id: str
    host: str
    pid: int
    process_start: str | None
    lease_ids: tuple[str, ...]
    started_at: datetime
    heartbeat_at: datetime
    ended_at: datetime | None
    flow_run_id: str | None = None
    """Id of the process's Prefect flow run."""
    part: str | None = None
    """Part of its runs that it works on, as named by `Share.part`; None for all."""
