"""What pipelines say of how sure their answers are."""

from collections.abc import Sequence

import sqlalchemy as sa

from evaluation.store.session import Store
from evaluation.store.tables import generation, trace


def confidences_of(store: Store, run_candidate_ids: Sequence[int]) -> dict[int, dict[str, float]]:
    """Return the confidence of each answer by candidate and case, the mean of a case's repeats; others are left out."""
    columns = generation.c
    query = (
        sa.select(columns.run_candidate_id, columns.case_id, sa.func.avg(trace.c.confidence))
        .join(trace, trace.c.generation_id == columns.id)
        .where(columns.run_candidate_id.in_(run_candidate_ids), trace.c.confidence.is_not(None))
        .group_by(columns.run_candidate_id, columns.case_id)
    )
    confidences: dict[int, dict[str, float]] = {}
    with store.read() as connection:
        for run_candidate_id, case_id, confidence in connection.execute(query):
            confidences.setdefault(run_candidate_id, {})[case_id] = float(confidence)
    return confidences
