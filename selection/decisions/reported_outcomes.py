"""Test whether the reported outcomes of a candidate contradict its expected quality.

Only the newest outcomes count. Two tests, of quality and of usefulness, each at .025. Quality: Student's t of the
prompts' mean quality less what is expected, with the errors of both. Use: the exact binomial chance of so few
useful answers, if as many were as the *lower* end of the expected quality says, since a useful answer need not be a
perfect one. Outcomes of one prompt are one question; under six prompts nothing is tested.

Without scipy, whose import alone takes longer than a recommendation may.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean

from selection.answers import Expected, Reported
from selection.scoreboards.student import Z_95, two_sided_p_value

ALPHA = 0.05
MIN_PROMPTS = 6
NEWEST = 200
"""Maximum number of a candidate's outcomes on a task that are used, the newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UseOutcome:
    """Reported outcome of one recommendation."""

    recommendation_id: str
    task: str | None
    candidate_key: str
    prompt_hash: str | None
    quality: float | None
    ok: bool | None
    reported_at: datetime


def reported_of_use(outcomes: Sequence[UseOutcome], expected: Expected | None) -> Reported | None:
    """Return a summary of a candidate's newest outcomes on a task; None without any of quality or usefulness.

    Args:
        outcomes: Outcomes of one candidate on one task, oldest first.
        expected: Its currently reported quality on the task; None: none is reported.
    """
    newest = outcomes[-NEWEST:]
    quality = [outcome.quality for outcome in newest if outcome.quality is not None]
    ok = [outcome.ok for outcome in newest if outcome.ok is not None]
    if not quality and not ok:
        return None
    p_values = [] if expected is None else [*_quality_p(newest, expected), *_use_p(newest, expected)]
    p = min(1.0, len(p_values) * min(p_values)) if p_values else None
    return Reported(
        n_outcomes=len(newest),
        n_ok_known=len(ok),
        ok_share=fmean(ok) if ok else None,
        quality=fmean(quality) if quality else None,
        p_value=p,
        contradicts=p is not None and p < ALPHA,
    )


def binomial_at_most(k: int, n: int, share: float) -> float:
    """Return the probability of at most `k` of `n` events with this probability each."""
    if k >= n or share <= 0:
        return 1.0
    if share >= 1:
        return 0.0
    logs = (
        math.lgamma(n + 1)
        - math.lgamma(i + 1)
        - math.lgamma(n - i + 1)
        + i * math.log(share)
        + (n - i) * math.log1p(-share)
        for i in range(k + 1)
    )
    return min(1.0, math.fsum(math.exp(each) for each in logs))


def _quality_p(outcomes: Sequence[UseOutcome], expected: Expected) -> list[float]:
    """Return the p-value; empty where nothing is tested; 1 where it did no worse than expected."""
    values = _by_prompt(outcomes, lambda outcome: outcome.quality)
    n = len(values)
    if n < MIN_PROMPTS or expected.low is None:
        return []
    difference = fmean(values) - expected.value
    if difference >= 0:
        return [1.0]
    spread = sum((value - fmean(values)) ** 2 for value in values) / (n - 1) / n
    se = math.hypot(math.sqrt(spread), (expected.value - expected.low) / Z_95)
    # No surer than the signs of so many prompts could show.
    return [max(two_sided_p_value(difference / se, n - 1) if se > 0 else 0.0, 2.0 ** (1 - n))]


def _use_p(outcomes: Sequence[UseOutcome], expected: Expected) -> list[float]:
    shares = _by_prompt(outcomes, lambda outcome: None if outcome.ok is None else float(outcome.ok))
    if len(shares) < MIN_PROMPTS or expected.low is None:
        return []
    return [binomial_at_most(sum(share >= 0.5 for share in shares), len(shares), expected.low)]


def _by_prompt(outcomes: Iterable[UseOutcome], value: Callable[[UseOutcome], float | None]) -> list[float]:
    groups: defaultdict[str, list[float]] = defaultdict(list)
    for outcome in outcomes:
        number = value(outcome)
        if number is not None:
            groups[outcome.prompt_hash or f"of {outcome.recommendation_id}"].append(number)
    return [fmean(values) for values in groups.values()]
