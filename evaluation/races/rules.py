"""The rules of a race, chosen by its user before it starts: method, levels, budget."""

from dataclasses import dataclass, field
from enum import StrEnum

from evaluation.errors import ConfigurationError


class Method(StrEnum):
    """Method of dropping losers."""

    EVIDENCE = "evidence"
    """Drops candidates shown not to be the best, at any look and with an error of at most alpha."""
    HALVING = "halving"
    """Drops the worse half in every round, with no guarantee other than that of the confirmation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A stage of a race that ends with a decision on who stays."""

    name: str
    n_cases: int | None
    """Cases that every remaining candidate has been asked by its end; None for all cases of the race."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """Resources that a race has used so far."""

    calls: int = 0
    """Requests to models: one for an answer, or as many as its pipeline asks."""
    minutes: float = 0.0
    tokens: int = 0
    """Tokens of prompts and answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPrice:
    """What one answer of a candidate takes on average, or several together."""

    calls: float = 1.0
    minutes: float = 0.0
    tokens: float = 0.0

    def times(self, n: float) -> "AnswerPrice":
        """Return what so many answers take."""
        return AnswerPrice(calls=self.calls * n, minutes=self.minutes * n, tokens=self.tokens * n)

    def plus(self, other: "AnswerPrice") -> "AnswerPrice":
        """Return what both take."""
        return AnswerPrice(
            calls=self.calls + other.calls, minutes=self.minutes + other.minutes, tokens=self.tokens + other.tokens
        )


NOTHING = AnswerPrice(calls=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Limits on the resources of a race; None for no limit."""

    calls: int | None = None
    minutes: float | None = None
    tokens: int | None = None

    def __post_init__(self) -> None:
        for name in ("calls", "minutes", "tokens"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ConfigurationError(f"the budget of {name} is {value}", "Give more than 0, or leave it out")


@dataclass(frozen=True, slots=True, kw_only=True)
class RaceRules:
    """Rules by which a race decides and ends."""

    method: Method = Method.EVIDENCE
    alpha: float = 0.05
    """Greatest probability that the best candidate is dropped, or that a winner is named among equals."""
    margin: float | None = None
    """Negligible difference in the metric's unit: the race ends when no remaining candidate is better by more."""
    levels: tuple[Level, ...] = ()
    """Empty for the default: many looks at growing distances (in halving, as many rounds as can be halved)."""
    confirm: int | None = None
    """Unseen cases for comparing the winner with the runner-up, at most; None for a share of the benchmark."""
    budget: Budget = field(default_factory=Budget)
    n_repeats: int = 1
    """Repeats of each case."""

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 0.5:
            raise ConfigurationError(f"alpha is {self.alpha}", "Give a probability between 0 and 0.5, such as 0.05")
        if self.margin is not None and not self.margin > 0:
            raise ConfigurationError(f"the margin is {self.margin}", "Give more than 0, or leave it out")
        if self.confirm is not None and self.confirm < 0:
            raise ConfigurationError(f"the number of confirmation cases is {self.confirm}", "Give 0 or more")
        sizes = [level.n_cases for level in self.levels]
        if any(size is None for size in sizes[:-1]) or any(size is not None and size < 1 for size in sizes):
            raise ConfigurationError("only the last level may ask all cases, and every other at least one")
        case_counts = [size for size in sizes if size is not None]
        if case_counts != sorted(set(case_counts)):
            raise ConfigurationError(
                f"the level sizes {case_counts} do not increase", "Give each level more cases than the one before it"
            )

    @property
    def confirm_share(self) -> float:
        """Share of the benchmark that is reserved for the confirmation."""
        return 0.2 if self.method is Method.EVIDENCE else 0.1
