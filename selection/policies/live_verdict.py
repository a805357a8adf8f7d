"""Verdicts on two candidates that answer in production, valid however often they are looked at.

Observations arrive one after the other, each of one arm. They are gathered into blocks: a block ends with the first
observation by which both arms have one, and gives the difference d of their means, challenger less champion, in
[-1, 1]. Where both arms have the same mean at that time, d is 0 in expectation, whatever the share of the challenger,
however the values are distributed, and also if both means drift together. A player who bets on d > 0 with a stake of λ
multiplies the wealth by 1 + λ·d; in a fair game the probability that the wealth ever reaches 1/α is at most α (Ville),
so that every look is free. The best stake is not known in advance: the wealth is spread over several (Waudby-Smith &
Ramdas 2024, arXiv:2010.09686; for two samples Shekhar & Ramdas, arXiv:2112.09162). Intervals are the values against
which the same player does not win (confidence sequences).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from evaluation.races.sequential_evidence import cases_needed, log_wealth

Floats = NDArray[np.float64]
STAKES = (0.05, 0.1, 0.2, 0.4, 0.8)
"""For differences of a few points up to many."""
HARM_STAKES = (0.3, 0.6, 0.95)
"""For large differences, which are to be found soon."""
_STEPS = 30
"""Halvings of [0, 1] for the end of an interval."""
_FEWEST_TO_FORECAST = 10


class Verdict(StrEnum):
    """What a comparison says of the challenger."""

    BETTER = "better"
    WORSE = "worse"
    HARM = "harm"
    """It is much worse, or fails much more often: it is not asked any more."""
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRules:
    """Error rates and margins of a live comparison."""

    alpha: float = 0.05
    """Highest probability of `better` or `worse`, half for each, where both arms have the same mean."""
    harm_alpha: float = 0.05
    """Highest probability of a stop for harm by quality, where the challenger is not worse at all."""
    failure_alpha: float = 0.05
    """Highest probability of a stop for harm by failures, where the challenger does not fail more often."""
    harm_margin: float = 0.10
    """Least loss of quality, from 0 to 1, for which a comparison is stopped for harm."""
    failure_margin: float = 0.05
    """Least difference of the shares of failed calls for which it is stopped."""


RULES = TrialRules()


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What is known of one conversation."""

    is_challenger: bool
    value: float
    """From 0 to 1."""
    at: float
    """Since when it counts, in seconds of any clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """Differences of the arms, challenger less champion, in the order in which they were known."""

    values: Floats
    """In [-1, 1], shape (n_blocks,)."""
    at: Floats
    """Since when each counts; the same shape."""
    n_observations: int
    """Observations within them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The streams on which a verdict rests."""

    quality: Differences
    """Of whole conversations."""
    first_quality: Differences
    """Of the first outcome of each conversation, which counts at once: for the stop for harm."""
    failures: Differences
    """Of whether the first call of each conversation failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A verdict, and since when it stands."""

    verdict: Verdict
    at: float | None
    """None while it is undecided."""
    by_failures: bool = False
    """Whether the harm is that calls fail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean with an interval that holds at every look."""

    value: float
    low: float
    high: float


def differences_of(observations: Sequence[Observation]) -> Differences:
    """Return the differences of two arms whose observations arrive in any order and share."""
    values: list[float] = []
    at: list[float] = []
    block: dict[bool, list[float]] = {True: [], False: []}
    n_in_block = n_observations = 0
    for observation in sorted(observations, key=lambda each: each.at):
        block[observation.is_challenger].append(observation.value)
        n_in_block += 1
        if block[True] and block[False]:
            values.append(sum(block[True]) / len(block[True]) - sum(block[False]) / len(block[False]))
            at.append(observation.at)
            n_observations += n_in_block
            block, n_in_block = {True: [], False: []}, 0
    return Differences(values=np.array(values), at=np.array(at), n_observations=n_observations)


def decide(evidence: Evidence, rules: TrialRules = RULES) -> Decision:
    """Return the first verdict that the evidence reaches; undecided where it reaches none."""
    quality, firsts, failures = evidence.quality, evidence.first_quality, evidence.failures
    reached = [
        (_harmed_at(-firsts.values, firsts.at, rules.harm_alpha, rules.harm_margin), Verdict.HARM, False),
        (_harmed_at(failures.values, failures.at, rules.failure_alpha, rules.failure_margin), Verdict.HARM, True),
        (_reached_at(-quality.values, quality.at, rules.alpha / 2), Verdict.WORSE, False),
        (_reached_at(quality.values, quality.at, rules.alpha / 2), Verdict.BETTER, False),
    ]
    decided = [(at, verdict, by_failures) for at, verdict, by_failures in reached if at is not None]
    if not decided:
        return Decision(verdict=Verdict.UNDECIDED, at=None)
    at, verdict, by_failures = min(decided, key=lambda each: each[0])
    return Decision(verdict=verdict, at=at, by_failures=by_failures)


def _reached_at(gains: Floats, at: Floats, alpha: float) -> float | None:
    """Return when the bets on `gains` above 0 reached a wealth of 1/alpha."""
    return _first(log_wealth(gains, stakes=STAKES) >= -np.log(alpha), at)


def _harmed_at(losses: Floats, at: Floats, alpha: float, margin: float) -> float | None:
    """Return when losses above 0 were proven whose mean was above the margin."""
    is_proven = np.maximum.accumulate(log_wealth(losses, stakes=HARM_STAKES)) >= -np.log(alpha)
    means = np.cumsum(losses) / np.arange(1, losses.size + 1)
    return _first(is_proven & (means >= margin), at)


def _first(is_reached: NDArray[np.bool_], at: Floats) -> float | None:
    return float(at[is_reached.argmax()]) if is_reached.any() else None


def mean_of(values: Sequence[float] | Floats, *, alpha: float = RULES.alpha) -> Interval | None:
    """Return the mean of values in [0, 1], with a confidence sequence; None without any.

    The interval holds the true mean at all looks together with a probability of at least 1 - alpha.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.size == 0:
        return None
    return Interval(
        value=float(numbers.mean()),
        low=_lower_end(numbers, alpha / 2),
        high=1.0 - _lower_end(1.0 - numbers, alpha / 2),
    )


def difference_of(differences: Differences, *, alpha: float = RULES.alpha) -> Interval | None:
    """Return the mean difference, with a confidence sequence; None without any."""
    scaled = mean_of((differences.values + 1) / 2, alpha=alpha)
    if scaled is None:
        return None
    return Interval(value=2 * scaled.value - 1, low=2 * scaled.low - 1, high=2 * scaled.high - 1)


def _lower_end(values: Floats, alpha: float) -> float:
    """Return the largest mean that bets on a larger one refute; the wealth falls as the mean rises."""
    threshold = -np.log(alpha)
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        is_refuted = log_wealth((values - middle) / middle, stakes=STAKES).max() >= threshold
        low, high = (middle, high) if is_refuted else (low, middle)
    return low


def observations_left(differences: Differences, rules: TrialRules = RULES) -> int | None:
    """Return about how many more observations decide if all come out like those so far.

    None where that cannot be said: the arms hardly differ, or too little is known.
    """
    values = differences.values
    if values.size < _FEWEST_TO_FORECAST or values.mean() == 0:
        return None
    needed = cases_needed(values * np.sign(values.mean()), alpha=rules.alpha / 2, stakes=STAKES)
    if needed is None:
        return None
    return max(1, round((needed - values.size) * differences.n_observations / values.size))
