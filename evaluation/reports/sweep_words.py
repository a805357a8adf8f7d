"""Values, ranges and levels of a sweep in words."""

from collections.abc import Mapping
from typing import Any

from evaluation.pictures.numbers import Known
from evaluation.reports.tables import shown_estimate


def words_of(combination: Mapping[str, Any]) -> str:
    """`temperature=0.2 top_p=0.9`."""
    return " ".join(f"{name}={shown_value(value)}" for name, value in combination.items())


def shown_value(value: Any) -> str:
    """A value as it is typed."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def is_narrowed(effect: Mapping[str, Any]) -> bool:
    """True where a value is left out of what is recommended."""
    found, levels = effect["recommended"], effect["levels"]
    if "values" in found:
        return len(found["values"]) < len(levels)
    return bool(levels) and (found["low"], found["high"]) != (levels[0]["low"], levels[-1]["high"])


def range_words(effect: Mapping[str, Any]) -> str:
    """`= 0.2`, `from 0.1 to 0.3`: what is recommended."""
    found = effect["recommended"]
    if "values" in found:
        return "= " + " or ".join(shown_value(value) for value in found["values"])
    if found["low"] == found["high"]:
        return f"= {shown_value(found['low'])}"
    return f"from {shown_value(found['low'])} to {shown_value(found['high'])}"


def level_words(level: Mapping[str, Any]) -> str:
    """The value, or the range of values, that a level stands for."""
    low, high = shown_value(level["low"]), shown_value(level["high"])
    return low if low == high else f"{low} to {high}"


def mean_words(level: Mapping[str, Any]) -> str:
    """A level's mean over all else, with its interval."""
    return shown_estimate(Known(value=level["value"], low=level["value_low"], high=level["value_high"]))
