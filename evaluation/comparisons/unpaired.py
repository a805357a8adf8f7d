"""Comparison of groups that share no cases, metric by metric.

Examples are two benchmarks, two versions of one, or two halves of traffic.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from evaluation.comparisons.metrics import FIGURES, ComparedMetric, find_metrics
from evaluation.comparisons.sides import Member, Side, find_members, find_side, make_sides
from evaluation.errors import ConfigurationError, IncomparableError
from evaluation.formatting import counted
from evaluation.metrics.guarded_calls import BrokenMetricError, combining
from evaluation.metrics.judges.pairwise import JudgePairwise
from evaluation.metrics.metric_facts import largest_difference, may_be_share
from evaluation.metrics.parsing import metric_of
from evaluation.records.candidates import MetricUse
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.results.unpaired import GroupResult, UnpairedComparisonResult, UnpairedPairResult
from evaluation.scoring.aggregation import case_values
from evaluation.stats.unpaired_comparison import GroupPair, compare_groups
from evaluation.stats.unpaired_power import CasesNeeded
from evaluation.stats.vectors import cluster_means
from evaluation.store.benchmarks import case_clusters, case_hashes, find_benchmark
from evaluation.store.outcome_numbers import failed_cases
from evaluation.store.session import Store
from evaluation.version import code_version

_PAIRED_ONLY = (*FIGURES, JudgePairwise.name)
"""Metrics that need cases in common: speed and cost depend on the prompts, preferences on both answers."""
_N_NAMED = 3
CaseKey = tuple[str, str]
"""Id and content hash of a case: two benchmarks may use the id `1` for different cases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupValues:
    """A group's values by case on one metric, with the clusters of the cases."""

    values: Mapping[CaseKey, float]
    clusters: Mapping[CaseKey, tuple[str, str]]
    """Names of the benchmark and of the cluster, for the cases that belong to a cluster."""

    @property
    def has_clusters(self) -> bool:
        """Whether two of the cases share a cluster."""
        named = [self.clusters[case] for case in self.values if case in self.clusters]
        return len(set(named)) < len(named)

    def units(self, *, clustered: bool) -> list[float]:
        """Return the value of each case, or the mean of each cluster, in a fixed order."""
        cases = sorted(self.values)
        values = np.array([self.values[case] for case in cases], dtype=np.float64)
        if clustered:
            values = cluster_means(values, [self.clusters.get(case) for case in cases])
        return [float(value) for value in values]


class GroupReader:
    """Reads the values of groups; the cases of a benchmark version are read once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._hashes: dict[str, dict[str, str]] = {}
        self._clusters: dict[str, dict[str, str]] = {}

    def values_of(self, side: Side, use: MetricUse) -> GroupValues | None:
        """Return the value of each case, averaged over the members that have it; None for a metric that failed."""
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


def compare_unpaired(store: Store, run_ids: Sequence[str], request: ComparisonRequest) -> UnpairedComparisonResult:
    """Compare the candidates of these runs as independent groups, without pairing cases.

    Args:
        store: Where they are.
        run_ids: Ids, beginnings of ids, or `last`; their order decides which group is first.
        request: How to group, by which metrics, with which margin, against which group.

    Raises:
        IncomparableError: other task types, a headline that was not measured alike, or nothing shared.
        ConfigurationError: something in the request that does not fit these runs.
    """
    _refuse_paired_metrics(request.metrics)
    members = find_members(store, run_ids)
    if not members:
        raise IncomparableError("these runs have no candidate", "See `benchwright runs list`.")
    task_type = _common_task_type(store, members)
    sides, side_notes = make_sides(members, request.by)
    against = find_side(sides, request.against) if request.against is not None else None
    measured = find_metrics(store, sides, request.metrics)
    if against is not None and against not in measured.sides:
        raise IncomparableError(f"{against.label!r} has no scores to compare with", "Choose another --against.")
    if not measured.metrics:
        raise IncomparableError(
            "the groups share no metric but speed, cost or preferences, which can only be compared on common cases",
            "Score the answers by another metric: `benchwright score RUN --metric NAME`.",
        )
    reader = GroupReader(store)
    read = {
        metric.word: {side.label: reader.values_of(side, metric.use) for side in measured.sides}
        for metric in measured.metrics
    }
    headline = measured.metrics[0]
    _refuse_missing_values(headline, read[headline.word])
    pairs, notes = _all_pairs(measured.metrics, read, against, request)
    return UnpairedComparisonResult(
        sentences=(),
        code_version=code_version(),
        task_type=task_type,
        run_ids=tuple(dict.fromkeys(member.run_id for member in members)),
        by=request.by,
        against=against.label if against else None,
        headline=headline.word,
        groups=tuple(_group(side, read[headline.word][side.label], reader) for side in measured.sides),
        pairs=pairs,
        notes=(*side_notes, *measured.notes, *notes, *_notes_on_common_cases(pairs, headline.word)),
    )


def _refuse_paired_metrics(names: Sequence[str]) -> None:
    for name in names:
        if name in _PAIRED_ONLY:
            raise ConfigurationError(
                f"--metric {name} needs cases in common, and --unpaired compares groups without them",
                "Choose a metric of quality, or compare runs of one benchmark without --unpaired.",
            )


def _common_task_type(store: Store, members: Sequence[Member]) -> str | None:
    """Return the task type of all benchmarks.

    Raises:
        IncomparableError: they have several.
    """
    types: dict[str, Member] = {}
    for member in members:
        benchmark = find_benchmark(store, member.run.plan.benchmark_version)
        if benchmark is not None:
            types.setdefault(benchmark.task_type, member)
    if len(types) > 1:
        (first, a), (second, b) = list(types.items())[:2]
        raise IncomparableError(
            f"run {a.run_id} is of the task type {first!r} ({a.run.plan.benchmark_name!r}) and run {b.run_id} of "
            f"{second!r} ({b.run.plan.benchmark_name!r}): scores of different tasks are not comparable",
            "Compare runs of benchmarks with one task type; `benchwright benchmarks list` shows it.",
        )
    return next(iter(types), None)


def _refuse_missing_values(headline: ComparedMetric, values: Mapping[str, GroupValues | None]) -> None:
    empty = [label for label, of_group in values.items() if of_group is None or not of_group.values]
    if empty:
        raise IncomparableError(
            f"{', '.join(map(repr, empty))} has no value of {headline.word!r}",
            "Choose another --metric; `benchwright show RUN` says what became of the cases.",
        )


def _all_pairs(
    metrics: Sequence[ComparedMetric],
    read: Mapping[str, Mapping[str, GroupValues | None]],
    against: Side | None,
    request: ComparisonRequest,
) -> tuple[tuple[UnpairedPairResult, ...], tuple[str, ...]]:
    """Return the pairs of all metrics, and notes on the metrics that were left out for some group."""
    pairs: list[UnpairedPairResult] = []
    notes: list[str] = []
    for metric in metrics:
        groups = {label: group for label, group in read[metric.word].items() if group is not None and group.values}
        missing = [label for label in read[metric.word] if label not in groups]
        if missing:
            notes.append(f"{metric.word}: {', '.join(missing)} has no value, left out")
        if len(groups) > 1 and (against is None or against.label in groups):
            pairs += _pairs_by(metric, groups, against, _margin_of(metric, metrics[0], request))
    return tuple(pairs), tuple(notes)


def _margin_of(metric: ComparedMetric, headline: ComparedMetric, request: ComparisonRequest) -> float | None:
    """Return the margin in that metric's unit; None for a metric that is not measured in points."""
    margin = request.read_margin()
    if margin is None or (metric is not headline and metric.unit != "fraction" and margin.in_points):
        return None
    return margin.of_unit(metric.word, metric.unit)


def _pairs_by(
    metric: ComparedMetric, groups: Mapping[str, GroupValues], against: Side | None, margin: float | None
) -> list[UnpairedPairResult]:
    clustered = any(group.has_clusters for group in groups.values())
    units = {label: group.units(clustered=clustered) for label, group in groups.items()}
    compared = compare_groups(
        units,
        against=against.label if against else None,
        margin=margin,
        higher_is_better=metric.higher_is_better,
        may_be_shares=may_be_share(metric.use.name),
        largest_difference=largest_difference(metric.use.name),
    )
    return [_pair(metric, pair, groups, units, margin, clustered=clustered) for pair in compared]


def _pair(
    metric: ComparedMetric,
    pair: GroupPair,
    groups: Mapping[str, GroupValues],
    units: Mapping[str, Sequence[float]],
    margin: float | None,
    *,
    clustered: bool,
) -> UnpairedPairResult:
    test, a, b = pair.test, groups[pair.a].values, groups[pair.b].values
    return UnpairedPairResult(
        metric=metric.word,
        a=pair.a,
        b=pair.b,
        verdict=pair.verdict,
        difference=test.difference,
        low=test.low,
        high=test.high,
        p_value=test.p_value,
        p_adjusted=pair.p_adjusted,
        n_a=len(a),
        n_b=len(b),
        n_clusters_a=test.n_a if clustered else None,
        n_clusters_b=test.n_b if clustered else None,
        n_common=len({content for _, content in a} & {content for _, content in b}),
        mean_a=sum(units[pair.a]) / len(units[pair.a]),
        mean_b=sum(units[pair.b]) / len(units[pair.b]),
        method=test.method,
        effect_size=test.effect_size,
        effect_size_name=test.effect_size_name,
        mann_whitney=pair.ranks,
        margin=margin,
        p_equivalence=pair.within.p_equivalence if pair.within else None,
        needed=_in_cases(pair.needed, max(len(a) / test.n_a, len(b) / test.n_b)),
        kind=pair.kind,
        unit=metric.unit,
        higher_is_better=metric.higher_is_better,
        confidence_level=test.confidence_level,
    )


def _in_cases(needed: CasesNeeded | None, cases_a_unit: float) -> CasesNeeded | None:
    """Convert the need to cases, where it was counted in clusters of that size."""
    if needed is None or needed.n_more is None:
        return needed
    return replace(needed, n_more=ceil(needed.n_more * cases_a_unit))


def _group(side: Side, values: GroupValues | None, reader: GroupReader) -> GroupResult:
    plans = [member.run.plan for member in side.members]
    return GroupResult(
        label=side.label,
        run_ids=side.run_ids,
        benchmarks=tuple(dict.fromkeys(plan.benchmark_name for plan in plans)),
        benchmark_versions=tuple(dict.fromkeys(plan.benchmark_version for plan in plans)),
        n_cases=len(values.values) if values else 0,
        n_failed=len(reader.failed_of(side)),
    )


def _notes_on_common_cases(pairs: Sequence[UnpairedPairResult], headline: str) -> tuple[str, ...]:
    """Return a note on all pairs that are better compared case by case."""
    shared = [pair for pair in pairs if pair.metric == headline and pair.n_common]
    if not shared:
        return ()
    named = "; ".join(f"{pair.a} and {pair.b} have {counted(pair.n_common, 'case')}" for pair in shared[:_N_NAMED])
    more = f"; {len(shared) - _N_NAMED:,} more pairs have some" if len(shared) > _N_NAMED else ""
    return (
        f"{named} in common{more}: of these, the paired comparison (`benchwright compare` without --unpaired, on runs "
        "of one benchmark version) is the stronger one",
    )
