"""How many more cases would tell: the chance of a verdict by the number of cases."""

from collections.abc import Iterator
from math import inf, sqrt

from evaluation.charts.chart import PlottedNumber
from evaluation.charts.curve_chart import LabelledLine, LineChart, PointOnLine
from evaluation.formatting import counted
from evaluation.results.comparisons import ComparisonResult
from evaluation.results.pairs import PairResult
from evaluation.stats.power import POWER, mcnemar_power, paired_t_power
from evaluation.stats.verdicts import Kind

MOST_PAIRS = 8
N_STEPS = 24
WITHIN_REACH = 10
"""A pair that needs more than so many times its cases does not stretch the picture."""
_BEYOND = 1.5
"""A curve goes on so far beyond the cases that would tell."""


def power_chart(result: ComparisonResult) -> LineChart | None:
    """Return the chance to see the aimed difference by the number of cases; None where every pair is settled."""
    end = _end(result)
    lines = tuple(
        LabelledLine(label=f"{pair.a} against {pair.b}", points=points)
        for pair in _open_pairs(result)
        if (points := tuple(_points(pair, end)))
    )[:MOST_PAIRS]
    if not lines:
        return None
    return LineChart(
        title=f"How many cases would tell · {result.benchmark}",
        description="The chance of a verdict for each pair that is open, by the number of cases; the line across is at "
        "4 in 5",
        lines=lines,
        x_title="cases that both answered",
        x_range=(0.0, inf),
        y_title="chance to tell, a pair by itself",
        y_range=(0.0, 1.0),
        hollow_words="cases that there are now",
        reference=POWER,
    )


def power_rows(result: ComparisonResult) -> list[dict[str, str]]:
    """Return a row for each pair that is open: what there is, and what would tell."""
    return [
        {
            "pair": f"{pair.a} against {pair.b}",
            "cases": f"{pair.n_pairs:,}",
            "more to settle it": f"{pair.n_more:,}",
        }
        for pair in _open_pairs(result)
    ]


def _open_pairs(result: ComparisonResult) -> Iterator[PairResult]:
    """Yield the pairs that more cases would settle; one with a margin is settled by another test."""
    return (pair for pair in result.headline_pairs if pair.n_more and pair.aim and pair.margin is None)


def power_lines(result: ComparisonResult) -> list[str]:
    """Return how many of the pairs need more cases than the picture shows; empty where none does."""
    end = _end(result)
    n_beyond = sum(_needed(pair) > end for pair in _open_pairs(result))
    if not n_beyond:
        return []
    what = "needs" if n_beyond == 1 else "need"
    return [f"{counted(n_beyond, 'pair')} {what} more cases than the picture shows: the table says how many."]


def _needed(pair: PairResult) -> int:
    """Return the cases that would settle a pair."""
    return pair.n_pairs + (pair.n_more or 0)


def _end(result: ComparisonResult) -> float:
    """Return the number of cases at which the picture ends, so that no far pair squeezes all others together."""
    pairs = list(_open_pairs(result))
    near = [pair for pair in pairs if _needed(pair) <= WITHIN_REACH * pair.n_pairs]
    far = sorted(pairs, key=_needed)[:1]
    ends = (pair.n_pairs + _BEYOND * (pair.n_more or 0) for pair in near or far)
    return max([*ends, *(pair.n_pairs for pair in pairs)], default=0)


def _points(pair: PairResult, end: float) -> Iterator[PointOnLine]:
    more = min(_BEYOND * (pair.n_more or 0), end - pair.n_pairs)
    for step in range(N_STEPS + 1 if more > 0 else 1):
        n = round(pair.n_pairs + more * step / N_STEPS)
        power = _power(pair, n)
        if power is not None:
            yield PointOnLine(x=n, number=PlottedNumber(value=power), is_hollow=step == 0)


def _power(pair: PairResult, n: int) -> float | None:
    """Return the chance to see the aim with so many cases; None where the spread is not known, as of a ratio."""
    aim = abs(pair.aim or 0.0)
    if n < 2 or pair.kind in (Kind.RATIO, Kind.ORDINAL):
        return None
    if pair.kind == Kind.BINARY and not pair.n_clusters:
        return mcnemar_power(min(1.0, aim), n, discordant=(pair.n_better_a + pair.n_better_b) / pair.n_pairs)
    if not pair.standard_error:
        return None
    return paired_t_power(aim / (pair.standard_error * sqrt(pair.n_pairs)), n)
