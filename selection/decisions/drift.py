"""Drift: reported outcomes against what was expected when candidates were recommended.

Of quality: reported less expected, averaged over the outcomes of one prompt, since those are one question; its error
holds what prompts differ and the error of the expectation itself. Of use: how many answers were useful, against as many
as the lower end of the expected quality says, since a useful answer need not be a perfect one. Of latency: how many
answers took longer than the percentile that was expected, against how many should have; the percentile counts as known.
Under six prompts nothing is tested; the tests are adjusted by Holm over all candidates and tasks.

Only what was chosen is seen. That is no harm here, where a candidate is compared with its own expectation; it would be
where candidates are compared with one another (`selection.analytics.analysis`).
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Literal

from evaluation.formatting import percent, quantity
from selection.decisions.past_decisions import PastDecision
from selection.scoreboards.student import Z_95

ALPHA = 0.05
MIN_PROMPTS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Outcomes of a candidate on a task compared with its expectation."""

    task: str | None
    candidate: str
    """Label of the candidate."""
    candidate_key: str
    quantity: Literal["quality", "ok", "latency_s"]
    n_outcomes: int
    n_prompts: int
    """Number of distinct prompts; outcomes of one prompt are one question."""
    expected: float
    """Mean quality; for usefulness the least share claimed; for latency the share that should take longer than
    expected.
    """
    observed: float
    """Mean quality; the share of useful answers; of latency the share that took longer."""
    difference: float
    """Observed minus expected."""
    low: float | None
    """Lower end of the 95 % interval of the difference; None where one prompt says nothing of others."""
    high: float | None
    p_value: float | None
    """Adjusted p-value; None where there are too few prompts for a test."""

    @property
    def has_drifted(self) -> bool:
        """True if chance does not explain it."""
        return self.p_value is not None and self.p_value < ALPHA

    @property
    def is_worse(self) -> bool:
        """True if outcomes are worse than expected."""
        return self.difference > 0 if self.quantity == "latency_s" else self.difference < 0

    @property
    def contradicts(self) -> bool:
        """True if answers are worse than evaluations say, beyond chance."""
        return self.has_drifted and self.is_worse and self.quantity != "latency_s"


def drifts(past: Sequence[PastDecision]) -> tuple[Drift, ...]:
    """Return a drift for each candidate, task and quantity with reported outcomes; the most significant first."""
    groups: defaultdict[tuple[str | None, str], list[PastDecision]] = defaultdict(list)
    for decision in past:
        if decision.has_outcome and decision.candidate_key is not None:
            groups[decision.task, decision.candidate_key].append(decision)
    unadjusted = [
        drift
        for group in groups.values()
        for drift in (_of_quality(group), _of_use(group), _of_latency(group))
        if drift
    ]
    return tuple(
        sorted(
            _adjusted(unadjusted),
            key=lambda drift: (_p_value_or_last(drift.p_value), drift.candidate, drift.task or ""),
        )
    )


def reason_to_retrain(observed_drifts: Sequence[Drift]) -> str | None:
    """Return the most significant drift of quality or usefulness, as text; None where there is none.

    Args:
        observed_drifts: From `drifts`.
    """
    for drift in observed_drifts:
        if drift.has_drifted and drift.quantity == "quality":
            return (
                f"the outcomes of {drift.candidate} on {drift.task or 'all tasks'} are "
                f"{quantity(abs(drift.difference))} {'below' if drift.is_worse else 'above'} what was expected "
                f"({drift.n_prompts} prompts)"
            )
        if drift.contradicts:
            return (
                f"{percent(drift.observed)} of the answers of {drift.candidate} on {drift.task or 'all tasks'} were "
                f"useful, where at least {percent(drift.expected)} was expected ({drift.n_prompts} prompts)"
            )
    return None


def by_prompt(past: Iterable[PastDecision], value: Sequence[float]) -> list[float]:
    """Return the values averaged by prompt; a decision without a prompt counts as one of its own."""
    groups: defaultdict[str, list[float]] = defaultdict(list)
    for decision, each in zip(past, value, strict=True):
        groups[decision.prompt_hash or f"of {decision.id}"].append(each)
    return [fmean(values) for values in groups.values()]


def _of_quality(group: Sequence[PastDecision]) -> Drift | None:
    decisions = [
        decision for decision in group if decision.quality is not None and decision.expected_quality is not None
    ]
    if not decisions:
        return None
    observed = [decision.quality or 0.0 for decision in decisions]
    expected = [decision.expected_quality or 0.0 for decision in decisions]
    apart = by_prompt(decisions, [a - b for a, b in zip(observed, expected, strict=True)])
    n = len(apart)
    difference = fmean(apart)
    low = high = p = None
    if n > 1:
        of_prompts = sum((value - difference) ** 2 for value in apart) / (n - 1) / n
        of_expectation = fmean((decision.expected_quality_se or 0.0) ** 2 for decision in decisions)
        low, high, p = _by_t(difference, math.sqrt(of_prompts + of_expectation), n)
    return Drift(
        task=decisions[-1].task,
        candidate=decisions[-1].candidate_label or "",
        candidate_key=decisions[-1].candidate_key or "",
        quantity="quality",
        n_outcomes=len(decisions),
        n_prompts=n,
        expected=fmean(expected),
        observed=fmean(observed),
        difference=difference,
        low=low,
        high=high,
        p_value=p,
    )


def _of_use(group: Sequence[PastDecision]) -> Drift | None:
    """Return only whether fewer were useful than expected: more may only mean that the bar is low."""
    decisions = [decision for decision in group if decision.ok is not None and decision.expected_quality is not None]
    if not decisions:
        return None
    of_use = by_prompt(decisions, [float(bool(decision.ok)) for decision in decisions])
    n, n_of_use = len(of_use), sum(share >= 0.5 for share in of_use)
    expected = fmean(
        max(0.0, (decision.expected_quality or 0.0) - Z_95 * (decision.expected_quality_se or 0.0))
        for decision in decisions
    )
    return _of_share("ok", decisions, n_of_use, n, expected, is_one_sided=True)


def _by_t(difference: float, se: float, n: int) -> tuple[float, float, float | None]:
    from scipy.stats import t

    reach = float(t.ppf(0.975, n - 1)) * se
    if n < MIN_PROMPTS:
        p = None
    elif se == 0:
        p = 1.0 if difference == 0 else 2.0 ** (1 - n)
    else:
        p = float(2 * t.sf(abs(difference) / se, n - 1))
    return difference - reach, difference + reach, p


def _of_latency(group: Sequence[PastDecision]) -> Drift | None:
    decisions = [
        decision for decision in group if decision.latency_s is not None and decision.expected_latency_s is not None
    ]
    if not decisions:
        return None
    late = by_prompt(
        decisions, [float((decision.latency_s or 0.0) > (decision.expected_latency_s or 0.0)) for decision in decisions]
    )
    n, n_late = len(late), sum(share > 0.5 for share in late)
    expected = fmean(1 - decision.constraints.percentile for decision in decisions)
    return _of_share("latency_s", decisions, n_late, n, expected)


def _of_share(
    quantity: Literal["ok", "latency_s"],
    decisions: Sequence[PastDecision],
    n_yes: int,
    n: int,
    expected: float,
    *,
    is_one_sided: bool = False,
) -> Drift:
    """Return the drift of a share of the prompts against the expected one."""
    low, high, p = _by_binomial(n_yes, n, expected, is_one_sided=is_one_sided)
    return Drift(
        task=decisions[-1].task,
        candidate=decisions[-1].candidate_label or "",
        candidate_key=decisions[-1].candidate_key or "",
        quantity=quantity,
        n_outcomes=len(decisions),
        n_prompts=n,
        expected=expected,
        observed=n_yes / n,
        difference=n_yes / n - expected,
        low=low - expected,
        high=high - expected,
        p_value=p if n >= MIN_PROMPTS else None,
    )


def _by_binomial(n_yes: int, n: int, expected: float, *, is_one_sided: bool = False) -> tuple[float, float, float]:
    from scipy.stats import binomtest

    from evaluation.stats.intervals import wilson_interval

    interval = wilson_interval(n_yes, n)
    side: Literal["less", "two-sided"] = "less" if is_one_sided else "two-sided"
    return interval.low, interval.high, float(binomtest(n_yes, n, expected, alternative=side).pvalue)


def _adjusted(unadjusted: Sequence[Drift]) -> list[Drift]:
    from evaluation.stats.multiplicity import holm

    tested = [drift for drift in unadjusted if drift.p_value is not None]
    if not tested:
        return list(unadjusted)
    adjusted = holm([drift.p_value or 0.0 for drift in tested])
    return [
        *(replace(drift, p_value=p) for drift, p in zip(tested, adjusted, strict=True)),
        *(drift for drift in unadjusted if drift.p_value is None),
    ]


def _p_value_or_last(p_value: float | None) -> float:
    return 2.0 if p_value is None else p_value
