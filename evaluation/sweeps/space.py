"""The parameter space of a sweep: its parameters and the values that each may take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.files.number_parsing import read_number
from evaluation.options import OPTIONS

MODEL, PROFILE, THINK = "model", "profile", "think"
CHOICES_OF_A_CANDIDATE = (MODEL, PROFILE, THINK)
MAX_VALUES = 10_000
"""Values of one parameter; more are assumed to be a typing mistake."""
_EXAMPLE = "For example temperature=0.1:1.0:0.1, top_p=0.5,0.9 or model=a:1b,b:3b."

Combination = Mapping[str, Any]
"""Value of each parameter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter: a list of values, or the range from `low` to `high`."""

    name: str
    values: tuple[Any, ...] = ()
    """Empty for a continuous parameter."""
    low: float | None = None
    high: float | None = None

    @property
    def is_continuous(self) -> bool:
        """True where any value between two limits may be drawn."""
        return not self.values

    @property
    def is_numeric(self) -> bool:
        """True where its values have an order and distances."""
        return self.is_continuous or all(
            isinstance(value, int | float) and not isinstance(value, bool) for value in self.values
        )

    def at(self, share: float) -> Any:
        """Return the value at a position in [0, 1) of the range; a uniform position makes all values equally likely."""
        if self.values:
            return self.values[min(int(share * len(self.values)), len(self.values) - 1)]
        assert self.low is not None  # noqa: S101 - continuous
        assert self.high is not None  # noqa: S101
        value = self.low + share * (self.high - self.low)
        return self._checked(round(value) if OPTIONS[self.name].kind is int else round(value, 6))

    def _checked(self, value: Any) -> Any:
        return OPTIONS[self.name].read(self.name, value)


def parse_parameters(texts: Sequence[str], kinds: Mapping[str, type] | None = None) -> tuple[Parameter, ...]:
    """Return the parameters in `temperature=0.1:1.0:0.1`, `top_p=0.5,0.9`, `model=a:1b,b:3b`, `temperature=0.1:1.0`.

    Args:
        texts: The parameters.
        kinds: Types of further parameters that are no options of models, by name.

    Raises:
        UnknownNameError: no such parameter.
        ConfigurationError: no values, a value that is not allowed, a parameter twice.
    """
    parameters = [_parse(text, kinds or {}) for text in texts]
    names = [parameter.name for parameter in parameters]
    for name in names:
        if names.count(name) > 1:
            raise ConfigurationError(f"parameter {name!r} is given twice", f"Give all its values at once. {_EXAMPLE}")
    return tuple(parameters)


def _parse(text: str, kinds: Mapping[str, type]) -> Parameter:
    name, sign, values_text = text.partition("=")
    name, values_text = name.strip(), values_text.strip()
    if not sign or not name or not values_text:
        raise ConfigurationError(f"parameter {text!r} is not of the form NAME=VALUES", _EXAMPLE)
    if name in CHOICES_OF_A_CANDIDATE:
        return Parameter(name=name, values=_unique(name, [_choice(name, word) for word in _words(name, values_text)]))
    if name not in OPTIONS and name in kinds:
        words = _words(name, values_text)
        return Parameter(name=name, values=_unique(name, [_read(name, word, kinds[name]) for word in words]))
    if name not in OPTIONS:
        raise UnknownNameError("parameter", name, [*OPTIONS, *CHOICES_OF_A_CANDIDATE, *kinds])
    option = OPTIONS[name]
    if ":" in values_text:
        return _range(name, values_text)
    return Parameter(name=name, values=_unique(name, [option.read(name, word) for word in _words(name, values_text)]))


def _read(name: str, word: str, kind: type) -> Any:
    if kind is str:
        return word
    try:
        number = read_number(word)
        if kind is int and number != int(number):
            raise ValueError
    except ValueError:
        noun = "a whole number" if kind is int else "a number"
        raise ConfigurationError(
            f"parameter {name}={word!r} is not {noun}", "For example chunk_size=512,1024"
        ) from None
    return kind(number)


def _choice(name: str, word: str) -> Any:
    if name != THINK:
        return word
    modes = {"true": True, "false": False, "low": "low", "medium": "medium", "high": "high", "max": "max"}
    if word.lower() not in modes:
        raise UnknownNameError("value of think", word, modes)
    return modes[word.lower()]


def _words(name: str, text: str) -> list[str]:
    words = [word.strip() for word in text.split(",")]
    if not all(words):
        raise ConfigurationError(f"parameter {name}={text!r} has an empty value", _EXAMPLE)
    return words


def _unique(name: str, values: Sequence[Any]) -> tuple[Any, ...]:
    if len({repr(value) for value in values}) < len(values):
        raise ConfigurationError(f"parameter {name!r} has a value twice", "Give each value once.")
    return tuple(values)


def _range(name: str, text: str) -> Parameter:
    """Return `low:high:step`, both ends among the values if the step reaches them; `low:high`: any value between."""
    option = OPTIONS[name]
    if option.kind not in (int, float):
        raise ConfigurationError(
            f"parameter {name!r} is not numeric and takes no range", f"List its values. {_EXAMPLE}"
        )
    parts = text.split(":")
    try:
        for part in parts:
            read_number(part)
        numbers = [Decimal(part.strip()) for part in parts]
    except (InvalidOperation, ValueError):
        numbers = []
    if len(numbers) not in (2, 3) or not all(number.is_finite() for number in numbers):
        raise ConfigurationError(f"parameter {name}={text!r} is not low:high:step, nor low:high", _EXAMPLE)
    low, high = numbers[:2]
    if low >= high:
        raise ConfigurationError(
            f"parameter {name}={text!r}: the lower bound {low} must be below the upper bound {high}", _EXAMPLE
        )
    if len(numbers) == 2:
        return Parameter(name=name, low=float(option.read(name, str(low))), high=float(option.read(name, str(high))))
    step = numbers[2]
    if step <= 0 or (high - low) / step >= MAX_VALUES:
        raise ConfigurationError(
            f"parameter {name}={text!r} has a step of {step}; allowed: above 0, and at most {MAX_VALUES:,} values",
            _EXAMPLE,
        )
    n = int((high - low) / step) + 1
    return Parameter(name=name, values=tuple(option.read(name, str(low + place * step)) for place in range(n)))
