"""Turns a request into stored runs and an order of work."""

import asyncio
from dataclasses import dataclass

from prefect import task
from prefect.cache_policies import NO_CACHE

from evaluation.benchmarks.sampling import seeded_order
from evaluation.options import load_options
from evaluation.planning import Lane, Plan, PlannedCandidate, PlannedRun, grouped_by_residency, run_id_for
from evaluation.request import EvaluationRequest
from evaluation.resolving import Resolution, ResolvedBenchmark, ResolvedCandidate, ResolvedEndpoint, resolve
from evaluation.settings import Settings
from evaluation.store.benchmarks import load_benchmark_version
from evaluation.store.records import MetricUse, RunCandidatePlan, RunPlan
from evaluation.store.registry import record_seen, save_candidate
from evaluation.store.runs import add_run_candidate, create_invocation, create_run, record_run_flow
from evaluation.store.session import Store, open_store
from evaluation.version import code_version


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was asked for, under which id, by which flow run."""

    request: EvaluationRequest
    invocation_id: str
    flow_run_id: str


@task(name="plan", task_run_name="plan the work", cache_policy=NO_CACHE, persist_result=False)
async def plan_work(asked: Asked, versions: tuple[str, ...]) -> Plan:
    """The order of the work, its runs and their candidates stored. The same for a retry of the same invocation.

    Args:
        asked: What was asked for.
        versions: The benchmarks' versions in the store.
    """
    settings = Settings()
    with await asyncio.to_thread(open_store, settings.database) as store:
        loaded = [await asyncio.to_thread(load_benchmark_version, store, version) for version in versions]
        resolution = await resolve(asked.request, loaded, settings=settings, store=store)
        return await asyncio.to_thread(_plan, asked, resolution, store)


def _plan(asked: Asked, resolution: Resolution, store: Store) -> Plan:
    create_invocation(
        store,
        invocation_id=asked.invocation_id,
        request=asked.request.model_dump(mode="json", exclude_defaults=True),
        code_version=code_version(),
    )
    _record_models(resolution, store)
    planned: dict[str, list[PlannedCandidate]] = {endpoint.name: [] for endpoint in resolution.endpoints}
    runs = []
    for item in resolution.benchmarks:
        run = _run_plan(asked, item, store)
        runs.append(
            PlannedRun(
                run_id=run.run_id,
                benchmark_name=run.benchmark_name,
                metrics=tuple(asked.request.metrics or item.benchmark.metrics),
            )
        )
        for candidate in resolution.candidates:
            planned[candidate.endpoint.name].append(_planned(asked, run, item, candidate, store))
    allow_remote = asked.request.allow_remote
    lanes = (
        _lane(endpoint, planned[endpoint.name], allow_remote=allow_remote)
        for endpoint in resolution.endpoints
        if planned[endpoint.name]
    )
    return Plan(
        invocation_id=asked.invocation_id,
        runs=tuple(runs),
        lanes=tuple(lanes),
        notes=resolution.notes,
        timeout_s=asked.request.timeout_s,
        case_timeout_s=asked.request.case_timeout_s,
    )


def _record_models(resolution: Resolution, store: Store) -> None:
    for candidate in resolution.candidates:
        record_seen(store, candidate.info, endpoint_name=candidate.endpoint.name)


def _run_plan(asked: Asked, item: ResolvedBenchmark, store: Store) -> RunPlan:
    request, benchmark = asked.request, item.benchmark
    order = seeded_order([case.case_id for case in benchmark.cases], seed=request.seed)
    chosen = set(order[: request.limit])
    case_ids = tuple(case.case_id for case in benchmark.cases if case.case_id in chosen)
    run = RunPlan(
        run_id=run_id_for(asked.invocation_id, benchmark.name),
        invocation_id=asked.invocation_id,
        benchmark_version=benchmark.version,
        benchmark_name=benchmark.name,
        name=benchmark.name,
        seed=request.seed,
        n_repeats=request.repeats,
        limit=request.limit,
        metrics=tuple(MetricUse(name=metric.name, signature=metric.signature) for metric in item.metrics),
        headline=item.headline,
        n_cases=len(case_ids),
        code_version=code_version(),
    )
    create_run(store, run, case_ids)
    record_run_flow(store, run.run_id, asked.flow_run_id)
    return run


def _planned(
    asked: Asked, run: RunPlan, item: ResolvedBenchmark, resolved: ResolvedCandidate, store: Store
) -> PlannedCandidate:
    candidate, endpoint, info = resolved.candidate, resolved.endpoint, resolved.info
    options = resolved.options_for(item.benchmark)
    run_candidate_id = add_run_candidate(
        store,
        RunCandidatePlan(
            run_id=run.run_id,
            candidate_fingerprint=save_candidate(store, candidate),
            label=candidate.label,
            model_name=candidate.model,
            digest=candidate.digest,
            endpoint_name=endpoint.name,
            endpoint_url=endpoint.url,
            provider=endpoint.provider,
            server_version=endpoint.server_version,
            options=options,
            slots=endpoint.slots,
            details={
                "think": candidate.think,
                "gpu_tag": endpoint.gpu_tag,
                "family": info.family,
                "parameter_size": info.parameter_size,
                "quantization": info.quantization,
                "context_length": info.context_length,
                "unverified_weights": candidate.digest is None,
            },
        ),
    )
    n_generations = run.n_cases * run.n_repeats
    return PlannedCandidate(
        run_id=run.run_id,
        run_candidate_id=run_candidate_id,
        benchmark_version=run.benchmark_version,
        benchmark_name=run.benchmark_name,
        label=candidate.label,
        model=candidate.model,
        options=options,
        load_options=load_options(options),
        think=candidate.think,
        profile=candidate.profile,
        seed=run.seed,
        n_cases=run.n_cases,
        n_repeats=run.n_repeats,
        failure_budget=asked.request.failure_budget(n_generations),
    )


def _lane(endpoint: ResolvedEndpoint, planned: list[PlannedCandidate], *, allow_remote: bool) -> Lane:
    return Lane(
        endpoint_name=endpoint.name,
        url=endpoint.url,
        provider=endpoint.provider,
        key_variable=endpoint.key_variable,
        slots=endpoint.slots,
        allow_remote=endpoint.allow_remote or allow_remote,
        groups=grouped_by_residency(planned),
    )
