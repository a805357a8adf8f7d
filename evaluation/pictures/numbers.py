"""A number with what is known of its uncertainty, as a picture takes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluation.results.estimates import MetricEstimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A value with its interval, where it has one."""

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def ends(self) -> tuple[float, float]:
        """The interval; the value itself where there is none."""
        return (self.value, self.value) if self.low is None or self.high is None else (self.low, self.high)


def known(numbers: MetricEstimate | Mapping[str, Any] | None) -> Known | None:
    """Return the estimate, or the number in `{"value", "low", "high"}`; None where there is none."""
    if isinstance(numbers, MetricEstimate):
        return Known(value=numbers.value, low=numbers.low, high=numbers.high)
    if not numbers or numbers.get("value") is None:
        return None
    return Known(value=numbers["value"], low=numbers.get("low"), high=numbers.get("high"))
