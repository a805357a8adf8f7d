"""The margin, below which a difference does not matter: `2pp`, `2%`, `0.02` are equal for metrics in [0, 1]."""

import math
import re
from dataclasses import dataclass

from evaluation.errors import ConfigurationError

_EXAMPLE = "For example --margin 2pp: two points of a metric between 0 and 1, the same as 2% or 0.02."
_ALL_POINTS = 100
_SHARE = re.compile(
    r"(?P<number>[-+]?[0-9]{1,300}(?:\.[0-9]*)?|[-+]?\.[0-9]+)\s*(?P<unit>pp|%|points?)?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """The largest negligible difference."""

    text: str
    """Text as typed."""
    value: float
    """Value in the metric's unit."""
    in_points: bool
    """True if given in points, which applies only to metrics between 0 and 1."""

    def of_unit(self, metric: str, unit: str) -> float:
        """Return the margin in the unit of a metric.

        Raises:
            ConfigurationError: it makes no sense for this metric.
        """
        if unit == "fraction" and self.value >= 1:
            advice = (
                f"Give less than {_ALL_POINTS} points." if self._has_too_many else f"Write {self.text}pp for points."
            )
            raise ConfigurationError(
                f"--margin {self.text!r} is as large as the whole range of {metric!r}, which lies between 0 and 1",
                f"{advice} {_EXAMPLE}",
            )
        if unit != "fraction" and self.in_points:
            raise ConfigurationError(
                f"--margin {self.text!r} is in points, and {metric!r} is measured in {unit}",
                f"Give a plain number of {unit}.",
            )
        return self.value

    @property
    def _has_too_many(self) -> bool:
        return self.in_points or self.value >= _ALL_POINTS


def read_margin(text: str) -> Margin:
    """Parse a margin from a text.

    Raises:
        ConfigurationError: not a number, or not above zero.
    """
    match = _SHARE.fullmatch(text.strip())
    number = float(match["number"]) if match else math.nan
    if match is None or not math.isfinite(number):
        raise ConfigurationError(f"--margin {text!r} is not a number or a number of points", _EXAMPLE)
    if number <= 0:
        raise ConfigurationError(f"--margin {text!r} must be above zero: it is a distance", _EXAMPLE)
    in_points = match["unit"] is not None
    return Margin(text=text.strip(), value=number / 100 if in_points else number, in_points=in_points)
