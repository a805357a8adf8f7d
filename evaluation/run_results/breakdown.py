"""Values of the metrics of several runs side by side, by task, benchmark, metric and candidate."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from evaluation.errors import UnknownNameError
from evaluation.metrics.metric_facts import higher_is_better
from evaluation.records.labels import unique_labels
from evaluation.results.analytics import Breakdown, BreakdownRow
from evaluation.results.estimates import MetricEstimate
from evaluation.store.benchmarks import task_types
from evaluation.store.runs import find_run
from evaluation.store.scores import load_estimates
from evaluation.store.session import Store

MEAN = "mean"


def breakdown(
    store: Store, run_ids: Sequence[str], *, tasks: Collection[str] = (), metrics: Collection[str] = ()
) -> Breakdown:
    """Return the mean of every metric for every candidate of these runs.

    Values of different benchmarks, or of different signatures, are not comparable, so none are put together.

    Args:
        store: Where the runs are.
        run_ids: Their ids, prefixes of them, or `last`.
        tasks: Only benchmarks with one of these types of task; empty: all.
        metrics: Only metrics of these names; empty: all.

    Raises:
        UnknownNameError: no such run, or the runs have no such task or metric.
    """
    rows = [row for run_id in dict.fromkeys(run_ids) for row in _of_run(store, run_id)]
    _must_occur("task", tasks, [row.task for row in rows if row.task is not None])
    _must_occur("metric", metrics, [row.metric for row in rows])
    chosen = [row for row in rows if (not tasks or row.task in tasks) and (not metrics or row.metric in metrics)]
    return Breakdown(sorted(chosen, key=lambda row: (row.task or "", row.benchmark, row.metric, row.candidate)))


def _must_occur(kind: str, names: Collection[str], occurring: Iterable[str]) -> None:
    """Refuse names that no value has: an empty answer would look like a result."""
    all_names = tuple(sorted(set(occurring)))
    for name in names:
        if name not in all_names:
            raise UnknownNameError(f"{kind} of these runs", name, all_names)


def _of_run(store: Store, run_id: str) -> Iterator[BreakdownRow]:
    run = find_run(store, run_id)
    version, labels = run.plan.benchmark_version, unique_labels(run)
    task = task_types(store, [version]).get(version)
    for row in load_estimates(store, run.plan.run_id):
        if row.quantity == MEAN:
            yield BreakdownRow(
                task=task,
                benchmark=run.plan.benchmark_name,
                benchmark_version=version,
                run_id=run.plan.run_id,
                candidate=labels[row.run_candidate_id],
                metric=row.metric.name,
                signature=row.metric.signature,
                higher_is_better=higher_is_better(row.metric.name, row.metric.signature),
                estimate=MetricEstimate.of(row.estimate),
            )
