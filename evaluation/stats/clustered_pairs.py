"""Pairs of one document, subject or template are not independent evidence: the clusters are what was sampled.

Mean of the cluster means of the differences, Student's interval and test with G-1 degrees of freedom.
"""

from collections.abc import Sequence
from dataclasses import replace

from evaluation.stats.clusters import cluster_means, design_effect
from evaluation.stats.continuous_pairs import mean_evidence, paired_t_p_value
from evaluation.stats.numbers import Vector
from evaluation.stats.pair_evidence import Evidence, PairTestSettings
from evaluation.stats.sign_flips import sign_flip_p_value

FEW_CLUSTERS = 10


def clustered_evidence(differences: Vector, clusters: Sequence[str | None], terms: PairTestSettings) -> Evidence:
    """Return what the cluster means of the cases' differences say; nothing but the difference for a single cluster.

    Args:
        differences: One for each case: A less B, its sign, or the logarithm of A by B.
        clusters: The cluster of each case; None for a case that stands by itself.
        terms: What is asked.
    """
    means = cluster_means(differences, clusters)
    if means.size == 1:
        return _refused(float(means[0]))
    p_flips, flips = sign_flip_p_value(means, rng=terms.rng)
    p_t = paired_t_p_value(means)
    test, p_value = ("t", p_t) if p_t is not None else (flips, p_flips)
    evidence = mean_evidence(means, terms, test=test, p_value=p_value)
    cases_a_cluster = differences.size / means.size
    return replace(
        evidence,
        method="cluster_t" if p_t is not None else f"cluster_{evidence.method}",
        n_needed=None if evidence.n_needed is None else evidence.n_needed * cases_a_cluster,
        also={"sign_flip": p_flips},
        statistics={"cluster_t" if name == "paired_t" else name: value for name, value in evidence.statistics.items()},
        design_effect=design_effect(differences, clusters),
        notes=evidence.notes + _few(means.size),
    )


def _few(n_clusters: int) -> tuple[str, ...]:
    if n_clusters >= FEW_CLUSTERS:
        return ()
    return (f"only {n_clusters} clusters: fewer than {FEW_CLUSTERS} may not be representative",)


def _refused(difference: float) -> Evidence:
    return Evidence(
        difference=difference,
        interval=None,
        p_value=None,
        method="cluster_none",
        effect_size=None,
        effect_size_name="hedges_gz",
        mde=None,
        n_needed=None,
        aim=None,
        notes=("all pairs are of one cluster, which says nothing about how clusters vary",),
    )
