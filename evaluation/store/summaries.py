"""Progress of runs, in counts that the database computes from an index."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from evaluation.errors import ConfigurationError
from evaluation.records.outcomes import CandidateProgress
from evaluation.records.runs import RunSummary
from evaluation.records.status import Status
from evaluation.store.holders import held_runs
from evaluation.store.kept_readings import kept_or_read_all
from evaluation.store.record_rows import record_of
from evaluation.store.run_labels import labels_apart
from evaluation.store.session import Store
from evaluation.store.tables import experiment_run, generation, run, run_candidate

_SHOWN = tuple(column for column in run.c if column.name not in ("metrics", "code_version", "case_limit"))


def derived_status(stored: str, *, is_held: bool) -> Status:
    """Return the stored status, or `interrupted` for a status `running` without a living holder."""
    status = Status(stored)
    return Status.INTERRUPTED if status is Status.RUNNING and not is_held else status


def _counts(run_candidates: sa.ScalarSelect[Any] | sa.Select[Any]) -> sa.Subquery:
    """Return the outcome counts of these candidates: (run_candidate_id, n, n_failed, n_own_failed)."""
    return (
        sa.select(
            generation.c.run_candidate_id,
            sa.func.count().label("n"),
            sa.func.count(generation.c.failure_kind).label("n_failed"),
            sa.func.count(generation.c.own_failure).label("n_own_failed"),
        )
        .where(generation.c.run_candidate_id.in_(run_candidates))
        .group_by(generation.c.run_candidate_id)
        .subquery()
    )


def _moment_of(store: Store, run_id: str) -> datetime:
    with store.read() as connection:
        moment: datetime | None = connection.execute(sa.select(run.c.created_at).where(run.c.id == run_id)).scalar()
    if moment is None:
        raise ConfigurationError(
            f"the run {run_id!r}, behind which the page begins, is gone", "Begin with the first page."
        )
    return moment


def list_runs(
    store: Store,
    *,
    limit: int | None = 20,
    include_archived: bool = False,
    experiment_id: str | None = None,
    benchmark: str | None = None,
    before: str | None = None,
) -> tuple[RunSummary, ...]:
    """Return runs, newest first, with their counts over all candidates; of one experiment or benchmark where named.

    With `before`, only runs that stand behind this one in the list: the next page.

    Raises:
        ConfigurationError: there is no such run.
    """
    page = sa.select(*_SHOWN).order_by(run.c.created_at.desc(), run.c.id.desc()).limit(limit)
    if before is not None:
        begin = _moment_of(store, before)
        is_older = sa.or_(run.c.created_at < begin, sa.and_(run.c.created_at == begin, run.c.id < before))
        page = page.where(is_older)
    if not include_archived:
        page = page.where(run.c.archived_at.is_(None))
    if benchmark is not None:
        page = page.where(run.c.benchmark_name == benchmark)
    if experiment_id is not None:
        of_experiment = sa.select(experiment_run.c.run_id).where(experiment_run.c.experiment_id == experiment_id)
        page = page.where(run.c.id.in_(of_experiment))
    of_page = run_candidate.c.run_id.in_(sa.select(page.subquery().c.id))
    of = run_candidate.c
    candidates = sa.select(of.id, of.run_id, of.label).where(of_page).order_by(of.id)
    with store.read() as connection:
        rows = connection.execute(page).mappings().all()
        by_run = defaultdict(list)
        for row in connection.execute(candidates).mappings():
            by_run[row["run_id"]].append(row)
        held = held_runs(connection, [row["id"] for row in rows if row["status"] == Status.RUNNING])
        apart = labels_apart(connection, sa.select(page.subquery().c.id))
    counts = kept_or_read_all(store, [row["id"] for row in rows], "counts", None, partial(_counts_of_runs, store))
    return tuple(_summary(row, by_run[row["id"]], apart, counts[row["id"]], is_held=row["id"] in held) for row in rows)


def _counts_of_runs(store: Store, run_ids: Sequence[str]) -> dict[str, list[int]]:
    """Return the numbers of each run's outcomes, of the server's failures and of the candidates' own among them."""
    of_runs = run_candidate.c.run_id.in_(run_ids)
    counts = _counts(sa.select(run_candidate.c.id).where(of_runs))
    numbers = (counts.c.n, counts.c.n_failed, counts.c.n_own_failed)
    query = (
        sa.select(run_candidate.c.run_id, *(sa.cast(sa.func.sum(each), sa.BigInteger) for each in numbers))
        .join(counts, counts.c.run_candidate_id == run_candidate.c.id)
        .where(of_runs)
        .group_by(run_candidate.c.run_id)
    )
    with store.read() as connection:
        counted = {run_id: list(of_run) for run_id, *of_run in connection.execute(query)}
    return {run_id: counted.get(run_id, [0, 0, 0]) for run_id in run_ids}


def _summary(
    row: RowMapping, candidates: list[RowMapping], apart: Mapping[int, str], counts: Sequence[int], *, is_held: bool
) -> RunSummary:
    n_all, n_failed, n_own_failed = counts
    return record_of(
        RunSummary,
        row,
        run_id=row["id"],
        status=derived_status(row["status"], is_held=is_held),
        candidates=tuple(apart.get(candidate["id"], candidate["label"]) for candidate in candidates),
        n_ok=n_all - n_failed - n_own_failed,
        n_failed=n_failed,
        n_own_failed=n_own_failed,
    )


def progress(store: Store, invocation_id: str) -> tuple[CandidateProgress, ...]:
    """Return the progress of each candidate of each run; cheap enough to ask once a second."""
    of_invocation = run_candidate.c.run_id.in_(sa.select(run.c.id).where(run.c.invocation_id == invocation_id))
    counts = _counts(sa.select(run_candidate.c.id).where(of_invocation))
    query = (
        sa.select(
            run.c.id.label("run_id"),
            run.c.benchmark_name,
            run_candidate.c.id.label("run_candidate_id"),
            run_candidate.c.label,
            run_candidate.c.status,
            (run.c.n_cases * run.c.n_repeats).label("n_planned"),
            (sa.func.coalesce(counts.c.n - counts.c.n_failed, 0)).label("n_done"),
            sa.func.coalesce(counts.c.n_failed, 0).label("n_failed"),
            sa.func.coalesce(counts.c.n_own_failed, 0).label("n_own_failed"),
        )
        .join(run_candidate, run_candidate.c.run_id == run.c.id)
        .outerjoin(counts, counts.c.run_candidate_id == run_candidate.c.id)
        .where(run.c.invocation_id == invocation_id)
        .order_by(run.c.created_at, run.c.id, run_candidate.c.id)
    )
    with store.read() as connection:
        rows = connection.execute(query).mappings().all()
        held = held_runs(connection, {row["run_id"] for row in rows})
        apart = labels_apart(connection, {row["run_id"] for row in rows})
    return tuple(_progress(row, apart, is_held=row["run_id"] in held) for row in rows)


def count_outcomes_since(store: Store, invocation_id: str, moment: datetime) -> int:
    """Return how many cases of an invocation have ended since a moment."""
    candidates = (sa.select(run_candidate.c.id).join(run, run.c.id == run_candidate.c.run_id)).where(
        run.c.invocation_id == invocation_id
    )
    is_late = sa.and_(generation.c.run_candidate_id.in_(candidates), generation.c.finished_at >= moment)
    with store.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(generation).where(is_late)).scalar_one())


def _progress(row: RowMapping, apart: Mapping[int, str], *, is_held: bool) -> CandidateProgress:
    """Return a candidate's progress.

    Where the candidate has ended, what it was asked counts as planned: in a race, a run's later cases are asked of
    others alone.
    """
    status = derived_status(row["status"], is_held=is_held)
    label = apart.get(row["run_candidate_id"], row["label"])
    n_ended = row["n_done"] + row["n_failed"]
    n_planned = min(row["n_planned"], n_ended) if status is Status.COMPLETED else row["n_planned"]
    return CandidateProgress(**{**row, "label": label, "status": status, "n_planned": n_planned})
