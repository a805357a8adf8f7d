"""Measurements and score failures of single generations, and estimates over many."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A metric's value for one case, with its explanation."""

    value: float
    label: str | None = None
    """A short word: the extraction stage that matched, the predicted class."""
    rationale: str | None = None
    """Explanation of the value for a reader."""
    evidence: tuple[float | str, ...] = ()
    """Plain numbers and words from which a corpus metric computes its value over many cases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreFailure:
    """A score that failed: counted beside the scores, never a value of its own."""

    kind: str
    """Category for counting: `verdict_unreadable`, `judge_refused`, `timed_out`, `metric_raised`, …"""
    message: str
    """Description for a reader, with the judge's reply where that is the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with its uncertainty and the number of cases behind it."""

    value: float
    low: float | None
    """None if there are too few cases."""
    high: float | None
    n_cases: int
    method: str
    """Method of the interval: `wilson`, `t`, `cluster_t`, `bootstrap`, …"""
    confidence_level: float = 0.95

    def within(self, value_range: tuple[float, float]) -> "Estimate":
        """Return the estimate with its interval clipped to possible values, which costs no coverage."""
        least, greatest = value_range
        if self.low is None or self.high is None:
            return self
        return replace(self, low=max(least, self.low), high=min(greatest, self.high))
