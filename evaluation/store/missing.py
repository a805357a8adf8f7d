"""Find the cases that a candidate has not answered yet: by the database, a page at a time, along its indexes."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evaluation.errors import FailureKind, StoreError
from evaluation.records.outcomes import MissingPage
from evaluation.requests.run_share import Share
from evaluation.store.session import Store
from evaluation.store.tables import generation, run, run_candidate, run_case

_SERVERS = frozenset(kind.value for kind in FailureKind if not kind.is_the_candidates_own)
_TRANSIENT = frozenset(kind.value for kind in FailureKind if kind.is_transient)


def missing_page(
    store: Store,
    run_candidate_id: int,
    *,
    after: int = -1,
    n_cases: int = 500,
    ask_failures_again: bool = True,
    ask_permanent_failures_again: bool = True,
    share: Share | None = None,
    positions: range | None = None,
    repeats: range | None = None,
) -> MissingPage:
    """Return a page of items (case id, repeat) without an answer or own failure, in the order of the benchmark.

    Args:
        store: The store.
        run_candidate_id: The candidate in its run.
        after: Position of the last page's end; -1: from the beginning.
        n_cases: Maximum number of cases with something missing.
        ask_failures_again: False where every failure of the server is final.
        ask_permanent_failures_again: True on a resume; False where a shard is retried, for which a failure of the
            server that asking again will not change is final.
        share: The part of the run's cases to look at; None: all.
        positions: Positions of the cases to look at; None: any.
        repeats: Repeats to look at; None: all.

    Raises:
        StoreError: no such candidate of a run.
    """
    not_final = frozenset[str]()
    if ask_failures_again:
        not_final = _not_final(ask_permanent_failures_again=ask_permanent_failures_again)
    with store.read() as connection:
        run_id, n_repeats = _run_of(connection, run_candidate_id, store.shown_url)
        query = _incomplete(run_id, run_candidate_id, not_final, n_repeats, after)
        if share is not None:
            query = query.where(run_case.c.position % share.of == share.number - 1)
        if positions is not None:
            query = query.where(run_case.c.position >= positions.start, run_case.c.position < positions.stop)
        rows = connection.execute(query.limit(n_cases + 1)).all()
        page = rows[:n_cases]
        case_ids = [row.case_id for row in page]
        there = _final_items(connection, run_candidate_id, case_ids, not_final) if page else set()
    planned = ((row.position, (row.case_id, repeat)) for row in page for repeat in repeats or range(n_repeats))
    missing = [(position, item) for position, item in planned if item not in there]
    return MissingPage(
        items=tuple(item for _, item in missing),
        last_position=page[-1].position if len(rows) > n_cases else None,
        positions=tuple(position for position, _ in missing),
    )


def is_missing(store: Store, run_candidate_ids: Iterable[int], share: Share) -> bool:
    """Check whether one of these has unanswered cases in a share."""
    return any(
        missing_page(store, run_candidate_id, n_cases=1, share=share).items for run_candidate_id in run_candidate_ids
    )


def _not_final(*, ask_permanent_failures_again: bool) -> frozenset[str]:
    """Return the kinds of server failures that are asked again."""
    return _SERVERS if ask_permanent_failures_again else _TRANSIENT


def _incomplete(
    run_id: str, run_candidate_id: int, not_final: frozenset[str], n_repeats: int, after: int
) -> sa.Select[tuple[int, str]]:
    """Return the query for cases after a position with fewer rows than repeats, or with a failure to be asked again.

    Two subqueries in place of one: the rows are counted in the unique index, without reading their kinds, which are
    stored among the texts; the failures have an index of their own.
    """
    same_case = sa.and_(generation.c.run_candidate_id == run_candidate_id, generation.c.case_id == run_case.c.case_id)
    rows = sa.select(sa.func.count()).select_from(generation).where(same_case, generation.c.repeat < n_repeats)
    failed = sa.select(generation.c.id).where(
        same_case, generation.c.failure_kind.is_not(None), generation.c.failure_kind.in_(sorted(not_final))
    )
    is_incomplete = sa.or_(rows.correlate(run_case).scalar_subquery() < n_repeats, failed.correlate(run_case).exists())
    return (
        sa.select(run_case.c.position, run_case.c.case_id)
        .where(run_case.c.run_id == run_id, run_case.c.position > after, is_incomplete)
        .order_by(run_case.c.position)
    )


def _final_items(
    connection: Connection, run_candidate_id: int, case_ids: Sequence[str], not_final: frozenset[str]
) -> set[tuple[str, int]]:
    """Return the items (case id, repeat) of a page of cases that are stored and not asked again.

    The kind is checked here: in the query, the database would take the index of kinds and read all of the candidate.
    """
    columns = (generation.c.case_id, generation.c.repeat, generation.c.failure_kind)
    of_page = sa.select(*columns).where(
        generation.c.run_candidate_id == run_candidate_id, generation.c.case_id.in_(case_ids)
    )
    return {(case_id, repeat) for case_id, repeat, kind in connection.execute(of_page) if kind not in not_final}


def count_missing(store: Store, run_candidate_id: int) -> int:
    """Return how many outcomes a resume would ask for.

    Raises:
        StoreError: no such candidate of a run.
    """
    answered = sa.select(sa.func.count()).where(
        generation.c.run_candidate_id == run_candidate_id, generation.c.failure_kind.is_(None)
    )
    planned = (
        sa.select(run.c.n_cases * run.c.n_repeats)
        .join(run_candidate, run_candidate.c.run_id == run.c.id)
        .where(run_candidate.c.id == run_candidate_id)
    )
    with store.read() as connection:
        n_planned = connection.execute(planned).scalar()
        if n_planned is None:
            raise _unknown(run_candidate_id, store.shown_url)
        return max(0, int(n_planned) - int(connection.execute(answered).scalar_one()))


def count_failures_since(store: Store, run_candidate_id: int, since: datetime) -> int:
    """Return on how many of a candidate's generations the server failed since then, whoever asked them."""
    query = (
        sa.select(sa.func.count())
        .select_from(generation)
        .where(generation.c.run_candidate_id == run_candidate_id, generation.c.failure_kind.is_not(None))
        .where(generation.c.finished_at >= since)
    )
    with store.read() as connection:
        return int(connection.execute(query).scalar_one())


def _run_of(connection: Connection, run_candidate_id: int, shown_url: str) -> tuple[str, int]:
    query = (
        sa.select(run.c.id, run.c.n_repeats)
        .join(run_candidate, run_candidate.c.run_id == run.c.id)
        .where(run_candidate.c.id == run_candidate_id)
    )
    row = connection.execute(query).first()
    if row is None:
        raise _unknown(run_candidate_id, shown_url)
    return row.id, row.n_repeats


def _unknown(run_candidate_id: int, shown_url: str) -> StoreError:
    return StoreError(f"{shown_url} holds no candidate {run_candidate_id} of a run", "Was the run deleted?")
