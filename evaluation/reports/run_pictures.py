"""A run in pictures: what quality costs, and how long answers take."""

from collections.abc import Mapping
from typing import Any

from evaluation.case import Case
from evaluation.metrics.speed import LatencyS
from evaluation.pictures.boxes import Spread, boxes
from evaluation.pictures.numbers import known
from evaluation.pictures.scatter import Point, frontier, scatter
from evaluation.reports.album import Picture
from evaluation.reports.labels import unique_labels
from evaluation.reports.metric_facts import higher_is_better, value_range
from evaluation.reports.tables import headline_title, ranked
from evaluation.score import Measurement
from evaluation.store.outcome_numbers import iterate_figures
from evaluation.store.runs import find_run
from evaluation.store.session import Store

Run = Mapping[str, Any]
COSTS: Mapping[str, tuple[str, str]] = {
    "cost_usd": ("cost", "US dollars an answer"),
    "energy_j": ("energy", "joules an answer"),
    "latency_s": ("latency", "seconds an answer, mean over cases"),
}
"""What quality is held against: the first of these that is known of every candidate."""
_ANY_CASE = Case(case_id="any")
_LATENCY = LatencyS()


def quality_against_cost(run: Run) -> Picture | None:
    """Every candidate's headline against what it takes; None where two candidates do not have both."""
    headline = run["headline"]
    scored = [candidate for candidate in ranked(run) if known(candidate["metrics"].get(headline)) is not None]
    cost = next((name for name in COSTS if all(name in one["metrics"] for one in scored)), "latency_s")
    points = [
        Point(label=str(candidate["candidate"]), x=x, y=y)
        for candidate in scored
        if (y := known(candidate["metrics"].get(headline))) and (x := known(candidate["metrics"].get(cost)))
    ]
    if len(points) < 2:
        return None
    word, unit = COSTS[cost]
    is_higher = higher_is_better(headline, run["metrics"].get(headline, ""))
    svg = scatter(
        points,
        title=f"Quality against {word} · {run['benchmark']}",
        x_title=unit,
        y_title=headline_title(run) + ("" if is_higher else " (lower is better)"),
        higher_is_better=is_higher,
        y_range=value_range(headline),
    )
    best = ", ".join(point.label for point in frontier(points, higher_is_better=is_higher))
    return Picture(svg=svg, said=f"Quality against {word}. Nobody is better and takes less than: {best}")


def latencies(store: Store, run: Run) -> Picture | None:
    """How long each candidate's answers took, its model loaded; None where no time is known."""
    ids = {label: row_id for row_id, label in unique_labels(find_run(store, run["run_id"])).items()}
    spreads = [
        Spread(label=label, values=values)
        for candidate in ranked(run)
        if (values := _latencies(store, ids[label := str(candidate["candidate"])]))
    ]
    if not spreads:
        return None
    svg = boxes(spreads, title=f"Latency · {run['benchmark']}", x_title="seconds an answer, loading excluded")
    return Picture(svg=svg, said="How long answers took: median, middle half, p5 to p95 and p99 of each candidate")


def _latencies(store: Store, run_candidate_id: int) -> list[float]:
    """One number an answer of the run itself."""
    measured = (
        _LATENCY.measure(_ANY_CASE, (generation,), {}) for _, generation in iterate_figures(store, run_candidate_id)
    )
    return [found.value for found in measured if isinstance(found, Measurement)]
