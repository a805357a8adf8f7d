"""Insights into the figures, in words, each with the numbers it is based on."""

from collections.abc import Iterable, Iterator, Sequence

from evaluation.formatting import counted, p_value, percent, quantity
from evaluation.monitoring.anomalies import Anomaly
from evaluation.monitoring.changes import changes_between, shortened
from evaluation.monitoring.trends import Trend
from evaluation.monitoring.values import QUANTITIES, Quantity, Series
from evaluation.results.as_json import as_json
from evaluation.results.monitoring import Insight

MANY_FAILURES = 0.02
"""Share of failed calls from which the kinds of failure are listed."""
FAR_APART = 1.5
"""Factor between live calls and evaluations from which the difference is reported."""


def insights(series: Sequence[Series], trends: Iterable[Trend], anomalies: Iterable[Anomaly]) -> tuple[Insight, ...]:
    """Return all insights, the surest first: trends, unusual figures, another judge, failures, live calls."""
    return (
        *(_of_trend(trend) for trend in trends if trend.is_clear),
        *(_of_anomaly(anomaly) for anomaly in anomalies),
        *_of_judges(series),
        *_of_failures(series),
        *_of_live(series),
    )


def _of_trend(trend: Trend) -> Insight:
    how = f"{quantity(abs(trend.per_week))} a week"
    if trend.relative_per_week is not None and trend.quantity not in ("quality", "success"):
        how = f"{percent(abs(trend.relative_per_week))} a week"
    verb = {"rising": "rises", "falling": "falls", "steady": "stays"}[trend.direction]
    text = (
        f"{trend.series.name}: the {QUANTITIES[trend.quantity]} {verb} by {how} over {trend.n_points} points "
        f"(confidence {percent(trend.confidence)})."
    )
    return Insight(kind="trend", text=text, evidence=_about(trend.series) | as_json(trend.result))


def _of_anomaly(odd: Anomaly) -> Insight:
    text = (
        f"{odd.series.name}: the {QUANTITIES[odd.quantity]} of {_shown(odd.quantity, odd.value)} is unusual; "
        f"{odd.n_earlier} earlier ones are around {_shown(odd.quantity, odd.usual)} ({p_value(odd.p_value)})."
    )
    return Insight(kind="anomaly", text=text, evidence=as_json(odd.result))


def _shown(name: Quantity, value: float) -> str:
    return percent(value) if name == "success" else quantity(value)


def _of_judges(series: Iterable[Series]) -> Iterator[Insight]:
    """Yield the qualities that are not comparable with the previous run.

    Since it was measured by another judge or metric.
    """
    for candidate_series in series:
        if len(candidate_series.points) < 2:
            continue
        before, newest = candidate_series.points[-2:]
        changes = [change for change in changes_between(before.setting, newest.setting) if change.what == "judge"]
        if not changes or before.quality is None or newest.quality is None:
            continue
        text = (
            f"{candidate_series.name}: {candidate_series.headline} was {quantity(before.quality)} and is "
            f"{quantity(newest.quality)} now, measured with a different judge, option or scorer. The two values are "
            "not comparable and say nothing about the model: "
            f"`benchwright score {before.run_id} --metric …` rescores the earlier answers."
        )
        evidence = _about(candidate_series) | {
            "was": before.quality,
            "now": newest.quality,
            "was_in_run": before.run_id,
        }
        yield Insight(kind="judge", text=text, evidence=evidence | {"signature": shortened(changes[0].now, 200)})


def _of_failures(series: Iterable[Series]) -> Iterator[Insight]:
    for candidate_series in series:
        newest = candidate_series.points[-1]
        n_failed = newest.n - newest.n_ok
        if not newest.failures or n_failed / newest.n < MANY_FAILURES:
            continue
        kind, n_most = max(sorted(newest.failures.items()), key=lambda each: each[1])
        text = (
            f"{candidate_series.name}: {n_failed:,} of {counted(newest.n, 'call')} failed, most often by {kind} "
            f"({n_most:,})."
        )
        if newest.n_not_asked:
            text += f" {newest.n_not_asked:,} more were not asked, since it was given up."
        yield Insight(
            kind="failures", text=text, evidence=_about(candidate_series) | {"failures": dict(newest.failures)}
        )


def _of_live(series: Sequence[Series]) -> Iterator[Insight]:
    """Yield each candidate that takes much longer, or much less, in production than in its evaluations."""
    measured = {
        candidate_series.candidate: candidate_series.points[-1]
        for candidate_series in series
        if candidate_series.source == "evaluation"
    }
    for candidate_series in series:
        live, lab = candidate_series.points[-1], measured.get(candidate_series.candidate)
        if candidate_series.source != "live" or lab is None or not live.duration_s or not lab.duration_s:
            continue
        ratio = live.duration_s / lab.duration_s
        if 1 / FAR_APART < ratio < FAR_APART:
            continue
        text = (
            f"{candidate_series.name}: a call takes {quantity(live.duration_s)} s at the median in production, and "
            f"{quantity(lab.duration_s)} s in its newest evaluation; its tokens are "
            f"{_shown_quantity(live.tokens)} and {_shown_quantity(lab.tokens)} a call."
        )
        evidence = {"live_s": live.duration_s, "evaluated_s": lab.duration_s, "ratio": ratio}
        yield Insight(kind="live", text=text, evidence=_about(candidate_series) | evidence)


def _shown_quantity(value: float | None) -> str:
    return "unknown" if value is None else quantity(value)


def _about(series: Series) -> dict[str, object]:
    return {
        "source": series.source,
        "task": series.task,
        "benchmark": series.benchmark,
        "candidate": series.candidate,
    }
