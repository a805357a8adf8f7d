"""Cascades of a run in words, tables and charts, shared by the terminal, pages and notebooks."""

from collections.abc import Mapping, Sequence

from evaluation.charts.chart import CascadeChart, CurvePoint, plotted_number
from evaluation.escaping import for_markdown
from evaluation.formatting import counted, percent, quantity
from evaluation.metrics.metric_facts import value_range
from evaluation.reports.markdown_tables import markdown_table
from evaluation.reports.page_pictures import Album
from evaluation.reports.quality_charts import COSTS
from evaluation.reports.runs.tables import shown_speed
from evaluation.results.cascade_curves import (
    CascadeChoice,
    CascadeCurve,
    CascadeFigures,
    CascadePoint,
    CascadeResult,
    CascadeShare,
)
from evaluation.results.estimates import shown_estimate
from evaluation.results.runs import RunResult
from evaluation.run_results.cascade_result import cascade_result, has_cascades
from evaluation.store.runs import find_run
from evaluation.store.session import Store

MOST_ROWS = 20
"""Rows of a table; with more points, evenly chosen ones. The JSON has all."""
_COSTS: Mapping[str, str] = {
    "latency_s": "seconds",
    "prompt_tokens": "tokens in",
    "output_tokens": "tokens out",
    "energy_j": "J",
    "cost_usd": "USD",
}


def cascade_line(curve: CascadeCurve | CascadeShare) -> str:
    """Return the share escalated in the run, as one sentence."""
    share = curve.share_escalated
    if share is None:
        return f"cascade {curve.label}: no signal is known"
    interval = "" if share.low is None or share.high is None else f" [{percent(share.low)}, {percent(share.high)}]"
    return f"cascade: {percent(share.value)}{interval} escalated to {curve.large} · {curve.label}"


def threshold_words(threshold: float | None) -> str:
    """Return a threshold; in words where none escalates every case."""
    return "every case" if threshold is None else quantity(threshold)


def curve_rows(curve: CascadeCurve) -> list[dict[str, str]]:
    """Return one row per threshold, and one for the larger model alone."""
    rows = [_row(curve, point) for point in _shown_points(curve)]
    if curve.large_alone is not None:
        about = {"threshold": f"{curve.large} alone", "escalated": ""}
        rows.append(about | _figures(curve, curve.large_alone) | {"failed": ""})
    filled = {name for row in rows for name, text in row.items() if text not in ("", "–")}
    return [{name: text for name, text in row.items() if name in filled} for row in rows]


def _shown_points(curve: CascadeCurve) -> list[CascadePoint]:
    every = -(-len(curve.points) // MOST_ROWS)
    last = len(curve.points) - 1
    return [point for place, point in enumerate(curve.points) if place % every == 0 or point.is_of_run or place == last]


def _row(curve: CascadeCurve, point: CascadePoint) -> dict[str, str]:
    share = "–" if point.share_escalated is None else percent(point.share_escalated.value)
    about = {
        "threshold": threshold_words(point.threshold) + (" *" if point.is_of_run else ""),
        "escalated": f"{share} ({point.n_escalated:,}/{point.n_answers:,})",
    }
    failed = {"failed": f"{point.n_failed:,}" if point.n_failed else "–"}
    return about | _figures(curve, point.figures) | failed


def _figures(curve: CascadeCurve, figures: CascadeFigures) -> dict[str, str]:
    costs = {title: shown_speed(getattr(figures, name)) for name, title in _COSTS.items()}
    return {curve.metric: shown_estimate(figures.quality)} | costs


def curve_sentences(curve: CascadeCurve) -> list[str]:
    """Return what the curve shows and leaves out, and the best threshold with its validation."""
    lines = [
        f"{curve.small}, then {curve.large} where the signal {curve.signal} is below the threshold; means of an answer "
        "over cases [95 %]; * as in the run. A row holds for all thresholds above the row before."
    ]
    lines += [] if curve.choice is None else [_choice_sentence(curve, curve.choice)]
    return [*lines, *curve.notes]


def _choice_sentence(curve: CascadeCurve, choice: CascadeChoice) -> str:
    at = "every case escalated" if choice.threshold is None else f"threshold {threshold_words(choice.threshold)}"
    return (
        f"Best mean {curve.metric}: {at}, {shown_estimate(choice.quality)} on "
        "the cases on which it was chosen, which is too good. Chosen and measured on different cases "
        f"({counted(choice.n_folds, 'fold')}): {shown_estimate(choice.validated_quality)}, "
        f"{percent(choice.validated_share_escalated)} escalated."
    )


def curve_chart(curve: CascadeCurve, *, benchmark: str) -> CascadeChart | None:
    """Return quality against the first cost that every point has; None where two points have no quality."""
    points = [point for point in curve.points if point.figures.quality is not None]
    costs = [name for name in COSTS if all(getattr(point.figures, name) is not None for point in points)]
    if len(points) < 2 or not costs:
        return None
    word, unit = COSTS[costs[0]]
    alone = None if curve.large_alone is None else _plotted(curve.large_alone, costs[0], is_of_run=False)
    plotted = [_plotted(point.figures, costs[0], is_of_run=point.is_of_run) for point in points]
    return CascadeChart(
        title=f"Cascade over its threshold: quality against {word} · {benchmark}",
        description=f"Quality against {word} of {curve.label} over its threshold",
        points=tuple(point for point in plotted if point is not None),
        alone=alone,
        cost_title=unit,
        quality_title=curve.metric + ("" if curve.higher_is_better else " (lower is better)"),
        quality_range=value_range(curve.metric.partition(" by ")[0]),
    )


def _plotted(figures: CascadeFigures, cost: str, *, is_of_run: bool) -> CurvePoint | None:
    x, y = plotted_number(getattr(figures, cost)), plotted_number(figures.quality)
    return None if x is None or y is None else CurvePoint(cost=x.value, quality=y, is_of_run=is_of_run)


def cascades_as_markdown(store: Store, run: RunResult, album: Album) -> list[str]:
    """Return the section on a run's cascades; empty where it has none."""
    if not has_cascades(store, find_run(store, run.run_id)):
        return []
    return ["### Cascades", *_sections(cascade_result(store, run.run_id), album)]


def _sections(result: CascadeResult, album: Album) -> Sequence[str]:
    parts: list[str] = []
    for curve in result.curves:
        parts += [
            f"**{for_markdown(cascade_line(curve))}**",
            *album.show(curve_chart(curve, benchmark=result.benchmark)),
        ]
        parts += [markdown_table(curve_rows(curve)), *(for_markdown(line) for line in curve_sentences(curve))]
    return parts
