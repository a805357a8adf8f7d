"""The verdict of an upgrade's test: better, equivalent within a margin, worse, or not settled.

Several benchmarks together: worse where any is, at the level divided by their number (Bonferroni); equivalent only
where a loss of the margin is ruled out on each, which needs no adjustment, since all have to hold (Berger 1982).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.formatting import points, quantity, ratio, score
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.results.comparisons import ComparisonResult
from evaluation.results.pairs import PairResult

BETTER, EQUIVALENT, WORSE, INCONCLUSIVE = "better", "equivalent", "worse", "inconclusive"
_ORDER = (WORSE, INCONCLUSIVE, EQUIVALENT, BETTER)
_LEVEL = 0.05
_LEAST_MARGIN, _LARGEST_MARGIN = 1e-4, 99.9
_TIME = "latency_s"


def comparison_request(run_id: str, retest_id: str, margin: float) -> ComparisonRequest:
    """Return the comparison of a run with its re-test, the run first.

    Args:
        run_id: The run that decided.
        retest_id: The run that asked again.
        margin: Loss in points that still counts as equivalent; 0: any loss counts.
    """
    text = None if margin < _LEAST_MARGIN else f"{round(min(margin, _LARGEST_MARGIN), 4)}pp"
    return ComparisonRequest(runs=[run_id, retest_id], margin=text)


def figures_of(result: ComparisonResult) -> dict[str, Any]:
    """Return what a verdict needs of a comparison of two sides, as plain JSON; the second side is the changed one."""
    quality = next((pair for pair in result.pairs if pair.metric == result.headline), None)
    time = next((pair for pair in result.pairs if pair.metric == _TIME), None)
    if quality is None:
        return {"comparison": result.comparison_id, "metric": None, "slowdown": _slowdown(time)}
    return {
        "comparison": result.comparison_id,
        "metric": quality.metric,
        "unit": quality.unit,
        "margin": quality.margin,
        "n_cases": quality.n_pairs,
        "n_better": quality.n_better_b,
        "n_worse": quality.n_better_a,
        "gain": _turned(quality, quality.difference),
        "low": _turned(quality, quality.high if quality.higher_is_better else quality.low),
        "high": _turned(quality, quality.low if quality.higher_is_better else quality.high),
        "verdict_of_comparison": quality.verdict,
        "p_value": quality.p_adjusted,
        "p_loss_ruled_out": quality.p_b_not_worse,
        "n_more": quality.n_more,
        "slowdown": _slowdown(time),
    }


def _turned(pair: PairResult, value: float | None) -> float | None:
    """Return a difference A less B as the gain of B: above 0 where B is better."""
    if value is None:
        return None
    return -value if pair.higher_is_better else value


def _slowdown(time: PairResult | None) -> dict[str, float | int | None] | None:
    """Return how many times as long the changed side takes for an answer: the geometric mean over cases."""
    if time is None or not time.difference:
        return None
    return {
        "ratio": 1 / time.difference,
        "low": 1 / time.high if time.high else None,
        "high": 1 / time.low if time.low else None,
        "n_cases": time.n_pairs,
    }


def verdict_of(figures: Sequence[Mapping[str, Any]]) -> str:
    """Return the verdict on all benchmarks together."""
    level = _LEVEL / max(1, len(figures))
    each = [_verdict(of_test, level) for of_test in figures]
    if WORSE in each or INCONCLUSIVE in each or not each:
        return WORSE if WORSE in each else INCONCLUSIVE
    return BETTER if BETTER in each else EQUIVALENT


def _verdict(figures: Mapping[str, Any], level: float) -> str:
    gain, p_value, p_ruled_out = figures.get("gain"), figures.get("p_value"), figures.get("p_loss_ruled_out")
    differs = p_value is not None and p_value < level and bool(gain)
    if differs and gain is not None and gain > 0:
        return BETTER
    if p_ruled_out is not None and p_ruled_out < _LEVEL:
        return EQUIVALENT
    return WORSE if differs else INCONCLUSIVE


def worst_of(verdicts: Sequence[str]) -> str:
    """Return the least favourable of the verdicts for several policies."""
    return min(verdicts, key=_ORDER.index, default=INCONCLUSIVE)


def in_words(figures: Mapping[str, Any]) -> str:
    """Return the figures of one test as a phrase."""
    benchmark, metric = figures["benchmark"], figures.get("metric")
    if metric is None or figures.get("gain") is None:
        return f"{benchmark}: no case has a value on both sides"
    is_share = figures["unit"] == "fraction"
    shown, unit = (points, " points") if is_share else (_number, "")
    interval = (
        f" [{shown(figures['low'], signed=True)}, {shown(figures['high'], signed=True)}]"
        if figures["low"] is not None and figures["high"] is not None
        else ""
    )
    cases = f"{figures['n_cases']:,} cases, {figures['n_better']:,} better, {figures['n_worse']:,} worse"
    return f"{benchmark}: {metric} {shown(figures['gain'], signed=True)}{unit}{interval} ({cases}){_time(figures)}"


def _time(figures: Mapping[str, Any]) -> str:
    slowdown = figures.get("slowdown")
    if slowdown is None:
        return ""
    low, high = slowdown["low"], slowdown["high"]
    interval = f" [{quantity(low)}, {quantity(high)}]" if low and high else ""
    return f", an answer takes {ratio(slowdown['ratio'])} as long{interval}"


def _number(value: float, *, signed: bool = False) -> str:
    return score(value, signed=signed)
