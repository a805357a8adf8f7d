"""How the scores of a run are distributed, what they are by tag, and how its metrics go together."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import isfinite

import numpy as np

from evaluation.answer_matrix.figures import MatrixFigures
from evaluation.charts.grid_chart import HeatCell, HeatMapChart, HeatRow, HistogramChart, HistogramRow
from evaluation.formatting import coefficient, counted, score, score_interval
from evaluation.metrics.metric_facts import known_range, value_range
from evaluation.results.analytics import CorrelationsResult, MetricCorrelation
from evaluation.scores import Estimate
from evaluation.stats.intervals import mean_estimate

N_BINS = 10
MOST_TAGS = 30
FEWEST_CASES = 2
"""Cases of a tag below which it has no row."""


def distribution(figures: MatrixFigures) -> HistogramChart | None:
    """Return how the scores of each candidate are distributed over the cases; None where there are none."""
    edges = _edges(figures)
    rows = [
        HistogramRow(label=label, counts=counts, shown=f"mean {score(float(scores.mean()))}")
        for label, scores, counts in _counts(figures, edges)
    ]
    if not rows:
        return None
    return HistogramChart(
        title=f"{figures.metric}: how many cases have which score",
        description="For each candidate, how many cases have a score in each tenth of the range",
        rows=tuple(rows),
        edges=edges,
        x_title=f"{figures.metric} of a case",
    )


def distribution_rows(figures: MatrixFigures) -> list[dict[str, str]]:
    """Return a row for each bin in which there are cases, with those of each candidate."""
    edges = _edges(figures)
    columns = {label: counts for label, _, counts in _counts(figures, edges)}
    if not columns:
        return []
    return [
        {
            figures.metric: f"{score(low)} to {score(high)}",
            **{label: f"{counts[place]:,}" for label, counts in columns.items()},
        }
        for place, (low, high) in enumerate(pairwise(edges))
        if any(counts[place] for counts in columns.values())
    ]


def _counts(
    figures: MatrixFigures, edges: tuple[float, ...]
) -> list[tuple[str, "np.ndarray[tuple[int], np.dtype[np.float64]]", tuple[int, ...]]]:
    counted_scores = []
    for label, row in zip(figures.labels, figures.scores, strict=True):
        scores = row[np.isfinite(row)]
        if scores.size:
            counted_scores.append((label, scores, tuple(np.histogram(scores, bins=np.array(edges))[0].tolist())))
    return counted_scores


def _edges(figures: MatrixFigures) -> tuple[float, ...]:
    """Return the ends of the bins: over all that the metric can be, else over all that there is."""
    low, high = value_range(figures.metric.partition(" by ")[0])
    scores = figures.scores[np.isfinite(figures.scores)]
    if scores.size and not (isfinite(low) and isfinite(high)):
        low, high = float(scores.min()), float(scores.max())
    if not (isfinite(low) and isfinite(high)) or high <= low:
        low, high = low - 0.5 if isfinite(low) else 0.0, low + 0.5 if isfinite(low) else 1.0
    return tuple(np.linspace(low, high, N_BINS + 1).tolist())


Tagged = Mapping[str, Sequence[int]]
"""Positions of the cases of each tag."""


def tagged_cases(tags: Mapping[str, Sequence[str]], figures: MatrixFigures) -> Tagged:
    """Return the positions of the cases of each tag, the most frequent tags first.

    Args:
        tags: Tags of each case.
        figures: The run's.
    """
    positions = defaultdict[str, list[int]](list)
    for position, case_id in enumerate(figures.case_ids):
        for tag in tags.get(case_id, ()):
            positions[tag].append(position)
    order = Counter({tag: len(places) for tag, places in positions.items()}).most_common(MOST_TAGS)
    return {tag: positions[tag] for tag, n in order if n >= FEWEST_CASES}


def tag_rows(figures: MatrixFigures, tagged: Tagged) -> list[dict[str, str]]:
    """Return a row for each tag: each candidate's mean over its cases, with the interval."""
    return [
        {
            "cases with": tag,
            "cases": f"{len(places):,}",
            **{label: _shown(_mean(figures, row, places)) for row, label in enumerate(figures.labels)},
        }
        for tag, places in tagged.items()
    ]


def tag_map(figures: MatrixFigures, tagged: Tagged) -> HeatMapChart | None:
    """Return the means of all candidates by tag as a heat map; None where no case has a tag."""
    if not tagged:
        return None
    low, high = _edges(figures)[0], _edges(figures)[-1]
    rows = [
        HeatRow(
            label=f"{tag} ({counted(len(places), 'case')})",
            cells=tuple(
                None
                if (mean := _mean(figures, row, places)) is None
                else HeatCell(shown=score(mean.value), shade=(mean.value - low) / (high - low))
                for row in range(len(figures.labels))
            ),
        )
        for tag, places in tagged.items()
    ]
    return HeatMapChart(
        title=f"{figures.metric} by tag",
        description="Mean score of each candidate over the cases of each tag",
        columns=figures.labels,
        rows=tuple(rows),
        shade_words=f"stronger shade: more {figures.metric}",
    )


def _mean(figures: MatrixFigures, row: int, places: Sequence[int]) -> Estimate | None:
    scores = figures.scores[row, list(places)]
    scores = scores[np.isfinite(scores)]
    return mean_estimate(scores, value_range=known_range(figures.metric.partition(" by ")[0])) if scores.size else None


def _shown(mean: Estimate | None) -> str:
    if mean is None:
        return "–"
    if mean.low is None or mean.high is None:
        return score(mean.value)
    return f"{score(mean.value)} {score_interval(mean.low, mean.high)}"


def correlation_map(result: CorrelationsResult) -> HeatMapChart | None:
    """Return the correlation of every two metrics for each candidate; None where there is none to show."""
    candidates = tuple(dict.fromkeys(each.candidate for each in result.correlations))
    by_pair = _by_pair(result)
    rows = [
        HeatRow(
            label=f"{first} · {second}",
            cells=tuple(_cell(values.get(candidate)) for candidate in candidates),
        )
        for (first, second), values in by_pair.items()
        if any(each.correlation is not None for each in values.values())
    ]
    if not rows:
        return None
    return HeatMapChart(
        title="How the metrics go together",
        description="Rank correlation of every two metrics over the cases of each candidate",
        columns=candidates,
        rows=tuple(rows),
        shade_words="stronger shade: closer to 1",
    )


def correlation_rows(result: CorrelationsResult) -> list[dict[str, str]]:
    """Return a row for each pair of metrics and candidate."""
    return [
        {
            "metrics": f"{each.first} · {each.second}",
            "candidate": each.candidate,
            "correlation": coefficient(each.correlation, signed=True),
            "95 % interval": "–"
            if each.low is None or each.high is None
            else score_interval(each.low, each.high, digits=2, signed=True),
            "cases": f"{each.n_cases:,}",
            "chance": "does not explain it" if each.is_shown else "may explain it",
        }
        for each in result.correlations
        if each.correlation is not None
    ]


def _by_pair(result: CorrelationsResult) -> dict[tuple[str, str], dict[str, MetricCorrelation]]:
    pairs = defaultdict[tuple[str, str], dict[str, MetricCorrelation]](dict)
    for each in result.correlations:
        pairs[each.first, each.second][each.candidate] = each
    return pairs


def _cell(each: MetricCorrelation | None) -> HeatCell | None:
    if each is None or each.correlation is None:
        return None
    return HeatCell(shown=coefficient(each.correlation, signed=True), shade=each.correlation)
