"""Charts of a run: quality against cost, and latencies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.charts.chart import BoxChart, BoxRow, QualityCostChart
from evaluation.metrics.metric_facts import higher_is_better
from evaluation.metrics.speed import latencies_of
from evaluation.records.labels import unique_labels
from evaluation.reports.quality_charts import COSTS, quality_cost_chart
from evaluation.reports.runs.tables import headline_title
from evaluation.results.as_json import as_json, from_json
from evaluation.results.runs import MetricResult, RunResult
from evaluation.run_results.ranking import ranked
from evaluation.store.kept_readings import kept_or_read
from evaluation.store.outcome_numbers import iterate_times
from evaluation.store.runs import find_run
from evaluation.store.session import Store


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
    """Return a chart of each candidate's latencies with its model loaded; None where no latency is known.

    All latencies of a large run that is over are read once.
    """
    labels = unique_labels(find_run(store, run.run_id))
    basis = sorted(labels.items())
    kept = kept_or_read(store, run.run_id, "latencies", basis, lambda: as_json(_boxes(store, labels)))
    boxes = {box.label: box for box in from_json(_Boxes, kept).rows}
    rows = [boxes[candidate.label] for candidate in ranked(run) if candidate.label in boxes]
    if not rows:
        return None
    return BoxChart(
        title=f"Latency · {run.benchmark}",
        description="How long answers took: median, middle half, p5 to p95 and p99 of each candidate",
        rows=tuple(rows),
        x_title="seconds an answer, loading excluded",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Boxes:
    rows: tuple[BoxRow, ...]


def _boxes(store: Store, labels: Mapping[int, str]) -> _Boxes:
    values_by_label = ((label, _latencies(store, row_id)) for row_id, label in labels.items())
    return _Boxes(rows=tuple(_box_row(label, values) for label, values in values_by_label if values))


def _box_row(label: str, values: Sequence[float]) -> BoxRow:
    shares = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
    p5, p25, p50, p75, p95, p99 = np.quantile(np.asarray(values), shares).tolist()
    return BoxRow(label=label, p5=p5, p25=p25, p50=p50, p75=p75, p95=p95, p99=p99, n_cases=len(values))


def _latencies(store: Store, run_candidate_id: int) -> list[float]:
    """Return the latencies of a candidate, one number per answer of the run itself."""
    return latencies_of(iterate_times(store, run_candidate_id))
