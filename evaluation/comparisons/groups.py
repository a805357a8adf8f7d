"""The cases of a group that need no partner: all cases of all its members, by id and content, repeats averaged."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from evaluation.comparisons.members import Member
from evaluation.comparisons.sides import Side
from evaluation.metrics.guarded_calls import BrokenMetricError, combining
from evaluation.metrics.parsing import metric_of
from evaluation.records import MetricUse
from evaluation.scoring.aggregation import case_values
from evaluation.stats.vectors import cluster_means
from evaluation.store.benchmarks import case_clusters
from evaluation.store.case_hashes import case_hashes
from evaluation.store.outcome_numbers import failed_cases
from evaluation.store.session import Store

CaseKey = tuple[str, str]
"""Id and hash of the content: two benchmarks may call different cases `1`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupValues:
    """A group's value of each case on one metric, with the clusters of the cases."""

    values: Mapping[CaseKey, float]
    clusters: Mapping[CaseKey, tuple[str, str]]
    """Name of the benchmark and of the cluster, of the cases that are in one."""

    @property
    def has_clusters(self) -> bool:
        """Whether two of the cases share a cluster."""
        named = [self.clusters[case] for case in self.values if case in self.clusters]
        return len(set(named)) < len(named)

    def units(self, *, clustered: bool) -> list[float]:
        """Return the value of each case, or the mean of each cluster, in an order that is always the same."""
        cases = sorted(self.values)
        values = np.array([self.values[case] for case in cases], dtype=np.float64)
        if clustered:
            values = cluster_means(values, [self.clusters.get(case) for case in cases])
        return [float(value) for value in values]


class GroupReader:
    """Reads the values of groups; what a benchmark version says of its cases is read once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._hashes: dict[str, dict[str, str]] = {}
        self._clusters: dict[str, dict[str, str]] = {}

    def values_of(self, side: Side, use: MetricUse) -> GroupValues | None:
        """Return the value of each case, averaged over the members that have it; None for a metric that broke."""
        metric = metric_of(use.name, use.signature)
        combine = combining(metric) if metric is not None else None
        values: defaultdict[CaseKey, list[float]] = defaultdict(list)
        clusters: dict[CaseKey, tuple[str, str]] = {}
        for member in side.members:
            try:
                of_member = case_values(self._store, member.row_id, use.signature, combine)
            except BrokenMetricError:  # it has no number then, which the run's own page says
                return None
            clusters_by_id = self._clusters_of(member)
            for case_id, value in zip(of_member.case_ids, of_member.means, strict=True):
                case = self._key(member, case_id)
                values[case].append(value)
                if (cluster := clusters_by_id.get(case_id)) is not None:
                    clusters[case] = (member.run.plan.benchmark_name, cluster)
        return GroupValues(
            values={case: sum(of_case) / len(of_case) for case, of_case in values.items()}, clusters=clusters
        )

    def failed_of(self, side: Side) -> frozenset[CaseKey]:
        """Return the cases on which the server failed a member in every repeat."""
        return frozenset(
            self._key(member, case_id)
            for member in side.members
            for case_id in failed_cases(self._store, member.row_id)
        )

    def _key(self, member: Member, case_id: str) -> CaseKey:
        version = member.run.plan.benchmark_version
        if version not in self._hashes:
            self._hashes[version] = case_hashes(self._store, version)
        return case_id, self._hashes[version].get(case_id, f"{version} {case_id}")

    def _clusters_of(self, member: Member) -> dict[str, str]:
        version = member.run.plan.benchmark_version
        if version not in self._clusters:
            self._clusters[version] = case_clusters(self._store, version)
        return self._clusters[version]
