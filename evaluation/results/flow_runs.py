"""Work that a Prefect server has, and how far it is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from evaluation.results.estimates import MetricEstimate

Stage: TypeAlias = Literal["waiting", "planning", "generating", "scoring", "concluding", "ended"]
"""What a flow run does now: it waits for a worker; plans; has cases answered; scores answers; puts results together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRunStatus:
    """A flow run of a deployment, or of the one that continued it last."""

    id: str
    """Of the first flow run: the work keeps it when it is resumed."""
    flow_run_id: str
    """Of the flow run in Prefect that does the work now: another one after each resumption."""
    name: str
    state: str
    """State as Prefect names it: `Scheduled`, `Late`, `Running`, `Completed`, …"""
    state_type: str
    """Kind of the state: `SCHEDULED`, `PENDING`, `RUNNING`, `COMPLETED`, …"""
    message: str | None
    has_ended: bool
    created_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateStatus:
    """Progress of a candidate in a run."""

    run_id: str
    candidate: str
    status: str
    n_planned: int
    n_done: int
    n_failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BestSoFar:
    """The candidate of a run with the best mean until now. Whether it is better than the others is not tested."""

    run_id: str
    benchmark: str
    candidate: str
    metric: str
    estimate: MetricEstimate


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkStatus:
    """A flow run, with the progress of what it stores."""

    flow_run: FlowRunStatus
    run_ids: tuple[str, ...]
    """Runs that it stores results in."""
    n_planned: int
    n_done: int
    """Answers, and the candidates' own failures."""
    n_failed: int
    """Failures of the server."""
    cases_per_s: float | None
    """Answers a second since it began; None before the first one."""
    left_s: float | None
    """Seconds left at this pace; None where nothing tells."""
    stage: Stage
    candidates: tuple[CandidateStatus, ...]
    best_so_far: tuple[BestSoFar, ...]
    """One for each run in which a candidate was scored."""
    latest_answer: str | None
    """Beginning of the newest answer."""
