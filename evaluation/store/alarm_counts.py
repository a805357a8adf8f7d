"""Counts of a candidate's answers and scores that may indicate a fault, computed by the database along indexes."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from evaluation.errors import FailureKind
from evaluation.store.scores import metric_key
from evaluation.store.session import Store
from evaluation.store.tables import generation, run_candidate, score, stage, trace
from evaluation.truncation import FINISH_REASON, SPARE_TOKENS, CutBy, Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSpread:
    """Distribution of a candidate's scores on one metric."""

    signature: str
    n: int
    least: float
    greatest: float
    n_labelled: int
    """Scores with one of the requested labels."""


def score_spreads(
    store: Store, run_candidate_id: int, signatures: Sequence[str], *, labels: Collection[str] = ()
) -> tuple[ScoreSpread, ...]:
    """Return the spread of a candidate's scores on each metric that has any, in the order of `signatures`.

    Args:
        store: The store.
        run_candidate_id: The candidate in its run.
        signatures: Signatures of the metrics.
        labels: Labels of scores; the scores that have one of them are counted.
    """
    keys = {metric_key(signature): signature for signature in signatures}
    labelled = sa.func.sum(sa.case((score.c.label.in_(sorted(labels)), 1), else_=0))
    query = (
        sa.select(
            score.c.metric_key,
            sa.func.count().label("n"),
            sa.func.min(score.c.value).label("least"),
            sa.func.max(score.c.value).label("greatest"),
            labelled.label("n_labelled"),
        )
        .join(generation, generation.c.id == score.c.generation_id)
        .where(generation.c.run_candidate_id == run_candidate_id, score.c.metric_key.in_(sorted(keys)))
        .group_by(score.c.metric_key)
    )
    with store.read() as connection:
        rows = {row.metric_key: row for row in connection.execute(query)}
    return tuple(
        ScoreSpread(signature=signature, n=row.n, least=row.least, greatest=row.greatest, n_labelled=row.n_labelled)
        for key, signature in keys.items()
        if (row := rows.get(key)) is not None
    )


def count_cut(
    store: Store, run_candidate_id: int, limits: Limits, *, own_failure: FailureKind | None = None
) -> Mapping[CutBy, int]:
    """Return how many of a candidate's answers were cut off, by what cut them off.

    Args:
        store: The store.
        run_candidate_id: The candidate in its run.
        limits: What can cut its answers off.
        own_failure: Count only answers that failed in this way; None: only those that did not fail.
    """
    failed = generation.c.own_failure
    cut = sa.case(
        (_is_full(limits), limits.full_context.value),
        (_reaches(limits), CutBy.NUM_PREDICT.value),
        else_=CutBy.UNKNOWN.value,
    ).label("cut")
    query = (
        sa.select(cut, sa.func.count().label("n"))
        .where(
            generation.c.run_candidate_id == run_candidate_id,
            generation.c.failure_kind.is_(None),
            failed.is_(None) if own_failure is None else failed == own_failure.value,
            generation.c.finish_reason == FINISH_REASON,
        )
        .group_by(cut)
    )
    with store.read() as connection:
        return {CutBy(row.cut): row.n for row in connection.execute(query)}


def count_cut_of_runs(store: Store, run_ids: Collection[str]) -> dict[str, int]:
    """Return how many answers of each run were cut off and did not fail; runs without one are left out."""
    query = (
        sa.select(run_candidate.c.run_id, sa.func.count().label("n"))
        .join(generation, generation.c.run_candidate_id == run_candidate.c.id)
        .where(
            run_candidate.c.run_id.in_(sorted(run_ids)),
            generation.c.failure_kind.is_(None),
            generation.c.finish_reason == FINISH_REASON,
        )
        .group_by(run_candidate.c.run_id)
    )
    with store.read() as connection:
        return {row.run_id: row.n for row in connection.execute(query)}


def count_noted(store: Store, run_candidate_id: int, name: str) -> int:
    """Return how many of a candidate's answers have a note of this name from the candidate's pipeline."""
    query = (
        sa.select(sa.func.count())
        .select_from(trace)
        .join(generation, generation.c.id == trace.c.generation_id)
        .where(
            generation.c.run_candidate_id == run_candidate_id,
            generation.c.failure_kind.is_(None),
            sa.cast(trace.c.notes, sa.String).contains(f'"{name}"', autoescape=True),
        )
    )
    with store.read() as connection:
        return int(connection.execute(query).scalar_one())


def count_same_search(store: Store, run_candidate_id: int) -> tuple[int, int]:
    """Return the largest number of a candidate's cases that searched for the very same, and of all that searched.

    A case counts once, however often it is repeated. Where a case searches several times, all of its searches have to
    be the same as those of the other.
    """
    query = sa.select(stage.c.case_id, stage.c.request_hash).where(
        stage.c.run_candidate_id == run_candidate_id, stage.c.kind == "search"
    )
    searches: defaultdict[str, set[str]] = defaultdict(set)
    with store.read() as connection:
        for row in connection.execute(query):
            searches[row.case_id].add(row.request_hash)
    groups = Counter(map(frozenset, searches.values()))
    return max(groups.values(), default=0), len(searches)


def _reaches(limits: Limits) -> sa.ColumnElement[bool]:
    if limits.num_predict is None:
        return sa.false()
    return sa.func.coalesce(generation.c.output_tokens, 0) >= limits.num_predict


def _is_full(limits: Limits) -> sa.ColumnElement[bool]:
    """Return the condition that an answer filled the context, as in `Limits.cut_by`; false without token counts."""
    context = sa.func.coalesce(generation.c.effective_context, limits.num_ctx)
    n_tokens = generation.c.prompt_tokens + generation.c.output_tokens
    full = sa.and_(n_tokens >= context - SPARE_TOKENS, sa.or_(sa.not_(_reaches(limits)), n_tokens <= context))
    return sa.func.coalesce(full, sa.false())


LOOKED_AT = 2_000
"""Answers of a candidate whose times are examined: the first ones are enough to show a server's habit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queueing:
    """Waiting times in the server's own queue, as reported by the server."""

    n: int
    """Answers with reported times, from a loaded model and not reused."""
    n_waited: int
    """Answers that waited longer than a share of their service time."""
    waited_s: float
    """Total waiting time."""
    served_s: float


def count_waited(store: Store, run_candidate_id: int, *, longer_than: float) -> Queueing:
    """Return how a candidate's first answers waited in its server's queue.

    Args:
        store: The store.
        run_candidate_id: The candidate in its run.
        longer_than: The share of an answer's own time above which its wait counts.
    """
    served = sa.func.coalesce(generation.c.prompt_s, 0.0) + sa.func.coalesce(generation.c.generate_s, 0.0)
    told = (
        sa.select(generation.c.queue_s.label("waited_s"), served.label("served_s"))
        .where(
            generation.c.run_candidate_id == run_candidate_id,
            generation.c.queue_s.is_not(None),
            sa.not_(generation.c.reused),
            sa.not_(generation.c.cold),
            served > 0,
        )
        .limit(LOOKED_AT)
        .subquery()
    )
    has_waited = sa.case((told.c.waited_s > longer_than * told.c.served_s, 1), else_=0)
    sums = [sa.func.coalesce(sa.func.sum(column), 0) for column in (has_waited, told.c.waited_s, told.c.served_s)]
    with store.read() as connection:
        n, n_waited, waited_s, served_s = connection.execute(sa.select(sa.func.count(), *sums).select_from(told)).one()
    return Queueing(n=n, n_waited=n_waited, waited_s=float(waited_s), served_s=float(served_s))
