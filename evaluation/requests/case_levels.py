"""Levels of an evaluation: how many cases each asks. They are nested, so that a higher one goes on from a lower one."""

from collections.abc import Mapping
from typing import Literal

CaseLevel = Literal["smoke", "quick", "full"]
CASES_OF_LEVEL: Mapping[CaseLevel, int | None] = {"smoke": 5, "quick": 50, "full": None}
"""Number of cases in seeded order, from the lowest level to the highest; None: all."""


def levels_above(level: CaseLevel) -> tuple[CaseLevel, ...]:
    """Return the higher levels, the next one first."""
    levels = tuple(CASES_OF_LEVEL)
    return levels[levels.index(level) + 1 :]


def higher_level(level: CaseLevel, other: CaseLevel) -> CaseLevel:
    """Return the level that asks more cases."""
    return other if other in levels_above(level) else level


def cases_of_level(level: CaseLevel, n_cases: int) -> int:
    """Return the number of cases that a level asks of a benchmark of `n_cases`."""
    return min(CASES_OF_LEVEL[level] or n_cases, n_cases)
