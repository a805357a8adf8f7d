"""The best candidate of a run until now, by the mean of its headline."""

from evaluation.metrics.metric_facts import higher_is_better
from evaluation.records.runs import RunRecord
from evaluation.records.scores import EstimateRow
from evaluation.store.scores import load_estimates
from evaluation.store.session import Store


def best_mean(store: Store, run: RunRecord) -> EstimateRow | None:
    """Return the best mean of the headline among the candidates that are scored; None where none is.

    The difference to the others is not tested.
    """
    means = [
        row
        for row in load_estimates(store, run.plan.run_id)
        if row.metric.name == run.plan.headline and row.quantity == "mean"
    ]
    if not means:
        return None
    sign = 1 if higher_is_better(means[0].metric.name, means[0].metric.signature) else -1
    return max(means, key=lambda row: sign * row.estimate.value)
