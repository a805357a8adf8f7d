"""Values of the metrics of several runs side by side, by task, benchmark, metric and candidate."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from evaluation.errors import UnknownNameError
from evaluation.metrics.metric_facts import higher_is_better
from evaluation.records.labels import unique_labels
from evaluation.records.runs import RunRecord
from evaluation.results.analytics import Breakdown, BreakdownRow
from evaluation.results.estimates import MetricEstimate
from evaluation.store.benchmarks import task_types
from evaluation.store.headlines import means_of_runs
from evaluation.store.runs import find_run, load_runs
from evaluation.store.session import Store


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
    rows = list(_rows(store, _runs(store, tuple(dict.fromkeys(run_ids)))))
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


def _runs(store: Store, names: Sequence[str]) -> tuple[RunRecord, ...]:
    """Return the runs of these names: those that are ids in full are read together."""
    by_id = {run.plan.run_id: run for run in load_runs(store, names)}
    return tuple(by_id.get(name) or find_run(store, name) for name in names)


def _rows(store: Store, runs: Sequence[RunRecord]) -> Iterator[BreakdownRow]:
    tasks = task_types(store, [run.plan.benchmark_version for run in runs])
    estimates = means_of_runs(store, [run.plan.run_id for run in runs])
    for run in runs:
        version, labels = run.plan.benchmark_version, unique_labels(run)
        for row in estimates.get(run.plan.run_id, ()):
            yield BreakdownRow(
                task=tasks.get(version),
                benchmark=run.plan.benchmark_name,
                benchmark_version=version,
                run_id=run.plan.run_id,
                candidate=labels[row.run_candidate_id],
                metric=row.metric.name,
                signature=row.metric.signature,
                higher_is_better=higher_is_better(row.metric.name, row.metric.signature),
                estimate=MetricEstimate.of(row.estimate),
            )
