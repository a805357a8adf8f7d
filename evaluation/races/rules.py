"""The rules of a race, chosen by its user before it starts: method, levels, budget."""

from dataclasses import dataclass, field
from enum import StrEnum

from evaluation.errors import ConfigurationError


class Method(StrEnum):
    """How losers are told from the others."""

    EVIDENCE = "evidence"
    """Whoever is shown, at any time and with an error of at most alpha, not to be the best."""
    HALVING = "halving"
    """The worse half of every round, with no guarantee but the confirmation's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A stretch of a race after which it is decided who goes on."""

    name: str
    n_cases: int | None
    """Cases that everybody has been asked by its end; None: all that the race may ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a race has taken so far."""

    calls: int = 0
    minutes: float = 0.0
    tokens: int = 0
    """Of prompts and of answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a race may take; None: as much as it needs."""

    calls: int | None = None
    minutes: float | None = None
    tokens: int | None = None

    def __post_init__(self) -> None:
        for name in ("calls", "minutes", "tokens"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ConfigurationError(f"the budget of {name} is {value}", "give more than 0, or leave it out")


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceRules:
    """How a race decides and when it ends."""

    method: Method = Method.EVIDENCE
    alpha: float = 0.05
    """Greatest probability with which the best is dropped, or a winner is named among equals."""
    margin: float | None = None
    """A difference that does not matter, in the metric's unit: the race ends when nobody left is that much better."""
    levels: tuple[Level, ...] = ()
    """Empty: many looks, ever further apart (or, in halving, as many rounds as there is to halve)."""
    confirm: int | None = None
    """Unseen cases on which the winner is held against the runner-up, at most; None: a share of the benchmark."""
    budget: Budget = field(default_factory=Budget)
    n_repeats: int = 1
    """How often each case is asked."""

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 0.5:
            raise ConfigurationError(f"alpha is {self.alpha}", "give a probability between 0 and 0.5, such as 0.05")
        if self.margin is not None and not self.margin > 0:
            raise ConfigurationError(f"the margin is {self.margin}", "give more than 0, or leave it out")
        if self.confirm is not None and self.confirm < 0:
            raise ConfigurationError(f"the number of confirmation cases is {self.confirm}", "give 0 or more")
        sizes = [level.n_cases for level in self.levels]
        if any(size is None for size in sizes[:-1]) or any(size is not None and size < 1 for size in sizes):
            raise ConfigurationError("only the last level may ask all cases, and every other at least one")
        case_counts = [size for size in sizes if size is not None]
        if case_counts != sorted(set(case_counts)):
            raise ConfigurationError(
                f"the level sizes {case_counts} do not increase", "give each level more cases than the one before it"
            )

    @property
    def confirm_share(self) -> float:
        """Share of the benchmark that is kept for the confirmation."""
        return 0.2 if self.method is Method.EVIDENCE else 0.1
