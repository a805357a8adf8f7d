"""Is a new run's quality below its baseline's, on the same cases, beyond chance?

Each run is looked at once. What one look may spend is the chance of a false alarm shared out over as many looks, and
Holm shares it among the candidates of the look: over any that many looks, whatever depends on what, the chance that
any alert of quality is false is at most the rate that was asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

from evaluation.stats.multiplicity import holm
from evaluation.stats.newcomer import Newcomer, newcomer

STAYS = 0.05
"""An open alert is over when a new run is not below its baseline even at this level."""

Values = Mapping[str, Sequence[float]]
"""A run's scores by case, one for each repeat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityLook:
    """How a run stands against its baseline."""

    metric: str
    signature: str
    higher_is_better: bool
    n_cases: int
    n_worse: int
    n_better: int
    value: float
    usual: float
    p_value: float
    baseline: tuple[str, ...]
    """Run ids."""
    p_adjusted: float | None = None
    """Among all that were looked at together."""
    level: float | None = None

    @property
    def is_below(self) -> bool:
        """True where chance, shared out, does not explain it."""
        return self.p_adjusted is not None and self.level is not None and self.p_adjusted <= self.level

    @property
    def stays(self) -> bool:
        """True where it does not speak against an alert that is open."""
        return self.is_below or self.p_value <= STAYS

    def plain(self) -> dict[str, Any]:
        """The same as plain values."""
        names = ("metric", "higher_is_better", "n_cases", "n_worse", "n_better", "value", "usual", "p_value")
        found = {name: getattr(self, name) for name in (*names, "p_adjusted", "level", "is_below", "stays")}
        return found | {"baseline": list(self.baseline), "difference": self.value - self.usual}


def quality_look(
    newest: Values,
    baseline: Mapping[str, Values],
    *,
    metric: str,
    signature: str,
    higher_is_better: bool,
) -> QualityLook | None:
    """How the newest run stands on the cases that it shares with its baseline; None: it shares none.

    Args:
        newest: Its scores.
        baseline: Those of earlier runs, by run.
        metric: The metric's name.
        signature: With its options.
        higher_is_better: Which side is worse.
    """
    sign = 1.0 if higher_is_better else -1.0
    shared = [case for case in sorted(newest) if any(case in values for values in baseline.values())]
    if not shared:
        return None
    earlier = [[sign * fmean(values[case]) for values in baseline.values() if case in values] for case in shared]
    found: Newcomer = newcomer([sign * fmean(newest[case]) for case in shared], earlier)
    return QualityLook(
        metric=metric,
        signature=signature,
        higher_is_better=higher_is_better,
        n_cases=found.n_cases,
        n_worse=found.n_worse,
        n_better=found.n_better,
        value=sign * found.value,
        usual=sign * found.usual,
        p_value=found.p_value,
        baseline=tuple(baseline),
    )


def adjusted(looks: Sequence[QualityLook], level: float) -> list[QualityLook]:
    """The looks of one time with their p-values among each other."""
    if not looks:
        return []
    together = holm([one.p_value for one in looks])
    return [replace(one, p_adjusted=p, level=level) for one, p in zip(looks, together, strict=True)]
