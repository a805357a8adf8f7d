"""How many joules did a run's candidates take, and how many of the answers were right?"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from evaluation.store.session import Store
from evaluation.store.tables import generation, metric, run_candidate, score


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyTotal:
    """What a candidate's measured answers took together."""

    n_measured: int
    energy_j: float
    n_scored: int
    """Those of them with a score."""
    scored_energy_j: float
    n_right: int
    """Those of them with a full score."""


def energy_totals(store: Store, run_id: str, signature: str | None) -> dict[int, EnergyTotal]:
    """Joules and right answers of each candidate of a run, by the candidate's row; none where nothing was measured.

    Args:
        store: The store.
        run_id: The run.
        signature: The metric whose full score (1) makes an answer a right one; None: no metric does.
    """
    key = sa.select(metric.c.key).where(metric.c.signature == signature).scalar_subquery()
    scored = sa.and_(score.c.generation_id == generation.c.id, score.c.metric_key == key)
    joules = generation.c.energy_j
    wanted = (
        sa.select(
            run_candidate.c.id,
            sa.func.count().label("n_measured"),
            sa.func.sum(joules).label("energy_j"),
            sa.func.count(score.c.value).label("n_scored"),
            sa.func.coalesce(sa.func.sum(sa.case((score.c.value.is_not(None), joules))), 0.0).label("scored_energy_j"),
            sa.func.count(sa.case((score.c.value >= 1, 1))).label("n_right"),
        )
        .join(generation, generation.c.run_candidate_id == run_candidate.c.id)
        .outerjoin(score, scored)
        .where(run_candidate.c.run_id == run_id, joules.is_not(None))
        .group_by(run_candidate.c.id)
    )
    with store.read() as connection:
        rows = connection.execute(wanted).mappings().all()
    return {row["id"]: EnergyTotal(**{name: value for name, value in row.items() if name != "id"}) for row in rows}


def energies_of(store: Store, generation_ids: Sequence[int]) -> dict[int, float]:
    """Joules of those of a few generations that were measured."""
    wanted = sa.select(generation.c.id, generation.c.energy_j).where(
        generation.c.id.in_(generation_ids), generation.c.energy_j.is_not(None)
    )
    with store.read() as connection:
        return {row.id: row.energy_j for row in connection.execute(wanted)}
