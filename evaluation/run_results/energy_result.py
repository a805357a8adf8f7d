"""How many joules did the answers of a run take?"""

from evaluation.results.gpus import EnergyResult
from evaluation.store.energy_totals import energy_totals
from evaluation.store.session import Store


def energy_report(store: Store, run_id: str) -> dict[int, EnergyResult]:
    """Return the joules of each candidate of a run whose answers were measured, by the candidate's row.

    What an answer and a right one took, with their intervals, are metrics: `energy_j` and `energy_per_right_j`.
    """
    return {
        row_id: EnergyResult(
            n_answers=total.n_measured, total_j=total.energy_j, mean_j=total.energy_j / total.n_measured
        )
        for row_id, total in energy_totals(store, run_id).items()
    }
