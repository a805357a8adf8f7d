"""How does one run differ from another: in what was asked for, in its numbers, and case by case?"""

from collections.abc import Callable, Mapping
from typing import Any

from evaluation.aggregation import case_values
from evaluation.metrics.measuring import BrokenMetricError, combining
from evaluation.metrics.parsing import metric_of
from evaluation.reports.labels import unique_labels
from evaluation.reports.metric_facts import higher_is_better, is_over_all_cases
from evaluation.reports.results import run_result
from evaluation.store.records import RunCandidateRecord, RunRecord
from evaluation.store.runs import find_invocation, find_run
from evaluation.store.session import Store

OF_THE_RUN = ("benchmark", "benchmark_version", "seed", "repeats", "limit", "n_cases", "headline", "code_version")
OF_A_CANDIDATE = ("model", "digest", "options", "endpoint", "provider", "server_version", "fingerprint")
_NOT_ASKED_FOR = ("benchmarks", "models", "candidates")
"""Shown as what they became: the benchmark and the candidates."""
_ROUNDING = 1e-12


def run_diff(store: Store, a: str, b: str) -> dict[str, Any]:
    """The differences of two runs as plain values; what is equal is left out.

    Candidates are matched by their labels. A difference of two values says nothing of chance: a comparison does.

    Raises:
        UnknownNameError: no such run.
    """
    runs = find_run(store, a), find_run(store, b)
    results = run_result(store, runs[0].plan.run_id), run_result(store, runs[1].plan.run_id)
    candidates = [{found["candidate"]: found for found in result["candidates"]} for result in results]
    both = [label for label in candidates[0] if label in candidates[1]]
    same_cases = runs[0].plan.benchmark_version == runs[1].plan.benchmark_version
    return {
        "runs": [result["run_id"] for result in results],
        "parameters": _run_parameters(store, runs, results),
        "only_in_first": [label for label in candidates[0] if label not in candidates[1]],
        "only_in_second": [label for label in candidates[1] if label not in candidates[0]],
        "candidates": [
            {
                "candidate": label,
                "parameters": _candidate_parameters(candidates[0][label], candidates[1][label]),
                "scores": _score_differences(candidates[0][label], candidates[1][label]),
                "cases": _case_differences(store, runs, label) if same_cases else None,
            }
            for label in both
        ],
        "same_cases": same_cases,
    }


def _run_parameters(
    store: Store, runs: tuple[RunRecord, RunRecord], results: tuple[Mapping[str, Any], Mapping[str, Any]]
) -> dict[str, list[Any]]:
    """What differs of the runs, by name: the first one's value and the second one's."""
    first, second = ({name: result[name] for name in OF_THE_RUN} for result in results)
    asked = [_asked_for(store, run) for run in runs]
    return _differing(asked[0], asked[1]) | _differing(first, second)


def _asked_for(store: Store, run: RunRecord) -> dict[str, Any]:
    invocation = find_invocation(store, run.plan.invocation_id)
    request = dict(invocation.request) if invocation is not None else {}
    return {name: value for name, value in request.items() if name not in _NOT_ASKED_FOR}


def _candidate_parameters(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, list[Any]]:
    a, b = ({name: found[name] for name in OF_A_CANDIDATE if name != "options"} for found in (first, second))
    options = _differing(first["options"], second["options"])
    return _differing(a, b) | {f"option {name}": values for name, values in options.items()}


def _differing(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {
        name: [first.get(name), second.get(name)]
        for name in dict.fromkeys([*first, *second])
        if first.get(name) != second.get(name)
    }


def _score_differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Metrics that both have: their values, and the second less the first where the signatures are equal."""
    found = []
    for name in [name for name in first["metrics"] if name in second["metrics"]]:
        a, b = first["metrics"][name], second["metrics"][name]
        comparable = a.get("signature") == b.get("signature") and None not in (a.get("value"), b.get("value"))
        found.append(
            {
                "metric": name,
                "first": {key: a.get(key) for key in ("value", "low", "high", "n", "signature")},
                "second": {key: b.get(key) for key in ("value", "low", "high", "n", "signature")},
                "difference": b["value"] - a["value"] if comparable else None,
            }
        )
    return found


def _case_differences(store: Store, runs: tuple[RunRecord, RunRecord], label: str) -> dict[str, Any] | None:
    """Cases whose value on the headline metric differs; None where the two runs have no such metric in common."""
    metric = runs[0].plan.headline
    signatures = [[use.signature for use in run.plan.metrics if use.name == metric] for run in runs]
    shared = next((signature for signature in signatures[0] if signature in signatures[1]), None)
    if shared is None or is_over_all_cases(metric, shared):
        return None
    try:
        combine = _combine(metric, shared)
        first, second = (_values(store, _candidate_of(run, label), shared, combine) for run in runs)
    except BrokenMetricError:
        return None
    sign = 1 if higher_is_better(metric, shared) else -1
    gains = {case_id: sign * (second[case_id] - value) for case_id, value in first.items() if case_id in second}
    return {
        "metric": metric,
        "n_both": len(gains),
        "better": [case_id for case_id, gain in gains.items() if gain > _ROUNDING],
        "worse": [case_id for case_id, gain in gains.items() if gain < -_ROUNDING],
        "only_in_first": [case_id for case_id in first if case_id not in second],
        "only_in_second": [case_id for case_id in second if case_id not in first],
    }


def _combine(metric: str, signature: str) -> Callable[..., float] | None:
    found = metric_of(metric, signature)
    return combining(found) if found is not None else None


def _candidate_of(run: RunRecord, label: str) -> RunCandidateRecord:
    labels = unique_labels(run)
    return next(found for found in run.candidates if labels[found.run_candidate_id] == label)


def _values(
    store: Store, found: RunCandidateRecord, signature: str, combine: Callable[..., float] | None
) -> dict[str, float]:
    values = case_values(store, found.run_candidate_id, signature, combine)
    return dict(zip(values.case_ids, values.means, strict=True))
