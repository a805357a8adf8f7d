"""Estimates of a metric, and the protocol of values with an interval."""

from dataclasses import dataclass, field
from typing import Protocol

from evaluation.formatting import score, score_interval
from evaluation.results.as_json import json_key
from evaluation.scores import Estimate


class HasInterval(Protocol):
    """Any object with a value and an interval: an estimate, a candidate's metric, a grade."""

    @property
    def value(self) -> float | None:
        """None where there is no value."""

    @property
    def low(self) -> float | None:
        """The interval's lower end; None where there is no interval."""

    @property
    def high(self) -> float | None:
        """The interval's upper end; None where there is no interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricEstimate:
    """One quantity of a metric over cases, with its interval, not rounded."""

    value: float
    """Value in the metric's unit."""
    low: float | None
    """Lower end of the 95 % interval, in the metric's unit; None if there are too few cases."""
    high: float | None
    """Upper end of the same interval."""
    n_cases: int = field(metadata=json_key("n"))
    """Number of cases behind the value."""
    method: str
    """Method of the interval: `wilson`, `t`, `cluster_t`, `bootstrap`, …"""

    @staticmethod
    def of(estimate: Estimate) -> "MetricEstimate":
        """Return the part of an estimate that a report shows."""
        return MetricEstimate(
            value=estimate.value,
            low=estimate.low,
            high=estimate.high,
            n_cases=estimate.n_cases,
            method=estimate.method,
        )


def shown_estimate(numbers: HasInterval | None, *, digits: int = 3) -> str:
    """Return `0.390 [0.364, 0.417]`, since a value never stands without its interval; `–` where there is no value."""
    if numbers is None or numbers.value is None:
        return "–"
    value = score(numbers.value, digits=digits)
    if numbers.low is None or numbers.high is None:
        return f"{value} [no interval]"
    return f"{value} {score_interval(numbers.low, numbers.high, digits=digits)}"
