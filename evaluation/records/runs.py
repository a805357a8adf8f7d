"""Records of runs: plan, progress, and the processes working on them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from evaluation.records.candidates import MetricUse
from evaluation.records.status import Status

SERVER_VERSIONS = "server_versions"
"""Key in a run candidate's details: the version of each endpoint that was asked, None where it is not known."""
BASELINE = "baseline"
"""The tag of a run that is as it should be: later ones are held against it."""
BASELINE_RUNS = 5
"""Runs that a monitor takes for a baseline where none is tagged and nothing else is said."""


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
    flow_run_id: str | None = None
    """Prefect's, to which the process belongs."""
    part: str | None = None
    """What of its runs it works on, as `Share.part` names it; None: all."""
