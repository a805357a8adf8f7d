"""Charts of a run: quality against cost, and latencies."""

from collections.abc import Sequence

import numpy as np

from evaluation.case import Case
from evaluation.charts.chart import BoxChart, BoxRow, QualityCostChart
from evaluation.metrics.metric_facts import higher_is_better
from evaluation.metrics.speed import LatencyS
from evaluation.records.labels import unique_labels
from evaluation.reports.quality_charts import COSTS, quality_cost_chart
from evaluation.reports.runs.tables import headline_title
from evaluation.results.runs import MetricResult, RunResult
from evaluation.run_results.ranking import ranked
from evaluation.scores import Measurement
from evaluation.store.outcome_numbers import iterate_figures
from evaluation.store.runs import find_run
from evaluation.store.session import Store

_ANY_CASE = Case(case_id="any")
_LATENCY = LatencyS()


def quality_against_cost(run: RunResult) -> QualityCostChart | None:
    """Return a chart of every candidate's headline against its cost; None unless two candidates have both."""
    headline, candidates = run.headline, ranked(run)

    def values(metric: str) -> dict[str, MetricResult | None]:
        return {candidate.label: candidate.metrics.get(metric) for candidate in candidates}

    return quality_cost_chart(
        [candidate.label for candidate in candidates],
        benchmark=run.benchmark,
        headline=headline,
        title=headline_title(run),
        higher_is_better=higher_is_better(headline, run.metrics.get(headline, "")),
        quality=values(headline),
        costs={cost: values(cost) for cost in COSTS},
    )


def latencies(store: Store, run: RunResult) -> BoxChart | None:
    """Return a chart of each candidate's latencies with its model loaded; None where no latency is known."""
    ids = {label: row_id for row_id, label in unique_labels(find_run(store, run.run_id)).items()}
    rows = [
        _box_row(label, values)
        for candidate in ranked(run)
        if (values := _latencies(store, ids[label := candidate.label]))
    ]
    if not rows:
        return None
    return BoxChart(
        title=f"Latency · {run.benchmark}",
        description="How long answers took: median, middle half, p5 to p95 and p99 of each candidate",
        rows=tuple(rows),
        x_title="seconds an answer, loading excluded",
    )


def _box_row(label: str, values: Sequence[float]) -> BoxRow:
    shares = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
    p5, p25, p50, p75, p95, p99 = np.quantile(np.asarray(values), shares).tolist()
    return BoxRow(label=label, p5=p5, p25=p25, p50=p50, p75=p75, p95=p95, p99=p99, n_cases=len(values))


def _latencies(store: Store, run_candidate_id: int) -> list[float]:
    """Return the latencies of a candidate, one number per answer of the run itself."""
    measured = (
        _LATENCY.measure(_ANY_CASE, (generation,), {}) for _, generation in iterate_figures(store, run_candidate_id)
    )
    return [measurement.value for measurement in measured if isinstance(measurement, Measurement)]
