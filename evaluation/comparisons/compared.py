"""What a comparison finds, as values: sides on one metric, pair by pair, and all metrics together."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from evaluation.comparisons.members import Member
from evaluation.comparisons.metrics import ComparedMetric
from evaluation.comparisons.sides import Side
from evaluation.results.comparisons import Flips, PreferenceResult
from evaluation.results.pairs import Basis
from evaluation.results.sides import SideCounts
from evaluation.scores import Estimate
from evaluation.stats.pair_comparison import PairComparison
from evaluation.stats.ranking import ManyComparison


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedPair:
    """Two sides on one metric."""

    a: Side
    b: Side
    found: PairComparison
    standard_error: float | None
    """Of the difference, over cases or clusters; None where it says nothing, as of a ratio."""
    tails: Mapping[str, Estimate] = field(default_factory=dict)
    """Of latencies: by how much the median and the slow tail differ, A less B."""
    prompts: Basis | None = None
    """Of figures: of which prompts they were compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricComparison:
    """All sides on one metric."""

    metric: ComparedMetric
    sides: tuple[str, ...]
    """Labels of those that have a value, in the order of the comparison."""
    pairs: tuple[ComparedPair, ...]
    many: ManyComparison
    values: Mapping[str, Estimate]
    """Each side's mean over the cases that all of them have; empty where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What came of holding candidates against each other."""

    members: tuple[Member, ...]
    sides: tuple[Side, ...]
    counts: Mapping[str, SideCounts]
    """What became of each side's cases, by its label."""
    by: str | None
    against: str | None
    margin: float | None
    metrics: tuple[MetricComparison, ...]
    """Of quality, the headline first."""
    figures: tuple[MetricComparison, ...]
    """Speed, tokens, cost and energy, as ratios."""
    preferences: tuple[PreferenceResult, ...]
    """By judges who saw two answers at a time."""
    flips: tuple[Flips, ...]
    notes: tuple[str, ...]
    changed_texts: tuple[str, ...] = ()
    """Notes on differences that are no larger than the share of texts that change when asked again."""
    unscored: tuple[str, ...] = ()
    """Labels of the sides that have no score at all, which are left out."""

    @property
    def headline(self) -> MetricComparison | None:
        """What sides are ranked by: a metric of quality, else a figure; None for preferences alone."""
        return next(iter((*self.metrics, *self.figures)), None)
