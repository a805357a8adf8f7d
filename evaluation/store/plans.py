"""Stored requests and the runs planned for them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from evaluation.errors import ConfigurationError, StoreError
from evaluation.records.runs import SERVER_VERSIONS, InvocationRecord, RunCandidatePlan, RunPlan
from evaluation.records.status import Status
from evaluation.store.record_rows import record_of
from evaluation.store.run_cases import insert_run_cases
from evaluation.store.session import Store
from evaluation.store.statements import now, one_at_a_time, upsert
from evaluation.store.tables import invocation, run, run_candidate, run_case, run_flow


def create_invocation(store: Store, *, invocation_id: str, request: Mapping[str, Any], code_version: str) -> None:
    """Store an invocation's request; an existing id is left as it is, so that a retry finds its own."""
    row = {"id": invocation_id, "request": dict(request), "code_version": code_version, "created_at": now()}
    with store.write() as connection:
        upsert(connection, invocation, [row], key=["id"])


def find_invocation(store: Store, invocation_id: str) -> InvocationRecord | None:
    """Return the request of the invocation with that id."""
    query = sa.select(invocation).where(invocation.c.id == invocation_id)
    with store.read() as connection:
        row = connection.execute(query).mappings().first()
    return None if row is None else record_of(InvocationRecord, row, invocation_id=row["id"])


def update_invocation_request(store: Store, invocation_id: str, request: Mapping[str, Any]) -> None:
    """Replace an invocation's request, where a resume asks for more.

    Raises:
        StoreError: no such invocation.
    """
    with store.write() as connection:
        changed = connection.execute(
            sa.update(invocation).where(invocation.c.id == invocation_id).values(request=dict(request))
        )
    if not changed.rowcount:
        raise StoreError(f"{store.shown_url} holds no invocation {invocation_id!r}", "Was its last run deleted?")


def create_run(store: Store, plan: RunPlan, case_ids: Sequence[str]) -> None:
    """Store a planned run with its cases; an existing id is left as it is.

    Raises:
        StoreError: its invocation, its benchmark or one of its cases is not stored.
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
        "n_cases": len(set(case_ids)),
        "metrics": [[use.name, use.signature] for use in plan.metrics],
        "headline": plan.headline,
        "code_version": plan.code_version,
        "tags": list(plan.tags),
        "favourite": False,
        "status": Status.PLANNED.value,
        "created_at": now(),
    }
    with store.write() as connection:
        one_at_a_time(connection, f"run {plan.run_id}")
        if connection.execute(sa.select(run.c.id).where(run.c.id == plan.run_id)).first() is None:
            connection.execute(sa.insert(run), row)
            insert_run_cases(connection, plan.run_id, plan.benchmark_version, case_ids)


def extend_run(store: Store, run_id: str, *, n_repeats: int, limit: int | None, case_ids: Sequence[str]) -> None:
    """Extend a run by more repeats or more cases; what it already asks stays.

    Args:
        store: The store.
        run_id: Id of the run.
        n_repeats: How often each case is asked from now on.
        limit: The user's limit on the number of cases; None: all.
        case_ids: All of the run's cases from now on.

    Raises:
        ConfigurationError: less than it already asks.
        StoreError: no such run, or its benchmark does not hold one of the cases.
    """
    columns = (run.c.n_repeats, run.c.n_cases, run.c.case_limit, run.c.benchmark_version)
    with store.write() as connection:
        now_asked = connection.execute(sa.select(*columns).where(run.c.id == run_id).with_for_update()).first()
        if now_asked is None:
            raise StoreError(f"{store.shown_url} holds no run {run_id!r}", "See `benchwright runs list`")
        _must_be_more("--repeats", n_repeats, now_asked.n_repeats)
        if limit is not None and now_asked.case_limit is not None:
            _must_be_more("--limit", limit, now_asked.case_limit)
        _must_be_more("cases", len(set(case_ids)), now_asked.n_cases)
        insert_run_cases(connection, run_id, now_asked.benchmark_version, case_ids)
        of_run = sa.select(sa.func.count()).select_from(run_case).where(run_case.c.run_id == run_id)
        n_cases = connection.execute(of_run).scalar_one()
        _must_be_more("cases", len(set(case_ids)), n_cases)
        kept_limit = None if now_asked.case_limit is None else limit
        changed = sa.update(run).where(run.c.id == run_id)
        connection.execute(changed.values(n_repeats=n_repeats, case_limit=kept_limit, n_cases=n_cases))


def _must_be_more(what: str, requested: int, current: int) -> None:
    if requested < current:
        raise ConfigurationError(
            f"the run already has {what}: {current}, and {requested} is fewer",
            f"Give {current} or more, or start a new run",
        )


def add_run_candidate(store: Store, plan: RunCandidatePlan) -> int:
    """Add a candidate to a run and return its id, the same when it was added before.

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


def note_servers(store: Store, run_candidate_id: int, versions: Mapping[str, str | None]) -> None:
    """Record server versions by endpoint with a candidate, beside those of other servers that it was asked at before.

    A server whose version has changed is recorded without one: nobody can tell which version gave an answer.
    """
    of_candidate = run_candidate.c.id == run_candidate_id
    with store.write() as connection:
        details = connection.execute(sa.select(run_candidate.c.details).where(of_candidate).with_for_update()).scalar()
        if details is not None:
            before = details.get(SERVER_VERSIONS, {})
            updated = {
                name: version if before.get(name, version) == version else None for name, version in versions.items()
            }
            noted = {**details, SERVER_VERSIONS: {**before, **updated}}
            connection.execute(sa.update(run_candidate).where(of_candidate).values(details=noted))


def record_run_flow(store: Store, run_id: str, flow_run_id: str) -> None:
    """Record that a Prefect flow run works on a run; recording it again changes nothing."""
    row = {"run_id": run_id, "flow_run_id": flow_run_id, "created_at": now()}
    with store.write() as connection:
        upsert(connection, run_flow, [row], key=["run_id", "flow_run_id"])


def run_flows(store: Store, run_id: str) -> tuple[str, ...]:
    """Return the ids of the flow runs that worked on a run, oldest first."""
    query = sa.select(run_flow.c.flow_run_id).where(run_flow.c.run_id == run_id).order_by(run_flow.c.id)
    with store.read() as connection:
        return tuple(connection.execute(query).scalars())


def runs_of_flow(store: Store, flow_run_id: str) -> tuple[str, ...]:
    """Return the ids of the runs that a flow run worked on, in the order in which it began them."""
    query = sa.select(run_flow.c.run_id).where(run_flow.c.flow_run_id == flow_run_id).order_by(run_flow.c.id)
    with store.read() as connection:
        return tuple(connection.execute(query).scalars())
