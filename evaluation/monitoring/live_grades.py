"""Quality check of production: whether a judge grades newer answers lower than earlier ones beyond chance.

Each whole day (UTC) with grades is one look at a candidate on a task under a policy. It tests the grades of the newest
one, three and seven days with grades against those before, and shares its error among these windows; the error of a
look is that of the checks of runs (`level_of`), and Holm divides it among the candidates that are tested together. Over
the first looks at a candidate, and over any later series as long, the probability of any false alarm is at most the
rate: each test is exact for calls that come alike, and the error of all tests together adds up to it.
"""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from evaluation.fingerprint import fingerprint
from evaluation.formatting import counted, p_value
from evaluation.monitoring.quality import STAYS, level_of
from evaluation.monitoring.rules import CRITICAL, Verdict
from evaluation.records.alerts import Finding, onset, subject_of
from evaluation.records.policies import day_of
from evaluation.records.traffic_grades import DayOfGrades
from evaluation.requests.monitor_request import MonitorRequest
from evaluation.results.estimates import shown_estimate
from evaluation.scores import Estimate
from evaluation.stats.intervals import SHARES, mean_estimate
from evaluation.stats.multiplicity import holm
from evaluation.stats.permutation_drop import permutation_drop
from evaluation.store.session import Store
from evaluation.store.traffic_grades import days_of_grades

RULE = "grades"
WINDOWS = (1, 3, 7)
"""Newest days with grades that are tested together against those before."""
MOST_BEFORE = 30
"""Days with grades before a window that it is compared with."""
MIN_EARLIER, MIN_NEWER = 20, 5
"""Grades without which a window is not tested."""
_BACK = timedelta(days=400)
"""How far back days are counted as looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeCheck:
    """The newest look at the grades of a candidate on a task under a policy by one judge."""

    days: tuple[DayOfGrades, ...]
    """Oldest first."""
    window: int
    """Newest days whose grades were the lowest against those before."""
    p_value: float
    """Adjusted for the windows that were tested."""
    level: float
    """Error that this look may spend."""

    @property
    def newer(self) -> list[float]:
        """Grades of the window."""
        return _values(self.days[-self.window :])

    @property
    def earlier(self) -> list[float]:
        """Grades before it."""
        return _values(self.days[-self.window - MOST_BEFORE : -self.window])


def grade_verdicts(store: Store, request: MonitorRequest, moment: datetime) -> list[Verdict]:
    """Return the verdict on each candidate in production of whose answers there are enough grades.

    Args:
        store: Where the grades are.
        request: The error to spend.
        moment: Now; grades of today are left out, since the day is not over.
    """
    if RULE in request.left_out:
        return []
    today = day_of(moment)
    days = days_of_grades(store, since=today - _BACK, until=today)
    checks = [check for check in (grade_check(each, request) for each in _series(days)) if check is not None]
    oldest = (today - timedelta(days=request.since_days)).date()
    checks = [check for check in checks if check.days[-1].day >= oldest]
    together = holm([check.p_value for check in checks]) if checks else []
    return [_verdict(check, p) for check, p in zip(checks, together, strict=True)]


def _series(days: Sequence[DayOfGrades]) -> list[list[DayOfGrades]]:
    series: dict[tuple[str, str, str, str], list[DayOfGrades]] = {}
    for day in days:
        series.setdefault((day.task, day.candidate, day.policy or "", day.metric.signature), []).append(day)
    return [sorted(each, key=lambda day: day.day) for each in series.values()]


def grade_check(days: Sequence[DayOfGrades], request: MonitorRequest) -> GradeCheck | None:
    """Return the look at the newest of the days; None: there are too few grades.

    Args:
        days: Days of one candidate on one task under one policy with grades by one judge, the oldest first.
        request: The error to spend.
    """
    tested: list[tuple[float, int]] = []
    for window in WINDOWS:
        newer, earlier = _values(days[-window:]), _values(days[-window - MOST_BEFORE : -window])
        if len(days) > window and len(newer) >= MIN_NEWER and len(earlier) >= MIN_EARLIER:
            tested.append((permutation_drop(newer, earlier), window))
    if not tested:
        return None
    p, window = min(tested)
    return GradeCheck(
        days=tuple(days),
        window=window,
        p_value=min(1.0, p * len(tested)),
        level=level_of(len(days) - 2, rate=request.false_alarm_rate, n_looks=request.over_looks),
    )


def _values(days: Sequence[DayOfGrades]) -> list[float]:
    return [value for day in days for value in day.values]


def _verdict(check: GradeCheck, p_adjusted: float) -> Verdict:
    newest = check.days[-1]
    judge = fingerprint(newest.metric.signature)[:12]
    about = f"live · {newest.task} · {newest.candidate} · {newest.policy or '–'} · {judge}"
    subject = subject_of(RULE, about)
    is_below = p_adjusted <= check.level
    if not is_below and check.p_value > STAYS:
        return Verdict(subject=subject)
    now, before = (mean_estimate(values, value_range=SHARES) for values in (check.newer, check.earlier))
    began = datetime.combine(check.days[-check.window].day, datetime.min.time(), UTC)
    evidence: dict[str, object] = onset(began, None) | {
        "policy": newest.policy,
        "value": now.value,
        "value_interval": [now.low, now.high],
        "usual": before.value,
        "usual_interval": [before.low, before.high],
        "n_newer": len(check.newer),
        "n_earlier": len(check.earlier),
        "days": [day.day.isoformat() for day in check.days[-check.window :]],
        "p_value": check.p_value,
        "p_adjusted": p_adjusted,
        "level": check.level,
        "judge": newest.metric.signature,
    }
    return Verdict(
        subject=subject,
        finding=Finding(
            rule=RULE,
            about=about,
            severity=CRITICAL,
            source="live",
            task=newest.task,
            candidate=newest.candidate,
            metric=newest.metric.name,
            sentence=_sentence(check, now, before),
            evidence=evidence,
            raises=is_below,
        ),
    )


def _sentence(check: GradeCheck, now: Estimate, before: Estimate) -> str:
    newest = check.days[-1]
    policy = f" under the policy {newest.policy}" if newest.policy else ""
    return (
        f"{newest.candidate} on {newest.task} (live){policy}: a judge grades its answers {shown_estimate(now)} in the "
        f"newest {counted(check.window, 'graded day')} ({counted(len(check.newer), 'call')}), below the "
        f"{shown_estimate(before)} before ({counted(len(check.earlier), 'call')}), {p_value(check.p_value)}. Either "
        "its answers are worse or the questions are harder: a new run of the candidate on its benchmark tells which"
        f"{_next_step(newest.policy)}."
    )


def _next_step(policy: str | None) -> str:
    return f", and `benchwright policies renew {shlex.quote(policy)}` decides anew by it" if policy else ""
