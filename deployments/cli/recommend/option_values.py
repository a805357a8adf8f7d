"""Read the constraints and weights of a recommendation from the command line: limits with their units, weights."""

import math
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from deployments.cli.terminal.tables import read_size
from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.files.number_parsing import read_number
from evaluation.files.unreadable import unreadable
from selection.preferences import Weights

_NUMBER = re.compile(r"\s*(?P<sign>\$?)(?P<number>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*(?P<unit>[A-Za-zµ%]*)\s*")
_SECONDS: Mapping[str, float] = {"": 1, "s": 1, "ms": 1e-3, "min": 60, "m": 60, "h": 3600}
_JOULES: Mapping[str, float] = {"": 1, "j": 1, "kj": 1e3, "wh": 3600}
_DOLLARS: Mapping[str, float] = {"": 1, "usd": 1}
_SHARES: Mapping[str, float] = {"": 1, "%": 0.01, "pp": 0.01}
_BYTES_PER_GB = 1e9
_LARGEST_PROMPT_BYTES = 10_000_000
_PERCENTILE = re.compile(r"(?P<p>[pP]?)\s*(?P<number>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*(?P<percent>%?)")
_SURELY_PERCENT = 50
_PERCENTILES = "For example p95, 95%, 95 or .95: all four mean the same."


def read_seconds(text: str | None, *, option: str) -> float | None:
    """Return the seconds in `2s`, `500ms`, `1.5min` or a plain number; None where nothing was given.

    Raises:
        ConfigurationError: it is none of these. The same holds for the functions below.
    """
    return _read(text, _SECONDS, option, "a time", "For example 2s, 500ms or 1.5min.")


def read_joules(text: str | None, *, option: str) -> float | None:
    """Return the joules in `50J`, `1.2kJ`, `0.01Wh` or a plain number."""
    return _read(text, _JOULES, option, "an energy", "For example 50J, 1.2kJ or 0.01Wh.")


def read_dollars(text: str | None, *, option: str) -> float | None:
    """Return US dollars in `0.5`, `$0.50` or `0.5 USD`."""
    return _read(text, _DOLLARS, option, "a price", "For example 0.5 or $0.50: US dollars for 1,000 answers.")


def read_quality(text: str | None, *, option: str) -> float | None:
    """Return a quality between 0 and 1, in `60%` or `0.6`."""
    value = _read(text, _SHARES, option, "a quality", "For example 60% or 0.6: from 0% to 100%, or from 0 to 1.")
    if value is None or value <= 1:
        return value
    in_percent = (
        f" {value:g} percent is {value:g}% or {value / 100:g}."
        if value <= 100 and re.fullmatch(r"[\s0-9.]+", str(text))
        else ""
    )
    raise ConfigurationError(
        f"{option} {text!r} is above the maximum quality of 1 (100%)",
        f"Give one from 0 to 1, or from 0% to 100%.{in_percent}",
    )


def read_share(text: str, *, option: str) -> float:
    """Return a share above 0 and at most 1, in `10%` or `0.1`."""
    value = _read(text, _SHARES, option, "a share", "For example 10% or 0.1.")
    if value is None or not 0 < value <= 1:
        raise ConfigurationError(f"{option} {text!r} is no share", "Give one above 0% and up to 100%, such as 10%.")
    return value


def read_gigabytes(text: str | None, *, option: str) -> float | None:
    """Return units of 10⁹ bytes in `8GB`, `500MB` or `7.5GiB`."""
    if text is not None:
        _must_not_be_negative(text, option, "For example 8GB, 500MB or 7.5GiB.")
    if text is not None and re.fullmatch(r"\s*[0-9.]+\s*", text):
        raise ConfigurationError(f"{option} {text!r} has no unit", f"For example {text.strip()}GB.")
    return None if text is None else read_size(text, option=option) / _BYTES_PER_GB


def read_percentile(text: str, *, option: str) -> float:
    """Return a fraction between 0 and 1 from `p95`, `95%`, `95` or `.95`.

    A plain number below 1 is a fraction, and one from 50 on is in percent. Numbers between, and less than one percent,
    may be a slip of either and are refused.
    """
    match = _PERCENTILE.fullmatch(text.strip())
    number = float(match["number"]) if match else 0.0
    if match is None or not 0 < number < 100:
        raise ConfigurationError(f"{option} {text!r} is not a percentile between 0 and 100", _PERCENTILES)
    in_percent = bool(match["p"] or match["percent"])
    if in_percent and number < 1:
        raise ConfigurationError(
            f"{option} {text!r} is less than one percent of the answers",
            f"Give p{number * 100:g} or {number:g} if that is what you mean.",
        )
    if not in_percent and 1 <= number < _SURELY_PERCENT:
        raise ConfigurationError(
            f"{option} {text!r} is ambiguous: a plain number is a share below 1, or a percentage from 50",
            f"Give p{number:g} or {number:g}% if that is what you mean. {_PERCENTILES}",
        )
    return number / 100 if in_percent or number >= 1 else number


def _read(text: str | None, units: Mapping[str, float], option: str, what: str, example: str) -> float | None:
    if text is None:
        return None
    _must_not_be_negative(text, option, example)
    match = _NUMBER.fullmatch(text)
    factor = units.get(match["unit"].lower()) if match else None
    if match is None or factor is None or (match["sign"] and units is not _DOLLARS):
        raise ConfigurationError(f"{option} {text!r} is not {what}", example)
    number = float(match["number"]) * factor
    if not math.isfinite(number):
        raise ConfigurationError(f"{option} {text!r} is too large", example)
    return number


def _must_not_be_negative(text: str, option: str, example: str) -> None:
    if re.match(r"\s*\$?\s*[-\u2212]\s*\$?\s*[0-9.]", text):
        raise ConfigurationError(f"{option} {text!r} is less than zero", f"Give a number above zero. {example}")


def read_names(words: Sequence[str] | None, *, option: str) -> tuple[str, ...]:
    """Return the given names, none of which may be empty."""
    if any(not word.strip() for word in words or ()):
        raise ConfigurationError(f"{option} is empty", "Give a name, or leave it out.")
    return tuple(words or ())


def read_weights(words: Sequence[str]) -> Weights:
    """Return the weights in `quality=1`, `latency=2,cost=1`, ….

    Weights that are not named keep their defaults.

    Raises:
        ConfigurationError: a word that is not `name=number`, a repeated name, or an invalid weight.
        UnknownNameError: no such weight.
    """
    names = [field.name for field in fields(Weights)]
    weights: dict[str, float] = {}
    for word in (part.strip() for text in words for part in text.split(",")):
        name, sign, number = (part.strip() for part in word.partition("="))
        if not sign:
            raise ConfigurationError(f"--weight {word!r} is not of the form name=number", "For example latency=2.")
        if name not in names:
            raise UnknownNameError("weight", name, names)
        if name in weights:
            raise ConfigurationError(f"--weight {name!r} is given twice", "Give it once.")
        try:
            weights[name] = read_number(number)
        except ValueError:
            raise ConfigurationError(
                (f"--weight {word!r}: {number!r} is not a number"), f"For example {name}=2."
            ) from None
    return Weights(**weights)


def read_prompt(prompt: str | None, file: Path | None) -> str | None:
    """Return the prompt from its source; `-` is standard input.

    Raises:
        ConfigurationError: it was given twice, cannot be read, or is empty.
    """
    if prompt is not None and file is not None:
        raise ConfigurationError("--prompt and --prompt-file both give a prompt", "Leave one of them out.")
    text = prompt if file is None else _read_file(file)
    if text is not None and not text.strip():
        raise ConfigurationError("the prompt is empty", "Give its text, or leave it out.")
    return text


def _read_file(file: Path) -> str:
    name = f"--prompt-file {str(file)!r}"
    try:
        if str(file) == "-":
            content = sys.stdin.buffer.read(_LARGEST_PROMPT_BYTES + 1)
        else:
            with file.open("rb") as stream:
                content = stream.read(_LARGEST_PROMPT_BYTES + 1)
        if len(content) > _LARGEST_PROMPT_BYTES:
            raise ConfigurationError(f"{name} is larger than 10 MB", "Give one prompt.")
        return content.decode("utf-8")
    except OSError as error:
        raise unreadable(file, error, what="--prompt-file") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{name} is not UTF-8 text", "Save it as UTF-8.") from None
