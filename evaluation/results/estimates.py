"""A metric's value with its uncertainty, as results have it."""

from dataclasses import dataclass, field

from evaluation.results.as_json import json_key


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricEstimate:
    """A value in the metric's unit, with its interval and the number of cases behind it."""

    value: float
    low: float | None
    """Lower limit of the interval; None where the cases are too few to say."""
    high: float | None
    """Upper limit of the interval; None where the cases are too few to say."""
    n_cases: int = field(metadata=json_key("n"))
    """Cases with a value."""
    method: str
    """How the interval was made: `wilson`, `t`, `cluster_t`, `bootstrap`, …"""
