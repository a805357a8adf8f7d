"""Budgets of a day on the command line, of policies and of keys: `--budget tokens=1e6`."""

from collections.abc import Mapping
from typing import Annotated

import typer

from evaluation.errors import ConfigurationError
from evaluation.formatting import quantity
from evaluation.records.policies import UNITS

Words = list[str] | None
BudgetOption = Annotated[
    Words,
    typer.Option(
        "--budget",
        metavar="NAME=N",
        help="The most that its calls use on one day (UTC): tokens=1e6, gpu_s=3600, joules=1e6, usd=2.*",
    ),
]


def read_budget(words: Words) -> dict[str, float] | None:
    """Return the limits in `tokens=1e6`, `usd=2`, …; None where none are given.

    Raises:
        ConfigurationError: a word that is not `name=number`, or a repeated name.
    """
    if not words:
        return None
    limits: dict[str, float] = {}
    for word in (part.strip() for text in words for part in text.split(",")):
        name, sign, number = (part.strip() for part in word.partition("="))
        try:
            limit = float(number.removeprefix("$"))
        except ValueError:
            limit, sign = 0.0, ""
        if not sign or name in limits:
            raise ConfigurationError(
                f"--budget {word!r} is not of the form name=number"
                if not sign
                else f"--budget {name!r} is given twice",
                f"For example usd=2; the names are {', '.join(UNITS)}.",
            )
        limits[name] = limit
    return limits


def budget_words(limits: Mapping[str, float]) -> str:
    """Return limits in words, such as `1,000,000 tokens`; empty where there are none."""
    return ", ".join(f"{quantity(limit)} {UNITS[name]}" for name, limit in limits.items())
