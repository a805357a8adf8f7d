"""How many of a candidate's answers have no score yet? A count that the database makes along indexes."""

from collections.abc import Sequence

import sqlalchemy as sa

from evaluation.store.scores import metric_key
from evaluation.store.session import Store
from evaluation.store.tables import generation, score


def count_unscored(store: Store, run_candidate_id: int, signatures: Sequence[str]) -> int:
    """Scores that are missing: over all these metrics, one for each answer.

    Args:
        store: Where answers and scores are.
        run_candidate_id: The candidate in its run.
        signatures: The metrics'.
    """
    answered = sa.and_(generation.c.run_candidate_id == run_candidate_id, generation.c.failure_kind.is_(None))
    n_answers = sa.select(sa.func.count()).select_from(generation).where(answered)
    n_scores = (
        sa.select(sa.func.count())
        .select_from(score)
        .join(generation, generation.c.id == score.c.generation_id)
        .where(answered, score.c.metric_key.in_([metric_key(signature) for signature in signatures]))
    )
    with store.read() as connection:
        n_wanted = int(connection.execute(n_answers).scalar_one()) * len(signatures)
        return n_wanted - int(connection.execute(n_scores).scalar_one())
