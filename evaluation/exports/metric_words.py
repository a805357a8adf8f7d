"""Unambiguous metric names across several runs: one name never denotes two signatures."""

from collections.abc import Sequence

from evaluation.records.candidates import MetricUse
from evaluation.records.metric_keys import metric_keys
from evaluation.records.runs import RunRecord
from evaluation.store.scores import count_score_failures, load_estimates, scored_metrics
from evaluation.store.session import Store


def words_of_runs(store: Store, runs: Sequence[RunRecord]) -> dict[str, str]:
    """Return the name of each signature by which any answer of the runs was scored, as in `show --case`.

    Where two runs measured one metric in different ways, the first gets its name, the other its signature.
    """
    planned = [use for run in runs for use in run.plan.metrics]
    scored = [use for run in runs for candidate in run.candidates for use in _scored(store, candidate.run_candidate_id)]
    return metric_keys(planned, scored)


def estimated_words(store: Store, run: RunRecord) -> dict[str, str]:
    """Return the names of the metrics that a run planned or has estimates of, without a look at its scores.

    While a run is scored by a metric that it did not plan, that one is missing until there are estimates.
    """
    return metric_keys(run.plan.metrics, [row.metric for row in load_estimates(store, run.plan.run_id)])


def _scored(store: Store, run_candidate_id: int) -> list[MetricUse]:
    return [
        *(use for use, _ in scored_metrics(store, run_candidate_id)),
        *(use for use, _ in count_score_failures(store, run_candidate_id)),
    ]
