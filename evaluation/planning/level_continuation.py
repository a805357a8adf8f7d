"""Which stored runs a level goes on from: those of an equal request at any level, in which nothing else differs.

The level extends these runs, so that their answers, scores and timings are its own, and nothing is asked twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from evaluation.fingerprint import canonical_json
from evaluation.formatting import listed
from evaluation.planning.resuming import refuse_held
from evaluation.records.candidates import MetricUse
from evaluation.records.runs import SERVER_VERSIONS, InvocationRecord, RunCandidateRecord, RunRecord
from evaluation.requests.case_levels import CaseLevel, higher_level
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.requests.prices import stored_prices
from evaluation.requests.run_share import whole_of
from evaluation.resolution.benchmarks import ResolvedBenchmark
from evaluation.resolution.resolution import Resolution
from evaluation.resolution.resolved_candidate import ResolvedCandidate
from evaluation.store.level_runs import invocations_with_a_level
from evaluation.store.runs import runs_of_invocation
from evaluation.store.session import Store


@dataclass(frozen=True, kw_only=True)
class LevelStart:
    """Where a request with a level begins."""

    request: EvaluationRequest
    """The request at the higher one of both levels."""
    invocation_id: str | None
    """The invocation whose runs are extended; None: the request begins runs of its own."""
    runs: tuple[RunRecord, ...]
    note: str | None
    """What the user should know of it."""


def level_start(store: Store, request: EvaluationRequest, resolution: Resolution) -> LevelStart:
    """Return where a request with a level begins.

    Args:
        store: Where earlier runs are.
        request: The request, with its prices read.
        resolution: The resolved request.

    Raises:
        HeldError: another process works on the runs.
    """
    level = request.level
    assert level is not None  # noqa: S101 - asked for by the caller
    nearest: tuple[str, list[str]] | None = None
    for invocation in invocations_with_a_level(store, resolution.benchmarks[0].benchmark.version):
        runs = runs_of_invocation(store, invocation.invocation_id)
        before: CaseLevel = invocation.request["level"]
        differences = _differences(invocation, runs, request, resolution)
        if not differences:
            refuse_held(store, invocation.invocation_id, part=whole_of(request.spread) if request.spread > 1 else None)
            return LevelStart(
                request=request.model_copy(update={"level": higher_level(level, before)}),
                invocation_id=invocation.invocation_id,
                runs=runs,
                note=f"level {level} goes on from run {listed([run.plan.run_id for run in runs])} (level {before})",
            )
        if nearest is None and _share_a_model(runs, resolution):
            nearest = (runs[0].plan.run_id, differences)
    return LevelStart(request=request, invocation_id=None, runs=(), note=None if nearest is None else _anew(*nearest))


def _anew(run_id: str, differences: Sequence[str]) -> str:
    return f"a new run begins: run {run_id} cannot be gone on from, with other {listed(differences)}"


def _share_a_model(runs: Sequence[RunRecord], resolution: Resolution) -> bool:
    names = {resolved.candidate.model for resolved in resolution.candidates}
    return any(candidate.plan.model_name in names for run in runs for candidate in run.candidates)


def _differences(
    invocation: InvocationRecord, runs: Sequence[RunRecord], request: EvaluationRequest, resolution: Resolution
) -> list[str]:
    """Return what would be mixed if these runs were extended by the request; empty if nothing."""
    plans = [run.plan for run in runs]
    pairs = list(zip(runs, resolution.benchmarks, strict=False))
    checks = {
        "benchmarks": [(plan.benchmark_name, plan.benchmark_version) for plan in plans]
        == [(item.benchmark.name, item.benchmark.version) for item in resolution.benchmarks][: len(plans)]
        and len(invocation.request.get("benchmarks", ())) == len(resolution.benchmarks),
        "seed": all(plan.seed == request.seed for plan in plans),
        "repeats": all(plan.n_repeats == request.repeats for plan in plans),
        "metrics": all(run.plan.metrics == _uses(item) for run, item in pairs),
        "experiment": invocation.request.get("experiment") == request.experiment,
    }
    differences = [name for name, is_equal in checks.items() if not is_equal]
    of_candidates = dict.fromkeys(
        name for run, item in pairs for name in _differing_candidates(run, item, request, resolution.candidates)
    )
    return [*differences, *of_candidates]


def _uses(item: ResolvedBenchmark) -> tuple[MetricUse, ...]:
    return tuple(MetricUse(name=metric.name, signature=metric.signature) for metric in item.metrics)


def _differing_candidates(
    run: RunRecord, item: ResolvedBenchmark, request: EvaluationRequest, candidates: Sequence[ResolvedCandidate]
) -> list[str]:
    """Return in what the run's candidates differ from the requested ones, to which further ones may have been added."""
    requested = {resolved.candidate.fingerprint: resolved for resolved in candidates}
    if missing := [each for each in run.candidates if each.plan.candidate_fingerprint not in requested]:
        return [_kind_of_candidate_difference(missing, candidates)]
    return [
        name
        for each in run.candidates
        for name in _differing_ways(each, requested[each.plan.candidate_fingerprint], item, request)
    ]


def _kind_of_candidate_difference(
    missing: Sequence[RunCandidateRecord], candidates: Sequence[ResolvedCandidate]
) -> str:
    digests = {resolved.candidate.model: resolved.candidate.digest for resolved in candidates}
    names = [each.plan.model_name for each in missing]
    if any(each.plan.model_name in digests and digests[each.plan.model_name] != each.plan.digest for each in missing):
        return f"weights of {listed(sorted(set(names)))}"
    return "candidates"


def _differing_ways(
    stored: RunCandidateRecord, resolved: ResolvedCandidate, item: ResolvedBenchmark, request: EvaluationRequest
) -> list[str]:
    plan, details = stored.plan, stored.plan.details
    prices = stored_prices(request.price_table(), resolved.asked_models)
    servers = {endpoint.name: endpoint.server_version for endpoint in resolved.endpoints}
    gpu_tag, provider = resolved.endpoint.gpu_tag, resolved.endpoint.provider
    checks = {
        "options": canonical_json(dict(plan.options)) == canonical_json(resolved.options_for(item.benchmark)),
        "servers": (details.get(SERVER_VERSIONS), plan.provider, details.get("gpu_tag"))
        == (servers, provider, gpu_tag),
        "slots": plan.slots == sum(endpoint.slots for endpoint in resolved.endpoints),
        "prices": all(details.get(name) == price for name, price in prices.items()),
    }
    return [name for name, is_equal in checks.items() if not is_equal]
