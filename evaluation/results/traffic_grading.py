"""Result of grading calls in production."""

from dataclasses import dataclass

from evaluation.formatting import counted
from evaluation.scores import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateGrades:
    """Grades of the calls that one candidate answered on one task under one policy."""

    task: str
    candidate: str
    policy: str | None
    """None: the gateway did not answer them, or without a policy."""
    n_calls: int
    """Calls in those days whose texts are stored."""
    n_graded: int
    """Calls that have a grade by this judge."""
    grade: Estimate | None
    """Mean grade in [0, 1] over those calls; None without one."""
    n_reported: int
    """Graded calls of which an outcome was reported, by a person or the application."""
    reported: Estimate | None
    """Mean reported outcome of these, in [0, 1]; None without one. It stays beside the grade."""
    graded_alike: Estimate | None
    """Share of these whose grade and outcome are on the same side of one half; None without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficGradingResult:
    """What a grading of calls in production asked and found."""

    judge: str
    digest: str
    metric: str
    signature: str
    first_day: str
    """First day (UTC) whose calls were graded; the same for the last one."""
    last_day: str
    n_asked: int
    """Grades that were asked for now; the others of the sample were stored before."""
    n_graded: int
    n_failed: int
    """Gradings that failed; they are asked again by the next one of these days."""
    n_without_texts: int
    """Calls that cannot be graded, since their texts are not stored, or not whole."""
    candidates: tuple[CandidateGrades, ...]

    @property
    def sentence(self) -> str:
        """The grading in one line."""
        days = self.first_day if self.first_day == self.last_day else f"{self.first_day} to {self.last_day}"
        failed = f", {self.n_failed:,} failed" if self.n_failed else ""
        n_others = f"; {counted(self.n_without_texts, 'call')} without stored texts, or with texts that were cut"
        untold = n_others if self.n_without_texts else ""
        return f"{self.judge} graded {counted(self.n_graded, 'call')} of {days}{failed}{untold}"
