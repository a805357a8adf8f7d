"""Result types of a sweep's analysis on one metric."""

from dataclasses import dataclass
from typing import Any

from evaluation.sweeps.space import Combination


@dataclass(frozen=True, kw_only=True)
class CombinationScore:
    """One combination."""

    combination: Combination
    value: float | None
    """None: no case was scored."""
    low: float | None
    high: float | None
    n_units: int
    may_be_best: bool
    """The best combination is among those of which this is said, with the confidence of the analysis."""


@dataclass(frozen=True, kw_only=True)
class Level:
    """One value of a parameter, or a piece of its range, averaged over all else."""

    low: Any
    """The value; of a piece, its least one."""
    high: Any
    value: float
    value_low: float | None
    value_high: float | None
    n_combinations: int
    may_be_best: bool


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What a parameter does."""

    name: str
    is_numeric: bool
    levels: tuple[Level, ...]
    """In the order of their values."""
    p_value: float | None
    p_adjusted: float | None = None
    """Over the parameters (Holm)."""
    spread: float
    """The best level's mean less the worst one's."""
    correlation: float | None = None
    """Spearman's, of the values and the combinations' means; numbers alone."""
    p_correlation: float | None = None
    """Does the straight line rise or fall over the cases? Adjusted over the parameters (Holm)."""
    detectable: float | None = None
    """How far the ends of its range must be apart to be found 4 times in 5; None where it was not tested."""

    def is_shown(self, confidence_level: float) -> bool:
        """Return True where the parameter makes a difference beyond chance."""
        return self.p_adjusted is not None and self.p_adjusted < round(1 - confidence_level, 12)


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """Does the effect of one parameter depend on the other?"""

    first: str
    second: str
    p_value: float | None
    p_adjusted: float | None = None

    def is_shown(self, confidence_level: float) -> bool:
        """Return True where it does beyond chance."""
        return self.p_adjusted is not None and self.p_adjusted < round(1 - confidence_level, 12)


@dataclass(frozen=True, kw_only=True)
class SweepAnalysis:
    """All that the scores of a sweep say on one metric."""

    standings: tuple[CombinationScore, ...]
    """Best first; those without a value last."""
    effects: tuple[Effect, ...]
    interactions: tuple[Interaction, ...]
    constant: tuple[str, ...]
    """Parameters of which one value has scores."""
    n_units: int
    """Pieces of evidence."""
    unit: str
    """What they are: `case`, `cluster`, or `answer` to a single prompt."""
    notes: tuple[str, ...]
    confidence_level: float

    @property
    def shown(self) -> tuple[Effect, ...]:
        """The parameters that make a difference beyond chance, the strongest first."""
        effects = [effect for effect in self.effects if effect.is_shown(self.confidence_level)]
        return tuple(sorted(effects, key=lambda effect: -effect.spread))

    @property
    def best(self) -> CombinationScore | None:
        """The combination with the highest value (of a cost: the lowest), which is no verdict."""
        return self.standings[0] if self.standings and self.standings[0].value is not None else None
