"""What in a candidate's answers and scores may point at a fault? Counts that the database makes along indexes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from evaluation.store.scores import metric_key
from evaluation.store.session import Store
from evaluation.store.tables import generation, score

CUT = "length"
"""The finish reason of an answer that was cut by `num_predict`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSpread:
    """How far a candidate's scores on one metric lie apart."""

    signature: str
    n: int
    least: float
    greatest: float
    n_labelled: int
    """Scores with one of the labels that were asked for."""


def score_spreads(
    store: Store, run_candidate_id: int, signatures: Sequence[str], *, labels: Collection[str] = ()
) -> tuple[ScoreSpread, ...]:
    """The spread of a candidate's scores on each of the metrics of which it has any, in the order of `signatures`.

    Args:
        store: Where they are.
        run_candidate_id: The candidate in its run.
        signatures: The metrics'.
        labels: Of which scores to count how many have one.
    """
    keys = {metric_key(signature): signature for signature in signatures}
    labelled = sa.func.sum(sa.case((score.c.label.in_(sorted(labels)), 1), else_=0))
    wanted = (
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
        found = {row.metric_key: row for row in connection.execute(wanted)}
    return tuple(
        ScoreSpread(signature=signature, n=row.n, least=row.least, greatest=row.greatest, n_labelled=row.n_labelled)
        for key, signature in keys.items()
        if (row := found.get(key)) is not None
    )


def count_cut(store: Store, run_candidate_id: int) -> int:
    """How many of a candidate's answers were cut at the length that was asked for, its own failures left out."""
    wanted = sa.select(sa.func.count()).where(
        generation.c.run_candidate_id == run_candidate_id,
        generation.c.failure_kind.is_(None),
        generation.c.own_failure.is_(None),
        generation.c.finish_reason == CUT,
    )
    with store.read() as connection:
        return connection.execute(wanted).scalar_one()
