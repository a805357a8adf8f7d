"""The best candidate of a run until now, by the mean of its headline."""

from collections.abc import Sequence

from evaluation.metrics.metric_facts import higher_is_better
from evaluation.records.candidates import MetricUse
from evaluation.records.runs import RunRecord
from evaluation.records.scores import EstimateRow
from evaluation.store.headlines import headline_means
from evaluation.store.session import Store


def best_mean(store: Store, run: RunRecord) -> EstimateRow | None:
    """Return the best mean of the headline among the candidates that are scored; None where none is.

    The difference to the others is not tested.
    """
    return best_means(store, [run]).get(run.plan.run_id)


def best_means(store: Store, runs: Sequence[RunRecord]) -> dict[str, EstimateRow]:
    """Return the best mean of each run as `best_mean` does, by the run's id; reads all runs at once."""
    means = headline_means(store, [run.plan.run_id for run in runs])
    return {run_id: best_of(of_run, of_run[0].metric) for run_id, of_run in means.items()}


def best_of(means: Sequence[EstimateRow], metric: MetricUse) -> EstimateRow:
    """Return the best of some means, the first of equal ones."""
    sign = 1 if higher_is_better(metric.name, metric.signature) else -1
    return max(means, key=lambda row: sign * row.estimate.value)
