"""Agreement of servers: whether two answer alike, so that their answers may be pooled.

No server repeats itself to the bit, so each is first compared with itself, asked twice. Two servers may be pooled if
they agree with each other no less than each agrees with itself, and their scores do not differ by more than chance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from evaluation.errors import ConfigurationError
from evaluation.formatting import counted, p_value, percent
from evaluation.generation import Failure, Generation, Outcome
from evaluation.metrics.metric import Metric
from evaluation.metrics.metric_facts import largest_difference, may_be_share
from evaluation.results.frames import REAL, TEXT, TRUTH, WHOLE, ShownInNotebooks, frame
from evaluation.scores import Measurement
from evaluation.servers.repeated_requests import Answers, Question
from evaluation.stats.intervals import wilson_interval
from evaluation.stats.paired import PairedResult, paired_difference
from evaluation.stats.verdicts import MIN_PAIRS

if TYPE_CHECKING:
    import pandas as pd

P_LIMIT = 0.05
_COLUMNS = MappingProxyType(
    {
        "endpoint": TEXT,
        "other": TEXT,
        "n_equal": WHOLE,
        "n": WHOLE,
        "share": REAL,
        "low": REAL,
        "high": REAL,
        "difference": REAL,
        "p_value": REAL,
        "may_be_pooled": TRUTH,
    }
)
SHOWN = 40
"""Characters of a text shown around a difference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Share of cases on which two texts were equal, with Wilson's 95% interval."""

    n_equal: int
    n: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """The share as a fraction in [0, 1]."""
        return self.n_equal / self.n

    @classmethod
    def of(cls, equal: Sequence[bool]) -> "Share":
        """Return the share of True values, with its interval."""
        low, high = wilson_interval(sum(equal), len(equal))
        return cls(n_equal=sum(equal), n=len(equal), low=low, high=high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """Agreement of an endpoint with itself: the noise floor."""

    endpoint: str
    equal: Share
    score: float | None
    """Mean of both rounds; None if the metric has no value."""
    score_noise: float | None
    """Mean of the first round less that of the second."""
    beside: Share | None = None
    """Agreement of texts generated alone and under concurrency; None if not tested."""
    slots: int = 1
    """Concurrent requests in that test."""

    @property
    def sentence(self) -> str | None:
        """The consequence for runs with several requests at once, in a sentence; None where it was not asked so."""
        if self.beside is None:
            return None
        alone, beside = self.equal, self.beside
        counts = (
            f"{self.endpoint}: {alone.n_equal:,} of {counted(alone.n, 'text')} are the same asked twice alone, "
            f"{beside.n_equal:,} of {beside.n:,} with {counted(self.slots, 'request')} at once"
        )
        changes = beside.value < alone.value
        return f"{counts}: --slots 1 is the way to repeat a run to the letter" if changes else counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """Agreement of two endpoints in their first rounds."""

    a: str
    b: str
    equal: Share
    scores: PairedResult | None
    """A less B over the cases, each the mean of both rounds; None if the metric has no value."""
    may_be_pooled: bool
    sentence: str

    @property
    def score_differs(self) -> bool:
        """True where the scores differ by more than chance explains."""
        return self.scores is not None and self.scores.p_value < P_LIMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDifference:
    """A case on which two endpoints generated different texts."""

    case_id: str
    a: str
    b: str
    position: int
    """Index of the first differing character, from 0."""
    text_a: str
    """Text around that position."""
    text_b: str
    score_a: float | None
    score_b: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement(ShownInNotebooks):
    """Agreement of several endpoints."""

    within: tuple[Within, ...]
    between: tuple[Between, ...]
    differences: tuple[CaseDifference, ...]
    n_cases: int
    """Cases that every endpoint answered in every round."""
    n_failed: int
    """Cases left out because a server failed on them."""
    PAGES: ClassVar[str] = "evaluation.reports.notebook_views"

    @property
    def may_be_pooled(self) -> bool:
        """True where every pair of endpoints may be pooled."""
        return all(pair.may_be_pooled for pair in self.between)

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per endpoint compared with itself, then per pair of endpoints.

        Columns: `endpoint` and `other` (`string`), `n_equal` and `n` (`Int64`), `share`, `low`, `high`, `difference`
        of the scores and its `p_value` (`float64`), `may_be_pooled` (`boolean`).
        """
        of_itself = [
            {"endpoint": each.endpoint, "other": each.endpoint, **_share_cells(each.equal)} for each in self.within
        ]
        return frame([*of_itself, *map(_pair_cells, self.between)], _COLUMNS)


def _share_cells(share: Share) -> dict[str, object]:
    return {"n_equal": share.n_equal, "n": share.n, "share": share.value, "low": share.low, "high": share.high}


def _pair_cells(pair: Between) -> dict[str, object]:
    scores = {} if pair.scores is None else {"difference": pair.scores.difference, "p_value": pair.scores.p_value}
    return {
        "endpoint": pair.a,
        "other": pair.b,
        **_share_cells(pair.equal),
        **scores,
        "may_be_pooled": pair.may_be_pooled,
    }


def agreement(
    endpoints: Sequence[str],
    answers: Sequence[Answers],
    questions: Sequence[Question],
    metric: Metric,
    *,
    at_once: Sequence[tuple[int, Sequence[Outcome]] | None] | None = None,
) -> Agreement:
    """Return how far the endpoints' answers agree.

    Args:
        endpoints: Their names.
        answers: What each answered, as `ask_everyone_twice` returns it.
        questions: What they were asked.
        metric: The quantity whose difference matters.
        at_once: For each endpoint how many requests it was sent at once, and what it answered, as
            `ask_everyone_at_once` returns it; None where it was not.

    Raises:
        ConfigurationError: there is no case that every endpoint answered.
    """
    whole = [
        index
        for index in range(len(questions))
        if not any(isinstance(outcome, Failure) for of_one in answers for outcome in of_one[index])
    ]
    if not whole:
        raise _nobody_answered(endpoints, answers)
    parties = [
        _Answered(name, [of_one[index] for index in whole], [questions[index] for index in whole], metric)
        for name, of_one in zip(endpoints, answers, strict=True)
    ]
    pairs = list(combinations(parties, 2))
    return Agreement(
        within=tuple(
            party.within(beside, whole) for party, beside in zip(parties, at_once or [None] * len(parties), strict=True)
        ),
        between=tuple(_between(a, b) for a, b in pairs),
        differences=tuple(difference for a, b in pairs for difference in _differences(a, b)),
        n_cases=len(whole),
        n_failed=len(questions) - len(whole),
    )


def _nobody_answered(endpoints: Sequence[str], answers: Sequence[Answers]) -> ConfigurationError:
    name, failure = next(
        (name, outcome)
        for name, of_one in zip(endpoints, answers, strict=True)
        for times in of_one
        for outcome in times
        if isinstance(outcome, Failure)
    )
    return ConfigurationError(
        f"there is no case that all of {', '.join(endpoints)} answered: {name}: {failure.message}",
        "`benchwright doctor` says what is there.",
    )


class _Answered:
    """Texts of one endpoint by case and round, with their scores."""

    def __init__(
        self, name: str, answers: Sequence[Sequence[Outcome]], questions: Sequence[Question], metric: Metric
    ) -> None:
        self.name, self.may_be_shares = name, may_be_share(metric.name)
        self.largest_difference = largest_difference(metric.name)
        self.case_ids = [question.case.case_id for question in questions]
        written = [[outcome for outcome in times if isinstance(outcome, Generation)] for times in answers]
        self.texts = [[generation.text for generation in times] for times in written]
        self.scores = [
            [_score(metric, question, generation) for generation in times]
            for question, times in zip(questions, written, strict=True)
        ]

    def within(self, beside: tuple[int, Sequence[Outcome]] | None, whole: Sequence[int]) -> Within:
        means = self.means()
        noise = None
        if means is not None:
            noise = float(np.mean([first - second for first, second in self._known_scores()]))
        return Within(
            endpoint=self.name,
            equal=Share.of([first == second for first, second in self.texts]),
            score=float(np.mean(means)) if means is not None else None,
            score_noise=noise,
            beside=None if beside is None else self._beside([beside[1][index] for index in whole]),
            slots=1 if beside is None else beside[0],
        )

    def _beside(self, outcomes: Sequence[Outcome]) -> Share | None:
        """Return the share of cases with the same text as the first time; None where the server failed on all."""
        equal = [
            outcome.text == first
            for outcome, (first, *_) in zip(outcomes, self.texts, strict=True)
            if isinstance(outcome, Generation)
        ]
        return Share.of(equal) if equal else None

    def means(self) -> list[float] | None:
        """Return one score per case; None where a case has none."""
        scores = self._known_scores()
        return [float(np.mean(times)) for times in scores] if len(scores) == len(self.scores) else None

    def _known_scores(self) -> list[list[float]]:
        scores = [[score for score in times if score is not None] for times in self.scores]
        return [times for times, every in zip(scores, self.scores, strict=True) if len(times) == len(every)]


def _score(metric: Metric, question: Question, generation: Generation) -> float | None:
    measured = metric.measure(question.case, (generation,), {})
    return measured.value if isinstance(measured, Measurement) else None


def _between(a: _Answered, b: _Answered) -> Between:
    equal = Share.of([of_a[0] == of_b[0] for of_a, of_b in zip(a.texts, b.texts, strict=True)])
    means_a, means_b = a.means(), b.means()
    scores = None
    if means_a is not None and means_b is not None:
        scores = paired_difference(
            means_a,
            means_b,
            rng=np.random.default_rng(0),
            may_be_shares=a.may_be_shares,
            largest_difference=a.largest_difference,
        )
    is_alike, reason = _held_against_noise(a, b)
    if scores is not None and scores.p_value < P_LIMIT:
        is_alike, reason = False, f"their scores differ by more than chance explains ({p_value(scores.p_value)})"
    verdict = "may be pooled" if is_alike else "should not be pooled"
    limits = f"95 % interval {percent(equal.low)} to {percent(equal.high)}"
    agree = f"they agree on {equal.n_equal:,} of {counted(equal.n, 'case')} ({limits})"
    sentence = f"{a.name} and {b.name} {verdict}: {agree}, {reason}"
    return Between(a=a.name, b=b.name, equal=equal, scores=scores, may_be_pooled=is_alike, sentence=sentence)


def _held_against_noise(a: _Answered, b: _Answered) -> tuple[bool, str]:
    """Return whether the two agree with each other no less than each with itself, as far as can be told, and in words.

    Each is tested by itself: a noisy server beside a steady one is no reason to pool the two.
    """
    pairs = list(zip(a.texts, b.texts, strict=True))
    between = [float(np.mean([text == another for text in of_a for another in of_b])) for of_a, of_b in pairs]
    within = {party.name: [float(first == second) for first, second in party.texts] for party in (a, b)}
    if all(sum(between) >= sum(own) for own in within.values()):
        return True, "no less than each agrees with itself asked twice"
    if all(min(own) == 1 for own in within.values()):
        return False, "though each repeats itself exactly"
    if len(pairs) < MIN_PAIRS:
        return False, f"less than with themselves, and {len(pairs)} cases are too few to put that down to noise"
    p_values = {
        name: paired_difference(own, between, rng=np.random.default_rng(0)).p_value
        for name, own in within.items()
        if sum(between) < sum(own)
    }
    name = min(p_values, key=lambda name: p_values[name])
    told = f"less than {name} with itself"
    if p_values[name] < P_LIMIT:
        return False, f"{told}, beyond chance ({p_value(p_values[name])})"
    return True, f"{told}, but not beyond chance ({p_value(p_values[name])})"


def _differences(a: _Answered, b: _Answered) -> list[CaseDifference]:
    return [
        _difference(a, b, index)
        for index, (of_a, of_b) in enumerate(zip(a.texts, b.texts, strict=True))
        if of_a[0] != of_b[0]
    ]


def _difference(a: _Answered, b: _Answered, index: int) -> CaseDifference:
    text_a, text_b = a.texts[index][0], b.texts[index][0]
    position = first_difference(text_a, text_b)
    return CaseDifference(
        case_id=a.case_ids[index],
        a=a.name,
        b=b.name,
        position=position,
        text_a=text_a[position : position + SHOWN],
        text_b=text_b[position : position + SHOWN],
        score_a=a.scores[index][0],
        score_b=b.scores[index][0],
    )


def first_difference(first: str, second: str) -> int:
    """Return the index of the first difference of two texts; the length of the shorter where it begins the longer."""
    return next(
        (index for index, (x, y) in enumerate(zip(first, second, strict=False)) if x != y), min(len(first), len(second))
    )
