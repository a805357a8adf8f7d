"""How recommendations came out, for people and for programs."""

from dataclasses import asdict
from typing import Any

from evaluation.formatting import percent, percent_number, quantity, quantity_interval
from selection.analytics.analysis import Analytics, Drift, Regret, Share
from selection.choosing.number_words import counted, p_value

_NEWEST_STRETCHES = 4


def analytics_as_json(found: Analytics) -> dict[str, Any]:
    """All of it, numbers not rounded, moments in ISO 8601."""
    said = asdict(found)
    said["by_decider"] = dict(found.by_decider)
    for stretch in said["regret"]:
        stretch["begins_at"], stretch["ends_at"] = stretch["begins_at"].isoformat(), stretch["ends_at"].isoformat()
    return said | {"reason_to_retrain": found.reason_to_retrain}


def analytics_lines(found: Analytics) -> list[str]:
    """What a person is told: how many, how often right, what they cost, what has drifted."""
    if not found.n_recommendations:
        return ["Nothing was recommended yet."]
    deciders = ", ".join(f"{name} {n:,}" for name, n in found.by_decider)
    lines = [
        f"{counted(found.n_recommendations, 'recommendation')} ({deciders or 'nobody was named'}), "
        f"{found.n_outcomes:,} with a reported outcome."
    ]
    lines += [_contradiction_line(one) for one in found.contradicted]
    if found.n_contradicted:
        lines.append(
            f"{counted(found.n_contradicted, 'recommendation')} of "
            f"{'it' if len({one.candidate_key for one in found.contradicted}) == 1 else 'these'} cannot be judged by "
            "evaluations, which those outcomes contradict: they do not count below."
        )
    if found.right is not None:
        others = "other " if found.n_contradicted else ""
        share = f"{percent(found.right.value)} [{percent_number(found.right.low)}, {percent_number(found.right.high)}]"
        lines.append(
            f"By today's evaluations, {share} of {found.right.n:,} {others}recommendations named the best candidate or "
            "one tied with it."
        )
    if found.ok is not None:
        lines.append(f"Of use, as reported: {_shown(found.ok)}.")
    if found.abstained is not None and found.abstained.value:
        lines.append(f"Named nobody: {_shown(found.abstained)}.")
    lines += [_regret_line(one) for one in found.regret[-_NEWEST_STRETCHES:]]
    lines += [_drift_line(one) for one in found.drifted if not one.contradicts]
    if found.reason_to_retrain is not None:
        lines.append(f"A reason to evaluate and to retrain: {found.reason_to_retrain}.")
    return lines


def _shown(share: Share) -> str:
    return f"{percent(share.value)} [{percent_number(share.low)}, {percent_number(share.high)}] of {share.n:,}"


def _regret_line(one: Regret) -> str:
    interval = "" if one.low is None or one.high is None else f" {quantity_interval(one.low, one.high)}"
    days = f"{one.begins_at.date()} to {one.ends_at.date()}"
    return f"Regret {days}: {quantity(one.points)} points{interval} in {counted(one.n_decisions, 'decision')}."


def _contradiction_line(one: Drift) -> str:
    told = "quality" if one.quantity == "quality" else "share of answers of use"
    observed, expected = _levels(one)
    least = "" if one.quantity == "quality" else "at least "
    return (
        f"Outcomes contradict the evaluations: {one.candidate} on {one.task or 'all tasks'}: {told} "
        f"{observed}, expected {least}{expected} ({counted(one.n_outcomes, 'outcome')}, "
        f"{p_value(one.p_value)})."
    )


def _levels(one: Drift) -> tuple[str, str]:
    """What came and what was expected, in percent as everywhere, but for qualities that are no shares."""
    levels = (one.observed, one.expected)
    if all(0 <= level <= 1 for level in levels):
        return percent(levels[0], digits=1), percent(levels[1], digits=1)
    return quantity(levels[0]), quantity(levels[1])


def _drift_line(one: Drift) -> str:
    what = {
        "quality": "quality",
        "ok": "share of answers of use",
        "latency_s": "share of answers slower than expected",
    }[one.quantity]
    observed, expected = _levels(one)
    chance = "" if one.p_value is None else f", {p_value(one.p_value)}"
    return (
        f"Drift: {one.candidate} on {one.task or 'all tasks'}: {what} {observed}, expected "
        f"{expected} ({counted(one.n_outcomes, 'outcome')}{chance})."
    )
