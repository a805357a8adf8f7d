"""What was asked for, and what will be done about it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from evaluation.store.records import InvocationRecord, RunCandidatePlan, RunPlan, Status
from evaluation.store.session import Store
from evaluation.store.statements import now, upsert
from evaluation.store.tables import invocation, run, run_candidate, run_flow


def create_invocation(store: Store, *, invocation_id: str, request: Mapping[str, Any], code_version: str) -> None:
    """Stores what was asked for; an existing id is left as it is, so that a retry finds its own."""
    row = {"id": invocation_id, "request": dict(request), "code_version": code_version, "created_at": now()}
    with store.write() as connection:
        upsert(connection, invocation, [row], key=["id"])


def find_invocation(store: Store, invocation_id: str) -> InvocationRecord | None:
    """What was asked for under that id."""
    with store.read() as connection:
        row = connection.execute(sa.select(invocation).where(invocation.c.id == invocation_id)).first()
    if row is None:
        return None
    return InvocationRecord(
        invocation_id=row.id, request=row.request, code_version=row.code_version, created_at=row.created_at
    )


def create_run(store: Store, plan: RunPlan) -> None:
    """Stores a planned run; an existing id is left as it is.

    Raises:
        StoreError: its invocation or its benchmark is not stored.
    """
    row = {
        "id": plan.run_id,
        "invocation_id": plan.invocation_id,
        "benchmark_version": plan.benchmark_version,
        "benchmark_name": plan.benchmark_name,
        "name": plan.name,
        "seed": plan.seed,
        "n_repeats": plan.n_repeats,
        "case_limit": plan.limit,
        "n_cases": len(plan.case_ids),
        "case_ids": list(plan.case_ids),
        "metrics": [[use.name, use.signature] for use in plan.metrics],
        "headline": plan.headline,
        "code_version": plan.code_version,
        "tags": list(plan.tags),
        "favourite": False,
        "status": Status.PLANNED.value,
        "created_at": now(),
    }
    with store.write() as connection:
        upsert(connection, run, [row], key=["id"])


def add_run_candidate(store: Store, plan: RunCandidatePlan) -> int:
    """Id of the run's candidate, the same when it was added before.

    Raises:
        StoreError: its run or its candidate is not stored.
    """
    row = {**asdict(plan), "options": dict(plan.options), "details": dict(plan.details)}
    row["status"] = Status.PLANNED.value
    same = sa.and_(
        run_candidate.c.run_id == plan.run_id,
        run_candidate.c.candidate_fingerprint == plan.candidate_fingerprint,
    )
    with store.write() as connection:
        upsert(connection, run_candidate, [row], key=["run_id", "candidate_fingerprint"])
        return int(connection.execute(sa.select(run_candidate.c.id).where(same)).scalar_one())


def record_run_flow(store: Store, run_id: str, flow_run_id: str) -> None:
    """Notes that a Prefect flow run works on a run; noting it again changes nothing."""
    row = {"run_id": run_id, "flow_run_id": flow_run_id, "created_at": now()}
    with store.write() as connection:
        upsert(connection, run_flow, [row], key=["run_id", "flow_run_id"])


def run_flows(store: Store, run_id: str) -> tuple[str, ...]:
    """Ids of the flow runs that worked on a run, oldest first."""
    wanted = sa.select(run_flow.c.flow_run_id).where(run_flow.c.run_id == run_id).order_by(run_flow.c.id)
    with store.read() as connection:
        return tuple(connection.execute(wanted).scalars())


def runs_of_flow(store: Store, flow_run_id: str) -> tuple[str, ...]:
    """Ids of the runs that a flow run worked on, in the order in which it began them."""
    wanted = sa.select(run_flow.c.run_id).where(run_flow.c.flow_run_id == flow_run_id).order_by(run_flow.c.id)
    with store.read() as connection:
        return tuple(connection.execute(wanted).scalars())
