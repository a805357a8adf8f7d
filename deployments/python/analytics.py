"""Functions that look at what is stored as a whole: over time, by task and metric, and how metrics go together."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from deployments.python.checking import plainly
from deployments.python.stored import opened, several

if TYPE_CHECKING:
    from deployments.python.options import Texts
    from evaluation.results.analytics import Breakdown, CorrelationsResult, TimelineResult


@plainly
def load_timeline(*, days: int = 30, db: str | None = None) -> "TimelineResult":
    """Return evaluations and calls in production over time, with trends, unusual figures and insights.

    A trend counts as clear where chance does not explain it, adjusted for all figures that were tested. What `monitor`
    finds beyond that are alerts; none is raised or resolved here.

    Args:
        days: How far back.
        db: Results database: a path or a URL.

    Raises:
        ConfigurationError: the number of days is out of range.
        StoreError: the database is not there, or cannot be opened.
    """
    from evaluation.monitoring.result import timeline
    from evaluation.requests.monitor_request import read_monitor_request

    request = read_monitor_request({"since_days": days})
    with opened(db) as store:
        return timeline(store, request, datetime.now(UTC))


@plainly
def load_breakdown(
    *, run: "Texts" = (), experiment: str | None = None, task: "Texts" = (), metric: "Texts" = (), db: str | None = None
) -> "Breakdown":
    """Return the mean of every metric for every candidate of runs, with intervals, by task and metric.

    Args:
        run: Runs: ids, the beginning of them, or `last`; default: `last`, or those of the experiment.
        experiment: An experiment: all its runs.
        task: Only benchmarks with one of these types of task.
        metric: Only these metrics.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: no such run or experiment.
        StoreError: the database is not there, or cannot be opened.
    """
    from evaluation.run_results.breakdown import breakdown
    from evaluation.store.experiments import find_experiment

    with opened(db) as store:
        runs = several(run)
        if experiment is not None:
            runs += find_experiment(store, experiment).run_ids
        elif not runs:
            runs = ("last",)
        return breakdown(store, runs, tasks=several(task), metrics=several(metric))


@plainly
def load_correlations(run: str = "last", *, db: str | None = None) -> "CorrelationsResult":
    """Return how the metrics of a run go together over its cases, candidate by candidate.

    Args:
        run: Id of the run, a prefix of one, or `last`.
        db: Results database: a path or a URL.

    Raises:
        UnknownNameError: no such run.
        StoreError: the database is not there, or cannot be opened.
    """
    from evaluation.comparisons.metric_correlations import metric_correlations

    with opened(db) as store:
        return metric_correlations(store, run)
