"""The curves of a race: each candidate's score at each look, and where it left."""

from collections import defaultdict

from evaluation.charts.chart import PlottedNumber
from evaluation.charts.curve_chart import LabelledLine, LineChart, PointOnLine
from evaluation.formatting import count
from evaluation.metrics.metric_facts import value_range
from evaluation.races.state import Fate
from evaluation.results.estimates import shown_estimate
from evaluation.results.races import Race, RaceDecision
from evaluation.stats.intervals import SHARES, wilson_interval

HOLLOW = "left the race here"
_OUT = (Fate.DROPPED, Fate.GIVEN_UP)


def race_curves(race: Race) -> LineChart | None:
    """Return a chart of the scores over the looks, those last that led at the end; None where none is recorded.

    The intervals are of single looks: who looks ten times sees one of them miss more often than in one of twenty, which
    is why the race decides by its own rule.
    """
    points = defaultdict[str, list[PointOnLine]](list)
    bounds = value_range(race.metric.partition(" by ")[0])
    for decision in race.decisions:
        number = _score(decision, bounds)
        if number is not None:
            points[decision.label].append(
                PointOnLine(x=decision.n_cases, number=number, is_hollow=decision.fate in _OUT)
            )
    if not points:
        return None
    order = [place.label for place in race.outcome.ranking] or list(points)
    return LineChart(
        title=f"{race.metric} at each look · {race.benchmark}",
        description="The score of each candidate over the cases that it had been asked at each look; it left where its "
        "point is hollow",
        lines=tuple(LabelledLine(label=label, points=tuple(points[label])) for label in order if label in points),
        x_title="cases asked",
        y_title=f"{race.metric}, with the 95 % interval of each look",
        y_range=bounds,
        hollow_words=HOLLOW,
    )


def curve_rows(race: Race) -> list[dict[str, str]]:
    """Return a row for each point of the curves."""
    chart = race_curves(race)
    return [
        {
            "candidate": line.label,
            "cases": count(round(point.x)),
            race.metric: shown_estimate(point.number),
            "then": HOLLOW if point.is_hollow else "went on",
        }
        for line in (() if chart is None else chart.lines)
        for point in line.points
    ]


def _score(decision: RaceDecision, bounds: tuple[float, float]) -> PlottedNumber | None:
    """Return the score at a look; with Wilson's interval where scores are shares, which others cannot exceed."""
    score, n = decision.evidence.get("score"), decision.evidence.get("n_pairs", decision.n_cases)
    if not isinstance(score, int | float) or not isinstance(n, int):
        return None
    if bounds != SHARES or n < 2 or not 0 <= score <= 1:
        return PlottedNumber(value=score)
    low, high = wilson_interval(round(score * n), n)
    return PlottedNumber(value=score, low=min(low, score), high=max(high, score))
