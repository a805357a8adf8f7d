"""Outcomes of recommendations, as text and as JSON."""

from typing import Any

from evaluation.formatting import counted, p_value, percent, percent_number, quantity, quantity_interval
from evaluation.results.as_json import as_json
from selection.analytics.analysis import Analytics, Share
from selection.analytics.regret import Regret
from selection.decisions.drift import Drift

_NEWEST_STRETCHES = 4


def analytics_as_json(analytics: Analytics) -> dict[str, Any]:
    """Return all of it as JSON, numbers not rounded, times in ISO 8601."""
    own = {"by_decider": dict(analytics.by_decider), "reason_to_retrain": analytics.reason_to_retrain}
    return {**as_json(analytics), **own}


def analytics_lines(analytics: Analytics) -> list[str]:
    """Return the summary as text: how many, how often right, their regret, and drifts."""
    if not analytics.n_recommendations:
        return ["No recommendations yet."]
    deciders = ", ".join(f"{name} {n:,}" for name, n in analytics.by_decider)
    lines = [
        f"{counted(analytics.n_recommendations, 'recommendation')} ({deciders or 'no candidate was named'}), "
        f"{analytics.n_outcomes:,} with a reported outcome."
    ]
    lines += [_contradiction_line(drift) for drift in analytics.contradicted]
    if analytics.n_contradicted:
        lines.append(
            f"{counted(analytics.n_contradicted, 'recommendation')} of "
            f"{'it' if len({drift.candidate_key for drift in analytics.contradicted}) == 1 else 'these'} cannot be "
            "judged by evaluations that the reported outcomes contradict; they are excluded below."
        )
    if analytics.right is not None:
        others = "other " if analytics.n_contradicted else ""
        low, high = percent_number(analytics.right.low), percent_number(analytics.right.high)
        share = f"{percent(analytics.right.value)} [{low}, {high}]"
        lines.append(
            f"By today's evaluations, {share} of {analytics.right.n:,} {others}recommendations named the best "
            "candidate or one tied with it."
        )
    if analytics.ok is not None:
        lines.append(f"Useful, as reported: {_shown(analytics.ok)}.")
    if analytics.abstained is not None and analytics.abstained.value:
        lines.append(f"Abstained: {_shown(analytics.abstained)}.")
    lines += [_regret_line(regret) for regret in analytics.regret[-_NEWEST_STRETCHES:]]
    lines += [_drift_line(drift) for drift in analytics.drifted if not drift.contradicts]
    if analytics.reason_to_retrain is not None:
        lines.append(f"Reason to re-evaluate and retrain: {analytics.reason_to_retrain}.")
    return lines


def _shown(share: Share) -> str:
    return f"{percent(share.value)} [{percent_number(share.low)}, {percent_number(share.high)}] of {share.n:,}"


def _regret_line(regret: Regret) -> str:
    interval = "" if regret.low is None or regret.high is None else f" {quantity_interval(regret.low, regret.high)}"
    days = f"{regret.begins_at.date()} to {regret.ends_at.date()}"
    return f"Regret {days}: {quantity(regret.points)} points{interval} in {counted(regret.n_decisions, 'decision')}."


def _contradiction_line(drift: Drift) -> str:
    told = "quality" if drift.quantity == "quality" else "share of useful answers"
    observed, expected = _levels(drift)
    least = "" if drift.quantity == "quality" else "at least "
    return (
        f"Outcomes contradict the evaluations: {drift.candidate} on {drift.task or 'all tasks'}: {told} "
        f"{observed}, expected {least}{expected} ({counted(drift.n_outcomes, 'outcome')}, "
        f"{p_value(drift.p_value)})."
    )


def _levels(drift: Drift) -> tuple[str, str]:
    """Return the observed and the expected level, in percent, except for qualities that are no shares."""
    levels = (drift.observed, drift.expected)
    if all(0 <= level <= 1 for level in levels):
        return percent(levels[0], digits=1), percent(levels[1], digits=1)
    return quantity(levels[0]), quantity(levels[1])


def _drift_line(drift: Drift) -> str:
    what = {
        "quality": "quality",
        "ok": "share of useful answers",
        "latency_s": "share of answers slower than expected",
    }[drift.quantity]
    observed, expected = _levels(drift)
    chance = "" if drift.p_value is None else f", {p_value(drift.p_value)}"
    return (
        f"Drift: {drift.candidate} on {drift.task or 'all tasks'}: {what} {observed}, expected "
        f"{expected} ({counted(drift.n_outcomes, 'outcome')}{chance})."
    )
