"""A number with what is known of its uncertainty, as a picture takes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluation.results.estimates import HasInterval


@dataclass(frozen=True, slots=True, kw_only=True)
class PlottedNumber:
    """A value with its interval, where it has one."""

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def ends(self) -> tuple[float, float]:
        """The interval; the value itself where there is none."""
        return (self.value, self.value) if self.low is None or self.high is None else (self.low, self.high)


def plotted_number(numbers: HasInterval | Mapping[str, Any] | None) -> PlottedNumber | None:
    """Return the number of an estimate, or of stored `{"value", "low", "high"}`; None where there is none."""
    if isinstance(numbers, Mapping):
        value, low, high = (numbers.get(name) for name in ("value", "low", "high"))
    elif numbers is not None:
        value, low, high = numbers.value, numbers.low, numbers.high
    else:
        return None
    return None if value is None else PlottedNumber(value=value, low=low, high=high)
