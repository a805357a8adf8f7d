"""Limits of requests in a time, such as `60/minute`."""

from dataclasses import dataclass

from evaluation.errors import ConfigurationError

_UNITS = {
    "s": "second",
    "sec": "second",
    "second": "second",
    "m": "minute",
    "min": "minute",
    "minute": "minute",
    "h": "hour",
    "hour": "hour",
    "d": "day",
    "day": "day",
}


@dataclass(frozen=True, slots=True)
class RequestRate:
    """A number of requests in a second, minute, hour or day."""

    n: int
    unit: str

    def __str__(self) -> str:
        """Return it as text: `60/minute`."""
        return f"{self.n}/{self.unit}"


def read_rate(text: str) -> RequestRate:
    """Return the rate in a text such as `60/minute` or `60/min`.

    Raises:
        ConfigurationError: it is not one.
    """
    number, _, unit = (part.strip().casefold() for part in text.partition("/"))
    if not (number.isascii() and number.isdigit()) or not 0 < int(number) < 10**9 or unit not in _UNITS:
        raise ConfigurationError(
            f"the rate {text!r} is not a number of requests in a time", "Give for example 60/minute or 5/s."
        )
    return RequestRate(int(number), _UNITS[unit])
