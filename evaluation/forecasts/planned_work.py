"""The planned work of a request, as values, before anything is stored: the input of a dry run's forecast."""

from collections.abc import Sequence

from evaluation.benchmarks.rendering import render
from evaluation.benchmarks.sampling import chosen_cases
from evaluation.case import Benchmark, Case
from evaluation.forecasts.forecast import PlannedWork
from evaluation.options import load_options
from evaluation.records.runs import RunRecord
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.resolution.resolution import Resolution
from evaluation.resolution.resolved_candidate import ResolvedCandidate
from evaluation.store.missing import count_missing
from evaluation.store.reusable import Asking
from evaluation.store.reuse import count_reusable
from evaluation.store.session import Store


def planned_works(
    store: Store, request: EvaluationRequest, resolution: Resolution, earlier: Sequence[RunRecord]
) -> tuple[PlannedWork, ...]:
    """Return the work of every candidate on every benchmark, in planned order.

    Args:
        store: For what is there already.
        request: What was asked for.
        resolution: The resolved request.
        earlier: The runs that a resume continues.
    """
    begun = {run.plan.benchmark_name: run for run in earlier}
    return tuple(
        _work(store, request, item.benchmark, candidate, begun.get(item.benchmark.name))
        for item in resolution.benchmarks
        for candidate in resolution.candidates
    )


def _work(
    store: Store,
    request: EvaluationRequest,
    benchmark: Benchmark,
    resolved: ResolvedCandidate,
    run: RunRecord | None,
) -> PlannedWork:
    cases = chosen_cases(benchmark, limit=request.case_limit, seed=request.seed)
    options = resolved.options_for(benchmark)
    candidate = resolved.candidate
    return PlannedWork(
        endpoint_names=tuple(endpoint.name for endpoint in resolved.endpoints),
        slots={endpoint.name: endpoint.slots for endpoint in resolved.endpoints},
        model=candidate.model,
        digest=candidate.digest,
        load_options=load_options(options),
        label=candidate.label,
        fingerprint=candidate.fingerprint,
        benchmark_name=benchmark.name,
        n_cases=len(cases),
        n_repeats=request.repeats,
        n_done=_n_done(store, run, candidate.fingerprint),
        n_reusable=_n_reusable(store, request, benchmark, resolved, run, cases) if request.reuse else 0,
        options=options,
        prompt_characters=sum(
            len(message.content) for case in cases for message in candidate.profile.wrap(render(benchmark, case))
        ),
    )


def _n_done(store: Store, run: RunRecord | None, fingerprint: str) -> int:
    if run is None:
        return 0
    planned = run.plan.n_cases * run.plan.n_repeats
    return sum(
        planned - count_missing(store, candidate.run_candidate_id)
        for candidate in run.candidates
        if candidate.plan.candidate_fingerprint == fingerprint
    )


def _n_reusable(
    store: Store,
    request: EvaluationRequest,
    benchmark: Benchmark,
    resolved: ResolvedCandidate,
    run: RunRecord | None,
    cases: Sequence[Case],
) -> int:
    asking = Asking(
        run_id=run.plan.run_id if run else None,
        seed=request.seed,
        benchmark_version=benchmark.version,
        prompt=benchmark.prompt,
        fingerprint=resolved.candidate.fingerprint,
        digest=resolved.candidate.digest,
        provider=resolved.endpoint.provider,
        server_versions=frozenset(
            endpoint.server_version for endpoint in resolved.endpoints if endpoint.server_version is not None
        ),
        options=resolved.options_for(benchmark),
    )
    return count_reusable(store, asking, cases, n_repeats=request.repeats)
