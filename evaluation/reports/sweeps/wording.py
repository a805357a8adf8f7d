"""Wording of values, ranges and levels of a sweep."""

from evaluation.charts.chart import PlottedNumber
from evaluation.results.estimates import shown_estimate
from evaluation.results.sweeps import EffectResult, ValueChoice
from evaluation.sweeps.findings import Level
from evaluation.sweeps.space import Combination


def words_of(combination: Combination) -> str:
    """Return a combination in words: `temperature=0.2 top_p=0.9`."""
    return " ".join(f"{name}={shown_value(value)}" for name, value in combination.items())


def shown_value(value: object) -> str:
    """Return a value as it is typed on the command line."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def is_narrowed(effect: EffectResult) -> bool:
    """Return True where the recommendation leaves a value out."""
    choice, levels = effect.recommended, effect.levels
    if isinstance(choice, ValueChoice):
        return len(choice.values) < len(levels)
    return bool(levels) and (choice.low, choice.high) != (levels[0].low, levels[-1].high)


def range_words(effect: EffectResult) -> str:
    """Return the recommended values in words: `= 0.2` or `from 0.1 to 0.3`."""
    choice = effect.recommended
    if isinstance(choice, ValueChoice):
        return "= " + " or ".join(shown_value(value) for value in choice.values)
    if choice.low == choice.high:
        return f"= {shown_value(choice.low)}"
    return f"from {shown_value(choice.low)} to {shown_value(choice.high)}"


def level_words(level: Level) -> str:
    """Return the value, or the range of values, for which a level stands."""
    low, high = shown_value(level.low), shown_value(level.high)
    return low if low == high else f"{low} to {high}"


def mean_words(level: Level) -> str:
    """Return a level's mean over all else, with its interval."""
    return shown_estimate(PlottedNumber(value=level.value, low=level.value_low, high=level.value_high))
