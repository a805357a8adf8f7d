"""A cascade's answers as arrays: both sides of each figure, taken over by the threshold, and their means over cases."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from math import fsum, inf

import numpy as np

from evaluation.metrics.metric import TooFewRepeatsError
from evaluation.results.estimates import MetricEstimate
from evaluation.run_results.cascade_answers import CascadeAnswer, CascadeAnswers
from evaluation.run_results.cascade_figures import Figures, Numbers, Sides, Truths
from evaluation.run_results.cascade_scoring import SideScore
from evaluation.stats.intervals import mean_estimate

Combine = Callable[[Sequence[float]], float]
POSITIVE = (0.0, inf)


@dataclass(frozen=True, kw_only=True)
class CascadeNumbers:
    """All numbers of a cascade's answers, in the order of the cases and repeats."""

    answers: tuple[CascadeAnswer, ...]
    signals: Numbers
    """-inf where the case is escalated at every threshold."""
    is_measured: Truths
    has_failed: Truths
    has_small: Truths
    has_large: Truths
    figures: Mapping[str, Sides]
    large_alone: Figures
    """Costs of the larger model's stage alone."""
    scores_small: tuple[SideScore, ...]
    scores_large: tuple[SideScore, ...]
    quality: Sides
    is_known: tuple[Truths, Truths]
    """Whether the score is known, on the small side and on the large one."""
    clusters: tuple[str | None, ...]
    """Cluster of each case, in the order of the cases."""
    has_clusters: bool
    """Whether a case belongs to one."""
    combine: Combine
    """The metric's value of a case from those of its repeats."""
    starts: tuple[slice, ...] = field(repr=False)
    """Answers of each case."""

    def escalated(self, threshold: float) -> Truths:
        """Return the answers for which the larger model is asked at a threshold."""
        return self.is_measured & (self.signals < threshold)

    def is_lost(self, escalated: Truths) -> Truths:
        """Return the answers that a failure of a server takes away."""
        return ~np.where(escalated, self.has_large, self.has_small) & self.has_failed

    def is_unasked(self, escalated: Truths) -> Truths:
        """Return the answers of which the run does not tell what they would be."""
        return ~np.where(escalated, self.has_large, self.has_small) & ~self.has_failed

    def scores(self, escalated: Truths) -> list[SideScore]:
        """Return each answer's score on the side of the threshold on which it is."""
        sides = zip(escalated.tolist(), self.scores_small, self.scores_large, strict=True)
        return [large if is_large else small for is_large, small, large in sides]

    def by_case(self, values: Numbers, combine: Combine) -> Numbers:
        """Return one number for each case, from those of its repeats that have one; NaN where none has."""
        if len(self.starts) == len(values):
            return values
        return np.array([_combined(values[answers], combine) for answers in self.starts])

    def estimate(
        self, values: Numbers, combine: Combine, *, value_range: tuple[float, float], clustered: bool = False
    ) -> MetricEstimate | None:
        """Return the mean over the cases that have a number; None where none has."""
        cases = self.by_case(values, combine)
        has_value = ~np.isnan(cases)
        if not has_value.any():
            return None
        clusters = None
        if clustered and self.has_clusters:
            clusters = [self.clusters[place] for place in np.flatnonzero(has_value).tolist()]
        return MetricEstimate.of(mean_estimate(cases[has_value], clusters=clusters, value_range=value_range))


def mean_of(values: Sequence[float]) -> float:
    """Return the mean of a case's repeats."""
    return fsum(values) / len(values)


def _combined(values: Numbers, combine: Combine) -> float:
    present = values[~np.isnan(values)].tolist()
    try:
        return combine(present) if present else np.nan
    except TooFewRepeatsError:
        return np.nan


def cascade_numbers(
    stored: CascadeAnswers,
    *,
    scores_small: Sequence[SideScore],
    scores_large: Sequence[SideScore],
    combine: Combine,
    clusters: Mapping[str, str],
) -> CascadeNumbers:
    """Return the numbers of a cascade's answers.

    Args:
        stored: The answers with their costs.
        scores_small: Of each on the small side.
        scores_large: Of each on the large side.
        combine: The metric's value of a case from those of its repeats.
        clusters: Clusters of cases that have one.
    """
    answers = stored.answers
    cases = [(case_id, len(list(group))) for case_id, group in groupby(answer.case.case_id for answer in answers)]
    ends = np.cumsum([0, *(n for _, n in cases)])
    smalls, larges = [answer.small for answer in answers], [answer.large for answer in answers]
    return CascadeNumbers(
        answers=answers,
        signals=np.array([-inf if answer.signal is None else answer.signal for answer in answers]),
        is_measured=np.array([answer.is_measured for answer in answers], dtype=bool),
        has_failed=np.array([answer.has_failed for answer in answers], dtype=bool),
        has_small=np.array([side is not None for side in smalls], dtype=bool),
        has_large=np.array([side is not None for side in larges], dtype=bool),
        figures=stored.figures,
        large_alone=stored.large_alone,
        scores_small=tuple(scores_small),
        scores_large=tuple(scores_large),
        quality=Sides(small=_values(scores_small), large=_values(scores_large)),
        is_known=(_known(scores_small), _known(scores_large)),
        clusters=tuple(clusters.get(case_id) for case_id, _ in cases),
        has_clusters=any(case_id in clusters for case_id, _ in cases),
        combine=combine,
        starts=tuple(slice(int(begin), int(end)) for begin, end in pairwise(ends)),
    )


def _values(scores: Sequence[SideScore]) -> Numbers:
    return np.array([np.nan if score.measurement is None else score.measurement.value for score in scores])


def _known(scores: Sequence[SideScore]) -> Truths:
    return np.array([score.is_known for score in scores], dtype=bool)
