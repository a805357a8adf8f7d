"""Values, ranges and levels of a sweep in words."""

from evaluation.pictures.numbers import PlottedNumber
from evaluation.results.estimates import shown_estimate
from evaluation.results.sweeps import EffectResult, ValueChoice
from evaluation.sweeps.findings import Level
from evaluation.sweeps.space import Combination


def words_of(combination: Combination) -> str:
    """`temperature=0.2 top_p=0.9`."""
    return " ".join(f"{name}={shown_value(value)}" for name, value in combination.items())


def shown_value(value: object) -> str:
    """A value as it is typed."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def is_narrowed(effect: EffectResult) -> bool:
    """True where a value is left out of what is recommended."""
    found, levels = effect.recommended, effect.levels
    if isinstance(found, ValueChoice):
        return len(found.values) < len(levels)
    return bool(levels) and (found.low, found.high) != (levels[0].low, levels[-1].high)


def range_words(effect: EffectResult) -> str:
    """`= 0.2`, `from 0.1 to 0.3`: what is recommended."""
    found = effect.recommended
    if isinstance(found, ValueChoice):
        return "= " + " or ".join(shown_value(value) for value in found.values)
    if found.low == found.high:
        return f"= {shown_value(found.low)}"
    return f"from {shown_value(found.low)} to {shown_value(found.high)}"


def level_words(level: Level) -> str:
    """The value, or the range of values, that a level stands for."""
    low, high = shown_value(level.low), shown_value(level.high)
    return low if low == high else f"{low} to {high}"


def mean_words(level: Level) -> str:
    """A level's mean over all else, with its interval."""
    return shown_estimate(PlottedNumber(value=level.value, low=level.value_low, high=level.value_high))
