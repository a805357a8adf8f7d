"""Quality check: whether a new run scores below its baseline on the same cases beyond chance.

Each run is tested once, and the false alarm rate is spread over the requested number of looks: half of it over the
first five, when the baseline is still short and would otherwise detect little, the rest evenly. Holm divides it among
the candidates that are tested together. Over a candidate's first looks up to that number, and over any later series of
that number, the probability that any of its quality alerts is false is therefore at most the rate, under any
dependence; the same holds for all candidates together that are tested together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from statistics import fmean

from evaluation.records.alerts import QualityRecord
from evaluation.stats.multiplicity import holm
from evaluation.stats.regression_test import Newcomer, newcomer

STAYS = 0.05
"""Significance level for open alerts: one is over when a new run is not below its baseline even at this level."""

_FIRST = (0.4, 0.2, 0.2, 0.1, 0.1)
"""Shares of the first looks in their half of the error."""

Values = Mapping[str, Sequence[float]]
"""A run's scores by case, one for each repeat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityCheck(Newcomer):
    """Comparison of a run with its baseline."""

    metric: str
    signature: str
    higher_is_better: bool
    baseline: tuple[str, ...]
    """Ids of the baseline's runs."""
    level: float
    """Error that this look may spend."""
    p_adjusted: float | None = None
    """Adjusted over all candidates judged together; None if not adjusted yet."""

    @property
    def is_below(self) -> bool:
        """True where chance, adjusted for all looks, does not explain it."""
        return self.p_adjusted is not None and self.p_adjusted <= self.level

    @property
    def stays(self) -> bool:
        """True where it does not contradict an open alert."""
        return self.is_below or self.p_value <= STAYS

    @property
    def record(self) -> QualityRecord:
        """The record to store."""
        return QualityRecord(**{each.name: getattr(self, each.name) for each in fields(QualityRecord)})


def check_quality(
    newest: Values,
    baseline: Mapping[str, Values],
    *,
    metric: str,
    signature: str,
    higher_is_better: bool,
    level: float,
) -> QualityCheck | None:
    """Compare the newest run with its baseline on the cases that they share; None: they share none.

    Args:
        newest: Its scores.
        baseline: Those of earlier runs, by run.
        metric: The metric's name.
        signature: With its options.
        higher_is_better: Which side is worse.
        level: The error rate that this look may spend.
    """
    sign = 1.0 if higher_is_better else -1.0
    shared = [case for case in sorted(newest) if any(case in values for values in baseline.values())]
    if not shared:
        return None
    earlier = [[sign * fmean(values[case]) for values in baseline.values() if case in values] for case in shared]
    outcome: Newcomer = newcomer([sign * fmean(newest[case]) for case in shared], earlier)
    return QualityCheck(
        metric=metric,
        signature=signature,
        higher_is_better=higher_is_better,
        n_cases=outcome.n_cases,
        n_worse=outcome.n_worse,
        n_better=outcome.n_better,
        value=sign * outcome.value,
        usual=sign * outcome.usual,
        p_value=outcome.p_value,
        baseline=tuple(baseline),
        level=level,
    )


def level_of(n_before: int, *, rate: float, n_looks: int) -> float:
    """Return the probability of a false alarm that one look may spend.

    Args:
        n_before: How many earlier looks the candidate had.
        rate: The false-alarm probability of all looks together.
        n_looks: The number of looks.
    """
    if n_looks <= 4 * len(_FIRST):
        return rate / n_looks
    later = rate / 2 / (n_looks - len(_FIRST))
    return rate / 2 * _FIRST[n_before] if n_before < len(_FIRST) else later


def adjusted(looks: Sequence[QualityCheck]) -> list[QualityCheck]:
    """Return the checks of one pass with their p-values adjusted for one another (Holm)."""
    if not looks:
        return []
    together = holm([check.p_value for check in looks])
    return [replace(check, p_adjusted=p) for check, p in zip(looks, together, strict=True)]
