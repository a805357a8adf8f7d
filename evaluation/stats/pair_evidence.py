"""What do the pairs of one kind of data say? Each kind answers in the same terms."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from evaluation.stats.equivalence import MarginTest
from evaluation.stats.intervals import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class TestSettings:
    """What is asked of the pairs."""

    confidence_level: float
    margin: float | None
    rng: np.random.Generator
    beside: bool = True
    """Whether other tests and intervals are computed too."""

    @property
    def alpha(self) -> float:
        """The limit for p, without the floating-point noise of 1 - 0.95."""
        return round(1 - self.confidence_level, 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """An estimate, its interval, its test and what they could have shown."""

    difference: float
    """A less B; of ratios, A by B."""
    interval: Interval | None
    p_value: float | None
    """Two-sided."""
    method: str
    effect_size: float | None
    effect_size_name: str
    mde: float | None
    n_needed: float | None
    """Pairs that would settle it, those at hand included."""
    aim: float | None
    """The difference for which `n_needed` is."""
    within: MarginTest | None = None
    also: Mapping[str, float] = field(default_factory=dict)
    statistics: Mapping[str, float] = field(default_factory=dict)
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    design_effect: float | None = None
    notes: tuple[str, ...] = ()
