"""Stored outcomes; `missing` queries those not stored yet."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evaluation.errors import FailureKind
from evaluation.generation import PromptState
from evaluation.records.outcomes import FailureMessage, OutcomeCounts, StoredOutcome
from evaluation.store.outcome_rows import stored_outcome
from evaluation.store.run_labels import labels_apart
from evaluation.store.session import Store
from evaluation.store.stage_rows import load_passages
from evaluation.store.tables import generation, run, run_candidate, trace

_CHUNK = 500


def count_outcomes(store: Store, run_id: str) -> tuple[OutcomeCounts, ...]:
    """Return the counts for each candidate of a run, in the order in which they were planned."""
    kinds = (generation.c.failure_kind, generation.c.own_failure)
    query = (
        sa.select(run_candidate.c.id, run_candidate.c.label, *kinds, sa.func.count(generation.c.run_candidate_id))
        .outerjoin(generation, generation.c.run_candidate_id == run_candidate.c.id)
        .where(run_candidate.c.run_id == run_id)
        .group_by(run_candidate.c.id, run_candidate.c.label, *kinds)
        .order_by(run_candidate.c.id, *kinds)
    )
    grouped: dict[tuple[int, str], list[tuple[str | None, str | None, int]]] = defaultdict(list)
    with store.read() as connection:
        for row_id, label, failure, own_failure, n in connection.execute(query):
            grouped[row_id, label].append((failure, own_failure, n))
        apart = labels_apart(connection, [run_id])
        extra = {row_id: _reused_and_vram(connection, row_id) for row_id, _ in grouped}
    return tuple(
        _counts(row_id, apart.get(row_id, label), rows, *extra[row_id]) for (row_id, label), rows in grouped.items()
    )


def _reused_and_vram(connection: Connection, row_id: int) -> tuple[int, int, float | None]:
    """Return a candidate's numbers of reused outcomes and of cached prompts, and the least share in VRAM."""
    of_candidate = generation.c.run_candidate_id == row_id
    n_reused = sa.select(sa.func.count()).where(of_candidate, generation.c.reused == sa.true())
    n_cached = sa.select(sa.func.count()).where(
        of_candidate,
        generation.c.reused == sa.false(),
        generation.c.prompt_state.in_((PromptState.CACHED.value, PromptState.UNKNOWN.value)),
    )
    least = (
        sa.select(generation.c.vram_share)
        .where(of_candidate, generation.c.reused == sa.false(), generation.c.vram_share.is_not(None))
        .order_by(generation.c.vram_share)
        .limit(1)
    )
    counts = [connection.execute(query).scalar_one() for query in (n_reused, n_cached)]
    return counts[0], counts[1], connection.execute(least).scalar()


def _counts(
    row_id: int,
    label: str,
    rows: Sequence[tuple[str | None, str | None, int]],
    n_reused: int,
    n_cached: int,
    vram: float | None,
) -> OutcomeCounts:
    failures = {FailureKind(failure): n for failure, _, n in rows if failure is not None}
    own_failures = {FailureKind(own): n for failure, own, n in rows if failure is None and own is not None}
    return OutcomeCounts(
        run_candidate_id=row_id,
        label=label,
        n_ok=sum(n for failure, own, n in rows if failure is None and own is None),
        n_failed=sum(failures.values()),
        n_own_failed=sum(own_failures.values()),
        n_reused=n_reused,
        n_cached=n_cached,
        vram_share=vram,
        failures=failures,
        own_failures=own_failures,
    )


def outcomes_by_endpoint(store: Store, run_candidate_id: int) -> dict[str, int]:
    """Return how many of a candidate's outcomes each endpoint produced, by name."""
    query = (
        sa.select(generation.c.endpoint, sa.func.count())
        .where(generation.c.run_candidate_id == run_candidate_id)
        .group_by(generation.c.endpoint)
        .order_by(generation.c.endpoint)
    )
    with store.read() as connection:
        return {name: n for name, n in connection.execute(query)}


def first_of_kind(store: Store, run_candidate_id: int, kind: FailureKind) -> StoredOutcome | None:
    """Return a candidate's first outcome that failed in that way."""
    is_own = kind.is_the_candidates_own
    conditions = (
        generation.c.run_candidate_id == run_candidate_id,
        generation.c.failure_kind.is_(None) if is_own else generation.c.failure_kind == kind.value,
        generation.c.own_failure == kind.value if is_own else generation.c.own_failure.is_(None),
    )
    with store.read() as connection:
        return next(iter(select_outcomes(connection, *conditions, limit=1)), None)


def count_messages(store: Store, run_id: str) -> tuple[FailureMessage, ...]:
    """Return how often each failure of a run's candidates has which message, the most frequent first."""
    kind, n = sa.func.coalesce(generation.c.failure_kind, generation.c.own_failure), sa.func.count()
    query = (
        sa.select(generation.c.run_candidate_id, kind, generation.c.message, n)
        .join(run_candidate, run_candidate.c.id == generation.c.run_candidate_id)
        .where(run_candidate.c.run_id == run_id, kind.is_not(None))
        .group_by(generation.c.run_candidate_id, kind, generation.c.message)
        .order_by(n.desc(), generation.c.run_candidate_id, generation.c.message)
    )
    with store.read() as connection:
        return tuple(
            FailureMessage(run_candidate_id=row_id, kind=FailureKind(kind), message=message, n=n)
            for row_id, kind, message, n in connection.execute(query)
        )


def latest_answer(store: Store, invocation_id: str) -> str | None:
    """Return the newest answer of an invocation; None where there is none yet."""
    of_invocation = (
        sa.select(run_candidate.c.id)
        .join(run, run.c.id == run_candidate.c.run_id)
        .where(run.c.invocation_id == invocation_id)
    )
    newest = sa.select(sa.func.max(generation.c.id)).where(
        generation.c.run_candidate_id.in_(of_invocation), generation.c.failure_kind.is_(None)
    )
    with store.read() as connection:
        return connection.execute(
            sa.select(generation.c.answer).where(generation.c.id == newest.scalar_subquery())
        ).scalar()


def iterate_outcomes(
    store: Store, run_candidate_id: int, *, batch: int = 500, after: int = 0
) -> Iterator[tuple[StoredOutcome, ...]]:
    """Yield a candidate's outcomes in pages, by generation id; no transaction is open between pages.

    Args:
        store: Where they are.
        run_candidate_id: The candidate in its run.
        batch: Outcomes of a page.
        after: Only outcomes stored after the one with this generation id.
    """
    of_candidate = generation.c.run_candidate_id == run_candidate_id
    last = after
    while True:
        with store.read() as connection:
            page = select_outcomes(connection, of_candidate, generation.c.id > last, limit=batch)
        if not page:
            return
        yield page
        last = page[-1].generation_id


def load_outcomes(store: Store, run_candidate_id: int, case_ids: Sequence[str]) -> tuple[StoredOutcome, ...]:
    """Return the outcomes of these cases, in the order of `case_ids` and by repeat."""
    of_candidate = generation.c.run_candidate_id == run_candidate_id
    outcomes: list[StoredOutcome] = []
    with store.read() as connection:
        for start in range(0, len(case_ids), _CHUNK):
            outcomes += select_outcomes(
                connection, of_candidate, generation.c.case_id.in_(case_ids[start : start + _CHUNK])
            )
    place = {case_id: position for position, case_id in enumerate(case_ids)}
    return tuple(sorted(outcomes, key=lambda stored: (place[stored.row.case_id], stored.row.repeat)))


def outcomes_of_case(store: Store, run_candidate_ids: Sequence[int], case_id: str) -> tuple[StoredOutcome, ...]:
    """Return the outcomes of one case of these candidates, by generation id."""
    outcomes: list[StoredOutcome] = []
    of_case = generation.c.case_id == case_id
    with store.read() as connection:
        for start in range(0, len(run_candidate_ids), _CHUNK):
            some = run_candidate_ids[start : start + _CHUNK]
            outcomes += select_outcomes(connection, generation.c.run_candidate_id.in_(some), of_case)
    return tuple(outcomes)


def select_outcomes(
    connection: Connection, *conditions: sa.ColumnElement[bool], limit: int | None = None
) -> tuple[StoredOutcome, ...]:
    """Return outcomes that meet all conditions, by generation id."""
    query = sa.select(generation).where(*conditions).order_by(generation.c.id).limit(limit)
    rows = connection.execute(query).mappings().all()
    traces = _select_traces(connection, [row["id"] for row in rows])
    listed = [key for row in traces.values() for key, _ in row["sources"] or ()]
    passages = load_passages(connection, listed)
    return tuple(stored_outcome(row, traces.get(row["id"]), passages) for row in rows)


def _select_traces(connection: Connection, generation_ids: Sequence[int]) -> dict[int, sa.RowMapping]:
    if not generation_ids:
        return {}
    query = (
        sa.select(trace)
        .where(trace.c.generation_id.between(min(generation_ids), max(generation_ids)))
        .where(trace.c.generation_id.in_(generation_ids))
    )
    return {row["generation_id"]: row for row in connection.execute(query).mappings()}
