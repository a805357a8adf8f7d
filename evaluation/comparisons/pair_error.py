"""How far would the difference move with other cases? Its standard error, paired: sd(a - b) / √n."""

from collections.abc import Mapping

import numpy as np

from evaluation.stats.pair_comparison import PairComparison
from evaluation.stats.vectors import cluster_means
from evaluation.stats.verdicts import Kind


def paired_standard_error(
    a: Mapping[str, float], b: Mapping[str, float], comparison: PairComparison, *, clusters: Mapping[str, str]
) -> float | None:
    """Return the standard error of the difference as it was computed: over cases, or over the means of clusters.

    None of a ratio, whose difference is not one, and of fewer than two.
    """
    if comparison.kind is Kind.RATIO:
        return None
    shared = sorted(case_id for case_id in a if case_id in b)
    differences = np.array([a[case_id] - b[case_id] for case_id in shared])
    if comparison.kind is Kind.ORDINAL:
        differences = np.sign(differences)
    if comparison.n_clusters is not None and differences.size:
        differences = cluster_means(differences, [clusters.get(case_id) for case_id in shared])
    if differences.size < 2:
        return None
    return float(differences.std(ddof=1) / np.sqrt(differences.size))
