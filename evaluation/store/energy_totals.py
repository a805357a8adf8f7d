"""How many joules did a run's candidates take?"""

from dataclasses import dataclass

import sqlalchemy as sa

from evaluation.store.session import Store
from evaluation.store.tables import generation, run_candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyTotal:
    """What a candidate's measured answers took together."""

    n_measured: int
    energy_j: float


def energy_totals(store: Store, run_id: str) -> dict[int, EnergyTotal]:
    """Return the joules of each candidate of a run, by the candidate's row; none where nothing was measured."""
    joules = generation.c.energy_j
    query = (
        sa.select(run_candidate.c.id, sa.func.count().label("n_measured"), sa.func.sum(joules).label("energy_j"))
        .join(generation, generation.c.run_candidate_id == run_candidate.c.id)
        .where(run_candidate.c.run_id == run_id, joules.is_not(None))
        .group_by(run_candidate.c.id)
    )
    with store.read() as connection:
        rows = connection.execute(query).all()
    return {row.id: EnergyTotal(n_measured=row.n_measured, energy_j=row.energy_j) for row in rows}
