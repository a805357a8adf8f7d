"""Result types of a sweep's analysis on one metric."""

from dataclasses import dataclass
from typing import Any

from evaluation.sweeps.space import Combination


@dataclass(frozen=True, kw_only=True)
class CombinationScore:
    """Score of one combination."""

    combination: Combination
    value: float | None
    """None if no case was scored."""
    low: float | None
    high: float | None
    n_units: int
    may_be_best: bool
    """True for a set that contains the best combination, with the confidence of the analysis."""


@dataclass(frozen=True, kw_only=True)
class Level:
    """One value of a parameter, or a piece of its range, averaged over all other parameters."""

    low: Any
    """The value; for a piece, its lower end."""
    high: Any
    value: float
    value_low: float | None
    value_high: float | None
    n_combinations: int
    may_be_best: bool


@dataclass(frozen=True, kw_only=True)
class Effect:
    """Effect of a parameter."""

    name: str
    is_numeric: bool
    levels: tuple[Level, ...]
    """Levels in the order of their values."""
    p_value: float | None
    p_adjusted: float | None = None
    """Holm-adjusted over the parameters."""
    spread: float
    """Mean of the best level less that of the worst."""
    correlation: float | None = None
    """Spearman's correlation of values and the combinations' means; only for numbers."""
    p_correlation: float | None = None
    """p-value of a linear trend over the cases, Holm-adjusted over the parameters."""
    detectable: float | None = None
    """Difference between the ends of its range that is detected 4 times in 5; None if it was not tested."""

    def is_shown(self, confidence_level: float) -> bool:
        """Check whether the parameter has an effect beyond chance."""
        return self.p_adjusted is not None and self.p_adjusted < round(1 - confidence_level, 12)


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """Dependence of one parameter's effect on another parameter."""

    first: str
    second: str
    p_value: float | None
    p_adjusted: float | None = None

    def is_shown(self, confidence_level: float) -> bool:
        """Check whether the interaction is beyond chance."""
        return self.p_adjusted is not None and self.p_adjusted < round(1 - confidence_level, 12)


@dataclass(frozen=True, kw_only=True)
class SweepAnalysis:
    """Analysis of a sweep's scores on one metric."""

    standings: tuple[CombinationScore, ...]
    """Best first; combinations without a value last."""
    effects: tuple[Effect, ...]
    interactions: tuple[Interaction, ...]
    constant: tuple[str, ...]
    """Parameters with scores for only one value."""
    n_units: int
    """Number of independent pieces of evidence."""
    unit: str
    """Type of these pieces: `case`, `cluster`, or `answer` to a single prompt."""
    notes: tuple[str, ...]
    confidence_level: float

    @property
    def shown(self) -> tuple[Effect, ...]:
        """The parameters with an effect beyond chance, the strongest first."""
        effects = [effect for effect in self.effects if effect.is_shown(self.confidence_level)]
        return tuple(sorted(effects, key=lambda effect: -effect.spread))

    @property
    def best(self) -> CombinationScore | None:
        """The combination with the highest value (for a cost: the lowest), which is no verdict."""
        return self.standings[0] if self.standings and self.standings[0].value is not None else None
