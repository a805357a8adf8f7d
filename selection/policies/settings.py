"""Settings of a policy: what it may spend and keep, and what it watches."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from os import PathLike
from pathlib import Path
from typing import Any

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.records.policies import MARGIN, UNITS, Budget, WhenSpent
from evaluation.requests.prices import as_prices, read_prices

_NO_LIMIT = Budget()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySettings:
    """What a policy may spend and keep, and what it watches.

    Raises:
        ConfigurationError: a limit that is not above zero, a margin outside [0, 100], prices that are none.
    """

    budget: Budget = field(default=_NO_LIMIT)
    when_spent: WhenSpent = WhenSpent.REFUSE
    prices: Mapping[str, Any] | None = None
    keeps_texts: bool = False
    watches_upgrades: bool = False
    margin: float = MARGIN

    def __post_init__(self) -> None:
        for name, limit in self.budget.limits.items():
            if not limit > 0:
                raise ConfigurationError(
                    f"the budget of {UNITS[name]} is {limit:g}", "Give a number above zero, or leave it out."
                )
        if not 0 <= self.margin <= 100:
            raise ConfigurationError(
                f"the margin is {self.margin:g}", "Give points of quality from 0 to 100, such as 1 for one hundredth."
            )
        if self.prices is not None:
            as_prices(self.prices)

    @property
    def values(self) -> dict[str, Any]:
        """The settings as fields of a policy."""
        return {
            "budget": self.budget,
            "when_spent": self.when_spent,
            "prices": None if self.prices is None else dict(self.prices),
            "keeps_texts": self.keeps_texts,
            "watches_upgrades": self.watches_upgrades,
            "margin": self.margin,
        }


def settings_of(
    *,
    budget: Budget | Mapping[str, float] | None,
    when_spent: str,
    prices: str | PathLike[str] | Mapping[str, Any] | None,
    keep_texts: bool,
    watch_upgrades: bool,
    margin: float,
) -> PolicySettings:
    """Return the settings of a policy.

    Raises:
        ConfigurationError: one of them is not valid.
        UnknownNameError: a budget that counts nothing known, or an unknown `when_spent`.
    """
    try:
        spent = WhenSpent(when_spent)
    except ValueError:
        raise UnknownNameError("when_spent", when_spent, [each.value for each in WhenSpent]) from None
    content = dict(read_prices(Path(prices)).content) if isinstance(prices, str | PathLike) else prices
    return PolicySettings(
        budget=budget_of(budget),
        when_spent=spent,
        prices=content,
        keeps_texts=keep_texts,
        watches_upgrades=watch_upgrades,
        margin=margin,
    )


def budget_of(budget: Budget | Mapping[str, float] | None) -> Budget:
    """Return a budget by the names of what it counts.

    Raises:
        UnknownNameError: it counts something else.
        ConfigurationError: a limit that is no number above zero.
    """
    if budget is None or isinstance(budget, Budget):
        return budget or Budget()
    names = [field.name for field in fields(Budget)]
    if not isinstance(budget, Mapping):
        raise ConfigurationError(f"the budget is {budget!r}", "Give limits by name, such as {'tokens': 1_000_000}.")
    for name, limit in budget.items():
        if name not in names:
            raise UnknownNameError("budget", name, names)
        if isinstance(limit, bool) or not isinstance(limit, int | float) or not 0 < limit < float("inf"):
            raise ConfigurationError(f"the budget {name} is {limit!r}", "Give a number above zero.")
    limits: dict[str, Any] = {name: int(limit) if name == "tokens" else float(limit) for name, limit in budget.items()}
    return Budget(**limits)
