"""Results of comparing groups without common cases."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evaluation.results.as_json import MERGED
from evaluation.results.frames import columns_of, frame, row_of
from evaluation.results.rendering import ShownInNotebooks
from evaluation.stats.unpaired import RankTest
from evaluation.stats.unpaired_power import CasesNeeded
from evaluation.stats.verdicts import Kind

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupResult:
    """One or more candidates with all their cases."""

    label: str
    """A name that no other group of the comparison has."""
    run_ids: tuple[str, ...]
    """The runs behind it, each once."""
    benchmarks: tuple[str, ...]
    """The names of their benchmarks, each once."""
    benchmark_versions: tuple[str, ...]
    """The versions of those benchmarks, each once."""
    n_cases: int
    """Cases with a value of the headline metric."""
    n_failed: int
    """Cases that the server failed to answer: left out of every value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpairedPairResult:
    """Two groups on one metric. What cannot be said is None."""

    metric: str
    """`exact_match`, …"""
    a: str
    """The label of the first group."""
    b: str
    """The label of the second group."""
    verdict: str
    """`A better`, `B better`, `equivalent`, `inconclusive` or `insufficient data`."""
    difference: float | None
    """Mean of A less mean of B, in the metric's unit; of right or wrong, the risk difference."""
    low: float | None
    """Lower limit of the difference, at `confidence_level`; None where neither group varies."""
    high: float | None
    """Upper limit of the difference, at `confidence_level`."""
    p_value: float | None
    """Two-sided."""
    p_adjusted: float | None
    """Holm's, over all pairs of the metric; the verdict follows it. None for groups that are too small."""
    n_a: int
    """Cases of A with a value."""
    n_b: int
    """Cases of B with a value."""
    n_clusters_a: int | None
    """Clusters of A, whose means were compared; None where the cases stand by themselves."""
    n_clusters_b: int | None
    """Clusters of B, whose means were compared."""
    n_common: int
    """Cases that both have, for which a paired comparison would be the stronger one."""
    mean_a: float
    """In the metric's unit; with clusters, the mean of the cluster means."""
    mean_b: float
    """In the metric's unit; with clusters, the mean of the cluster means."""
    method: str
    """`newcombe_unpaired+chi2`, `newcombe_unpaired+fisher` or `welch`."""
    effect_size: float | None
    effect_size_name: str
    """`cohen_h` or `hedges_g`."""
    mann_whitney: RankTest | None
    """The test of ranks beside it; None for right or wrong."""
    margin: float | None
    """The largest difference that does not matter, in the metric's unit; None where none was given."""
    p_equivalence: float | None
    """Of two one-sided tests against the margin."""
    needed: CasesNeeded | None = field(default=None, metadata=MERGED)
    """What would settle it; None where it is settled, and where nothing can be said."""
    kind: Kind
    """`binary` for right or wrong, else `continuous`."""
    unit: str
    """The metric's."""
    higher_is_better: bool
    confidence_level: float
    """Of the interval: with several pairs higher than .95, so that all hold together (Bonferroni)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpairedComparisonResult(ShownInNotebooks):
    """Two or more groups, pair by pair and metric by metric."""

    sentences: tuple[str, ...]
    """What the headline says."""
    code_version: str
    """The code that compared."""
    task_type: str | None
    """Of all benchmarks behind it; None where the store no longer has them."""
    run_ids: tuple[str, ...]
    """Each once, in the order in which they were given."""
    by: str | None
    """The key along which candidates were put together; None: each is a group of its own."""
    against: str | None
    """The label of the group with which alone the others were compared."""
    headline: str
    """The metric that the sentences are about."""
    groups: tuple[GroupResult, ...]
    """In the order in which they were given."""
    pairs: tuple[UnpairedPairResult, ...]
    """Every two groups by every metric, or each group with the baseline; the headline's first."""
    notes: tuple[str, ...]

    @property
    def headline_pairs(self) -> tuple[UnpairedPairResult, ...]:
        """The pairs by the headline."""
        return tuple(pair for pair in self.pairs if pair.metric == self.headline)

    def to_frame(self) -> "pd.DataFrame":
        """Return a row a pair of groups and metric.

        Columns: the fields of `UnpairedPairResult` and of `CasesNeeded` that hold one value, with the dtypes of
        `evaluation.results.frames`.
        """
        columns, of_needed = columns_of(UnpairedPairResult), columns_of(CasesNeeded)
        rows = [row_of(pair, columns) | (row_of(pair.needed, of_needed) if pair.needed else {}) for pair in self.pairs]
        return frame(rows, {**columns, **of_needed})
