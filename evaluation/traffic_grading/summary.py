"""Summary of the grades of calls in production, by task, candidate and policy."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from evaluation.records.traffic_grades import CallPlace, DayOfGrades
from evaluation.results.traffic_grading import CandidateGrades
from evaluation.scores import Estimate
from evaluation.stats.intervals import SHARES, mean_estimate

_HALF = 0.5
_Place = tuple[str, str, str]
_Graded = list[tuple[float, float | None]]
"""Grades with what was reported of the same calls."""


def candidate_grades(calls: Sequence[CallPlace], days: Sequence[DayOfGrades]) -> tuple[CandidateGrades, ...]:
    """Return the mean grade of each candidate on each task under each policy, by name.

    Args:
        calls: Calls that can be graded.
        days: Grades of the same days, by the judge whose grades count.
    """
    graded: defaultdict[_Place, _Graded] = defaultdict(list)
    for day in days:
        graded[day.task, day.candidate, day.policy or ""] += zip(day.values, day.outcomes, strict=True)
    n_calls = Counter((call.task, call.candidate, call.policy or "") for call in calls)
    return tuple(_summary(place, n, graded[place]) for place, n in sorted(n_calls.items()))


def _summary(place: _Place, n_calls: int, graded: _Graded) -> CandidateGrades:
    task, candidate, policy = place
    both = [(grade, outcome) for grade, outcome in graded if outcome is not None]
    return CandidateGrades(
        task=task,
        candidate=candidate,
        policy=policy or None,
        n_calls=n_calls,
        n_graded=len(graded),
        grade=_mean([grade for grade, _ in graded]),
        n_reported=len(both),
        reported=_mean([outcome for _, outcome in both]),
        graded_alike=_mean([float((grade >= _HALF) == (outcome >= _HALF)) for grade, outcome in both]),
    )


def _mean(values: Sequence[float]) -> Estimate | None:
    return mean_estimate(values, value_range=SHARES) if values else None
