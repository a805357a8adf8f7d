"""Plots of a run: quality against cost, and latencies."""

from evaluation.case import Case
from evaluation.metrics.metric_facts import higher_is_better
from evaluation.metrics.speed import LatencyS
from evaluation.pictures.box_plots import Spread, draw_box_plots
from evaluation.records.labels import unique_labels
from evaluation.reports.page_pictures import Picture
from evaluation.reports.quality_pictures import COSTS, quality_picture
from evaluation.reports.runs.tables import headline_title
from evaluation.results.runs import MetricResult, RunResult
from evaluation.run_results.ranking import ranked
from evaluation.scores import Measurement
from evaluation.store.outcome_numbers import iterate_figures
from evaluation.store.runs import find_run
from evaluation.store.session import Store

_ANY_CASE = Case(case_id="any")
_LATENCY = LatencyS()


def quality_against_cost(run: RunResult) -> Picture | None:
    """Return a picture of every candidate's headline against its cost; None unless two candidates have both."""
    headline, candidates = run.headline, ranked(run)

    def values(metric: str) -> dict[str, MetricResult | None]:
        return {candidate.label: candidate.metrics.get(metric) for candidate in candidates}

    return quality_picture(
        [candidate.label for candidate in candidates],
        benchmark=run.benchmark,
        headline=headline,
        title=headline_title(run),
        higher_is_better=higher_is_better(headline, run.metrics.get(headline, "")),
        quality=values(headline),
        costs={cost: values(cost) for cost in COSTS},
    )


def latencies(store: Store, run: RunResult) -> Picture | None:
    """Return a picture of each candidate's latencies with its model loaded; None where no latency is known."""
    ids = {label: row_id for row_id, label in unique_labels(find_run(store, run.run_id)).items()}
    spreads = [
        Spread(label=label, values=values)
        for candidate in ranked(run)
        if (values := _latencies(store, ids[label := candidate.label]))
    ]
    if not spreads:
        return None
    svg = draw_box_plots(spreads, title=f"Latency · {run.benchmark}", x_title="seconds an answer, loading excluded")
    return Picture(svg=svg, said="How long answers took: median, middle half, p5 to p95 and p99 of each candidate")


def _latencies(store: Store, run_candidate_id: int) -> list[float]:
    """Return the latencies of a candidate, one number per answer of the run itself."""
    measured = (
        _LATENCY.measure(_ANY_CASE, (generation,), {}) for _, generation in iterate_figures(store, run_candidate_id)
    )
    return [measurement.value for measurement in measured if isinstance(measurement, Measurement)]
