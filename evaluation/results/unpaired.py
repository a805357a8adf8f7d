"""Results of comparing groups without common cases."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evaluation.results.as_json import MERGED
from evaluation.results.frames import ShownInNotebooks, columns_of, frame, row_of
from evaluation.stats.unpaired import RankTest
from evaluation.stats.unpaired_power import CasesNeeded
from evaluation.stats.verdicts import Kind

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupResult:
    """One or more candidates with all their cases."""

    label: str
    """Unique name within the comparison."""
    run_ids: tuple[str, ...]
    """Distinct ids of the runs."""
    benchmarks: tuple[str, ...]
    """Distinct names of their benchmarks."""
    benchmark_versions: tuple[str, ...]
    """Distinct versions of those benchmarks."""
    n_cases: int
    """Cases with a value of the headline metric."""
    n_failed: int
    """Cases that the server failed to answer, which are excluded from every value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpairedPairResult:
    """Comparison of two groups on one metric. Unavailable values are None."""

    metric: str
    """`exact_match`, …"""
    a: str
    """Label of the first group."""
    b: str
    """Label of the second group."""
    verdict: str
    """`A better`, `B better`, `equivalent`, `inconclusive` or `insufficient data`."""
    difference: float | None
    """Mean of A less mean of B, in the metric's unit; for binary scores the risk difference."""
    low: float | None
    """Lower limit of the difference at `confidence_level`; not part of the interval where it is 0 beside a verdict that
    one is better. None if neither group varies."""
    high: float | None
    """Upper limit of the difference at `confidence_level`, likewise."""
    p_value: float | None
    """Two-sided p-value."""
    p_adjusted: float | None
    """Holm-adjusted over all pairs of the metric; determines the verdict. None for groups that are too small."""
    n_a: int
    """Cases of A with a value."""
    n_b: int
    """Cases of B with a value."""
    n_clusters_a: int | None
    """Clusters of A, whose means were compared; None if the cases are not clustered."""
    n_clusters_b: int | None
    """Clusters of B, whose means were compared."""
    n_common: int
    """Cases that both groups have; a paired comparison of them would have more power."""
    mean_a: float
    """Mean in the metric's unit; with clusters, the mean of the cluster means."""
    mean_b: float
    """Mean in the metric's unit; with clusters, the mean of the cluster means."""
    method: str
    """`newcombe_unpaired+chi2`, `newcombe_unpaired+fisher` or `welch`."""
    effect_size: float | None
    effect_size_name: str
    """`cohen_h` or `hedges_g`."""
    mann_whitney: RankTest | None
    """Rank test; None for binary scores."""
    margin: float | None
    """Largest negligible difference, in the metric's unit; None if not set."""
    p_equivalence: float | None
    """p-value of the two one-sided tests against the margin."""
    needed: CasesNeeded | None = field(default=None, metadata=MERGED)
    """What would settle it; None where it is settled, and where nothing can be said."""
    kind: Kind
    """`binary` or `continuous`."""
    unit: str
    """Unit of the metric."""
    higher_is_better: bool
    confidence_level: float
    """Level of the interval: with several pairs higher than .95, so that all hold together (Bonferroni)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpairedComparisonResult(ShownInNotebooks):
    """Comparison of two or more groups, by pair and metric."""

    sentences: tuple[str, ...]
    """Conclusions on the headline metric."""
    code_version: str
    """Version of the code that computed the comparison."""
    task_type: str | None
    """Task type of all its benchmarks; None if they are no longer stored."""
    run_ids: tuple[str, ...]
    """Unique run ids, in the given order."""
    by: str | None
    """Key by which candidates were grouped; None if each is a group of its own."""
    against: str | None
    """Label of the baseline group, if the others were compared only with it."""
    headline: str
    """Metric of the sentences."""
    groups: tuple[GroupResult, ...]
    """In the given order."""
    pairs: tuple[UnpairedPairResult, ...]
    """All pairs of groups on every metric, or each group with the baseline; those of the headline first."""
    notes: tuple[str, ...]

    @property
    def headline_pairs(self) -> tuple[UnpairedPairResult, ...]:
        """Pairs compared by the headline."""
        return tuple(pair for pair in self.pairs if pair.metric == self.headline)

    def to_frame(self) -> "pd.DataFrame":
        """Return a data frame with one row per pair of groups and metric.

        Columns: the fields of `UnpairedPairResult` and of `CasesNeeded` that hold one value, with the dtypes of
        `evaluation.results.frames`.
        """
        columns, of_needed = columns_of(UnpairedPairResult), columns_of(CasesNeeded)
        rows = [row_of(pair, columns) | (row_of(pair.needed, of_needed) if pair.needed else {}) for pair in self.pairs]
        return frame(rows, {**columns, **of_needed})
