"""Summary of the grades of calls in production, by task and candidate."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from evaluation.records.traffic_grades import CallPlace, DayOfGrades
from evaluation.results.traffic_grading import CandidateGrades
from evaluation.stats.intervals import mean_estimate


def candidate_grades(
    calls: Sequence[CallPlace], days: Sequence[DayOfGrades], signature: str
) -> tuple[CandidateGrades, ...]:
    """Return the mean grade of each candidate on each task, by name.

    Args:
        calls: Calls that can be graded.
        days: Grades of the same days, by any judge.
        signature: The judge whose grades count.
    """
    values: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for day in days:
        if day.metric.signature == signature:
            values[day.task, day.candidate] += day.values
    n_calls = Counter((call.task, call.candidate) for call in calls)
    return tuple(
        CandidateGrades(
            task=task,
            candidate=candidate,
            n_calls=n,
            n_graded=len(values[task, candidate]),
            grade=mean_estimate(values[task, candidate]) if values[task, candidate] else None,
        )
        for (task, candidate), n in sorted(n_calls.items())
    )
