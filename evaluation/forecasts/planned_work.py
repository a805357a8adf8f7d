"""The planned work of a request, as values, before anything is stored: the input of a dry run's forecast."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from evaluation.benchmarks.rendering import render
from evaluation.benchmarks.sampling import chosen_cases
from evaluation.case import Benchmark, Case
from evaluation.forecasts.forecast import PlannedWork
from evaluation.forecasts.pipeline_requests import requests_on_paper
from evaluation.options import load_options
from evaluation.records.runs import RunRecord
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.resolution.resolution import Resolution
from evaluation.resolution.resolved_candidate import ResolvedCandidate, labels_of
from evaluation.store.missing import count_missing
from evaluation.store.past_stages import PastRequests, past_requests
from evaluation.store.reusable import Asking
from evaluation.store.reuse import count_reusable
from evaluation.store.session import Store


def planned_works(
    store: Store,
    request: EvaluationRequest,
    resolution: Resolution,
    earlier: Sequence[RunRecord],
    *,
    named: Collection[str] = (),
) -> tuple[PlannedWork, ...]:
    """Return the work of every candidate on every benchmark, in planned order, a pipeline's by model.

    Args:
        store: For what is there already.
        request: What was asked for.
        resolution: The resolved request.
        earlier: The runs that a resume continues.
        named: Options that the labels include even at their defaults.
    """
    labels = labels_of(resolution.candidates, named)
    begun = {run.plan.benchmark_name: run for run in earlier}
    return tuple(
        replace(work, label=labels[work.fingerprint])
        for item in resolution.benchmarks
        for candidate in resolution.candidates
        for work in _works(store, request, item.benchmark, candidate, begun.get(item.benchmark.name))
    )


def _works(
    store: Store,
    request: EvaluationRequest,
    benchmark: Benchmark,
    resolved: ResolvedCandidate,
    run: RunRecord | None,
) -> Iterator[PlannedWork]:
    """Yield the work of a candidate, and that of each other model that its pipeline asks."""
    own = _work(store, request, benchmark, resolved, run)
    if resolved.pipeline is None:
        yield own
        return
    cases = chosen_cases(benchmark, limit=request.case_limit, seed=request.seed)
    measured = past_requests(store, fingerprint=own.fingerprint, benchmark_name=benchmark.name)
    on_paper = None if measured else requests_on_paper(resolved, benchmark, cases)
    own = replace(own, prompt_characters=None)
    others = [
        _of_another_model(own, other, benchmark, embeds=name in resolved.pipeline.pipeline.embedders)
        for name, other in resolved.pipeline.models.items()
    ]
    for work in (own, *others):
        if measured:
            yield with_measured(work, measured)
        else:
            yield replace(work, requests_of_a_case=None if on_paper is None else on_paper[work.model])


def with_measured(work: PlannedWork, measured: Mapping[str, PastRequests]) -> PlannedWork:
    """Return the work of one model of a pipeline with the requests that it had before."""
    past = measured.get(work.model)
    if past is None:
        return replace(work, requests_of_a_case=0.0)
    speeds = {speed.endpoint_name: speed for speed in past.speeds}
    return replace(work, requests_of_a_case=past.requests_of_a_case, stage_speeds=speeds)


def _of_another_model(own: PlannedWork, other: ResolvedCandidate, benchmark: Benchmark, *, embeds: bool) -> PlannedWork:
    """Return the candidate's work at another model of its pipeline."""
    options = other.options_for(benchmark)
    return replace(
        own,
        endpoint_names=tuple(endpoint.name for endpoint in other.endpoints),
        slots={endpoint.name: endpoint.slots for endpoint in other.endpoints},
        model=other.candidate.model,
        digest=other.candidate.digest,
        load_options={} if embeds else load_options(options),
        options=options,
        is_further_model=True,
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
