"""The differences of two runs, read from the store: request, numbers and cases."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from evaluation.metrics.guarded_calls import BrokenMetricError, combining
from evaluation.metrics.metric_facts import higher_is_better, is_over_all_cases
from evaluation.metrics.parsing import metric_of
from evaluation.records.labels import unique_labels
from evaluation.records.runs import RunCandidateRecord, RunRecord
from evaluation.results.as_json import as_json, from_json
from evaluation.results.experiments import (
    CandidateDiff,
    CaseDifferences,
    DiffedMetric,
    MetricDifference,
    Pairs,
    RunDiff,
)
from evaluation.results.runs import CandidateResult, MetricMean, RunResult
from evaluation.run_results.run_result import result_of
from evaluation.scoring.aggregation import case_values, read_by
from evaluation.store.kept_readings import current_state, kept_or_read
from evaluation.store.plans import find_invocation
from evaluation.store.run_cases import count_common_cases
from evaluation.store.runs import find_run
from evaluation.store.session import Store

_NOT_ASKED_FOR = ("benchmarks", "models", "candidates")
"""Request fields that are compared by their resolved values: the benchmark and the candidates."""
_ROUNDING = 1e-12


def run_diff(store: Store, a: str, b: str) -> RunDiff:
    """Return the differences between two runs; what is equal is left out.

    Candidates are matched by fingerprint, those without a partner by label, and then by the model with the closest
    options; a pair never has two models. A difference of two values is not
    tested against chance; a comparison does that.

    Raises:
        UnknownNameError: no such run.
    """
    runs = find_run(store, a), find_run(store, b)
    results = result_of(store, runs[0]), result_of(store, runs[1])
    matched = _matched(results[0].candidates, results[1].candidates)
    same_cases = runs[0].plan.benchmark_version == runs[1].plan.benchmark_version
    labels = [(first.label, second.label) for first, second in matched]
    differences = _kept_differences(store, runs, labels) if same_cases else _Differences.of_nothing(labels)
    diff = RunDiff(
        run_ids=(results[0].run_id, results[1].run_id),
        parameters=_run_parameters(store, runs, results),
        only_in_first=_without(results[0].candidates, [first for first, _ in matched]),
        only_in_second=_without(results[1].candidates, [second for _, second in matched]),
        candidates=(),
        same_cases=same_cases,
        n_cases=(runs[0].plan.n_cases, runs[1].plan.n_cases),
        n_common_cases=differences.n_common_cases,
    )
    candidates = (
        CandidateDiff(
            label=first.label,
            second_label=None if first.label == second.label else second.label,
            parameters=_candidate_parameters(first, second),
            scores=_score_differences(first, second, has_equal_cases=diff.has_equal_cases),
            cases=cases,
        )
        for (first, second), cases in zip(matched, differences.of_pairs, strict=True)
    )
    return replace(diff, candidates=tuple(candidates))


def _matched(
    first: Sequence[CandidateResult], second: Sequence[CandidateResult]
) -> tuple[tuple[CandidateResult, CandidateResult], ...]:
    """Return the pairs of one model in two runs, in the first's order.

    Candidates are paired by fingerprint, else by label, else by the fewest parameters that differ.
    """
    partners: dict[str, CandidateResult] = {}
    for rank in (_differs_in_fingerprint, _differs_in_label, _n_differing):
        taken = {partner.label for partner in partners.values()}
        possible = [
            (distance, place, other_place)
            for place, old in enumerate(first)
            for other_place, new in enumerate(second)
            if old.label not in partners and new.label not in taken and old.model == new.model
            if (distance := rank(old, new)) is not None
        ]
        for _, place, other_place in sorted(possible):
            old, new = first[place], second[other_place]
            if old.label not in partners and new.label not in taken:
                partners[old.label] = new
                taken.add(new.label)
    return tuple((candidate, partners[candidate.label]) for candidate in first if candidate.label in partners)


def _differs_in_fingerprint(old: CandidateResult, new: CandidateResult) -> int | None:
    return 0 if old.fingerprint == new.fingerprint else None


def _differs_in_label(old: CandidateResult, new: CandidateResult) -> int | None:
    return 0 if old.label == new.label else None


def _n_differing(old: CandidateResult, new: CandidateResult) -> int:
    """Return in how many parameters two candidates of one model differ."""
    return len(_candidate_parameters(old, new))


def _without(candidates: Sequence[CandidateResult], matched: Sequence[CandidateResult]) -> tuple[str, ...]:
    labels = {candidate.label for candidate in matched}
    return tuple(candidate.label for candidate in candidates if candidate.label not in labels)


def _run_parameters(store: Store, runs: tuple[RunRecord, RunRecord], results: tuple[RunResult, RunResult]) -> Pairs:
    """Return the parameters in which the runs differ, by name: the first run's value and the second's."""
    first, second = (_of_the_run(result) for result in results)
    requests = [_request_fields(store, run) for run in runs]
    return {**_differing(requests[0], requests[1]), **_differing(first, second)}


def _of_the_run(result: RunResult) -> dict[str, object]:
    return {
        "benchmark": result.benchmark,
        "benchmark_version": result.benchmark_version,
        "seed": result.seed,
        "repeats": result.n_repeats,
        "limit": result.limit,
        "n_cases": result.n_cases,
        "headline": result.headline,
        "code_version": result.code_version,
    }


def _request_fields(store: Store, run: RunRecord) -> dict[str, object]:
    invocation = find_invocation(store, run.plan.invocation_id)
    request = dict(invocation.request) if invocation is not None else {}
    return {name: value for name, value in request.items() if name not in _NOT_ASKED_FOR}


def _candidate_parameters(first: CandidateResult, second: CandidateResult) -> Pairs:
    options = _differing(first.options, second.options)
    of_candidates = _differing(_of_a_candidate(first), _of_a_candidate(second))
    return {**of_candidates, **{f"option {name}": values for name, values in options.items()}}


def _of_a_candidate(candidate: CandidateResult) -> dict[str, object]:
    """Return the fields that describe a candidate, except its options."""
    return {
        "model": candidate.model,
        "digest": candidate.digest,
        "endpoint": candidate.endpoint,
        "provider": candidate.provider,
        "server_version": candidate.server_version,
        "fingerprint": candidate.fingerprint,
    }


def _differing(first: Mapping[str, object], second: Mapping[str, object]) -> Pairs:
    return {
        name: (first.get(name), second.get(name))
        for name in dict.fromkeys([*first, *second])
        if first.get(name) != second.get(name)
    }


def _score_differences(
    first: CandidateResult, second: CandidateResult, *, has_equal_cases: bool
) -> tuple[MetricDifference, ...]:
    """Return the metrics that both runs have: both values, and second minus first where they are of the same cases."""
    return tuple(
        _metric_difference(name, result.mean, second.metrics[name].mean, has_equal_cases=has_equal_cases)
        for name, result in first.metrics.items()
        if name in second.metrics
    )


def _metric_difference(
    name: str, first: MetricMean | None, second: MetricMean | None, *, has_equal_cases: bool
) -> MetricDifference:
    difference = None
    if has_equal_cases and first is not None and second is not None and first.signature == second.signature:
        difference = second.value - first.value
    return MetricDifference(
        metric=name,
        first=_diffed(first),
        second=_diffed(second),
        difference=difference,
    )


def _diffed(mean: MetricMean | None) -> DiffedMetric:
    if mean is None:
        return DiffedMetric(value=None, low=None, high=None, n_cases=None, signature=None)
    return DiffedMetric(value=mean.value, low=mean.low, high=mean.high, n_cases=mean.n_cases, signature=mean.signature)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Differences:
    n_common_cases: int
    of_pairs: tuple[CaseDifferences | None, ...]

    @classmethod
    def of_nothing(cls, labels: Sequence[tuple[str, str]]) -> "_Differences":
        """Return those of runs without a common benchmark."""
        return cls(n_common_cases=0, of_pairs=(None,) * len(labels))


def _kept_differences(
    store: Store, runs: tuple[RunRecord, RunRecord], labels: Sequence[tuple[str, str]]
) -> _Differences:
    """Return the cases in common and those whose headline value differs, from an earlier reading if there is.

    It is kept with the first run, and names the state of the second.
    """
    first, second = (run.plan for run in runs)

    def read() -> _Differences:
        return _Differences(
            n_common_cases=count_common_cases(store, first.run_id, second.run_id),
            of_pairs=tuple(_case_differences(store, runs, pair) for pair in labels),
        )

    state = current_state(store, second.run_id)
    if state is None:
        return read()
    by_run = [[plan.n_cases, plan.headline, read_by(plan.metrics)] for plan in (first, second)]
    kept = kept_or_read(store, first.run_id, f"diff {second.run_id}", [state, labels, by_run], lambda: as_json(read()))
    return from_json(_Differences, kept)


def _case_differences(
    store: Store, runs: tuple[RunRecord, RunRecord], labels: tuple[str, str]
) -> CaseDifferences | None:
    """Return the cases whose headline value differs; None where the two runs do not share a headline metric."""
    metric = runs[0].plan.headline
    signatures = [[use.signature for use in run.plan.metrics if use.name == metric] for run in runs]
    shared = next((signature for signature in signatures[0] if signature in signatures[1]), None)
    if shared is None or is_over_all_cases(metric, shared):
        return None
    try:
        combine = _combine(metric, shared)
        first, second = (
            _values(store, _candidate_of(run, label), shared, combine) for run, label in zip(runs, labels, strict=True)
        )
    except BrokenMetricError:
        return None
    sign = 1 if higher_is_better(metric, shared) else -1
    gains = {case_id: sign * (second[case_id] - value) for case_id, value in first.items() if case_id in second}
    return CaseDifferences(
        metric=metric,
        n_both=len(gains),
        better=tuple(case_id for case_id, gain in gains.items() if gain > _ROUNDING),
        worse=tuple(case_id for case_id, gain in gains.items() if gain < -_ROUNDING),
        only_in_first=tuple(case_id for case_id in first if case_id not in second),
        only_in_second=tuple(case_id for case_id in second if case_id not in first),
    )


def _combine(metric: str, signature: str) -> Callable[..., float] | None:
    parsed_metric = metric_of(metric, signature)
    return combining(parsed_metric) if parsed_metric is not None else None


def _candidate_of(run: RunRecord, label: str) -> RunCandidateRecord:
    labels = unique_labels(run)
    return next(candidate for candidate in run.candidates if labels[candidate.run_candidate_id] == label)


def _values(
    store: Store, candidate: RunCandidateRecord, signature: str, combine: Callable[..., float] | None
) -> dict[str, float]:
    values = case_values(store, candidate.run_candidate_id, signature, combine)
    return dict(zip(values.case_ids, values.means, strict=True))
