"""The task that turns a request into stored runs and an order of work."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from evaluation.benchmarks.sampling import chosen_cases, limited
from evaluation.case import Benchmark
from evaluation.options import load_options
from evaluation.planning.pipelines import PlannedPipeline, planned_pipeline
from evaluation.planning.plan import Group, Plan, PlannedCandidate, PlannedRun, grouped_by_residency, run_id_for
from evaluation.planning.resuming import refuse_changed_weights, refuse_held
from evaluation.records.candidates import MetricUse
from evaluation.records.runs import CORPUS, INDEX, SERVER_VERSIONS, RunCandidatePlan, RunPlan, RunRecord
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.requests.prices import stored_prices
from evaluation.requests.run_share import Share, whole_of
from evaluation.resolution.benchmarks import ResolvedBenchmark
from evaluation.resolution.resolution import Resolution, resolve
from evaluation.resolution.resolved_candidate import ResolvedCandidate
from evaluation.settings import Settings
from evaluation.store.benchmarks import load_benchmark_version
from evaluation.store.experiments import add_runs, find_experiment
from evaluation.store.models import record_seen
from evaluation.store.plans import (
    add_run_candidate,
    create_invocation,
    create_run,
    extend_run,
    note_servers,
    record_run_flow,
    update_invocation_request,
)
from evaluation.store.registry import save_candidate
from evaluation.store.runs import runs_of_invocation
from evaluation.store.session import Store, open_store
from evaluation.version import code_version
from tasks.block_values import with_pools, with_prices
from tasks.load import LoadedBenchmark
from tasks.metric_models import lane_of, models_for_metrics
from tasks.store_calls import call_store


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """The part of a request that is worked on now; a later stretch continues where it ends."""

    n_cases: int
    """Number of cases, from the beginning of the seeded order."""
    n_cases_at_most: int
    """Number of cases of all stretches together, which sets how often servers may fail."""
    fingerprints: tuple[str, ...] | None = None
    """Candidates to ask, the last one's model last; None: all, in the order of the request."""
    first_case: int = 0
    """Number of cases at the beginning of the seeded order to skip, whatever is missing there."""


@dataclass(frozen=True, kw_only=True)
class PlanRequest:
    """A request with its invocation id and the flow run that makes it."""

    request: EvaluationRequest
    invocation_id: str
    flow_run_id: str
    stretch: Stretch | None = None
    """Part of the request to work on; None: all of it at once."""
    held_as: str | None = None
    """Id under which the requesting process already holds the runs; None: no process may hold them."""
    share: Share | None = None
    """Share of the cases that this process asks for another one; None: all cases."""

    @property
    def part(self) -> str | None:
        """Part of the runs that it holds; None: all."""
        if self.share is not None:
            return self.share.part
        return whole_of(self.request.spread) if self.request.spread > 1 and self.stretch is None else None

    @property
    def limit(self) -> int | None:
        """Number of cases to ask now; None: all."""
        return self.request.case_limit if self.stretch is None else self.stretch.n_cases

    def candidates_to_ask(self, candidates: Sequence[ResolvedCandidate]) -> list[ResolvedCandidate]:
        """Return the candidates to ask now, in order."""
        fingerprints = None if self.stretch is None else self.stretch.fingerprints
        if fingerprints is None:
            return list(candidates)
        selected = [resolved for resolved in candidates if resolved.candidate.fingerprint in fingerprints]
        return sorted(selected, key=lambda resolved: fingerprints.index(resolved.candidate.fingerprint))

    def grouped(self, planned: Sequence[PlannedCandidate]) -> tuple[Group, ...]:
        """Group the work by loaded model; with an explicit order, each group is placed at its last candidate."""
        if self.stretch is None or self.stretch.fingerprints is None:
            return grouped_by_residency(planned)
        return grouped_by_residency(planned[::-1])[::-1]

    def only_cases(self, benchmark: Benchmark) -> frozenset[str] | None:
        """Return the ids of the cases to ask now; None: all of the run's."""
        if self.stretch is None or not self.stretch.first_case:
            return None
        order = limited([case.case_id for case in benchmark.cases], limit=self.stretch.n_cases, seed=self.request.seed)
        return frozenset(order[self.stretch.first_case :])


@task(name="plan", task_run_name="plan the work", cache_policy=NO_CACHE, persist_result=False)
async def plan_work(plan_request: PlanRequest, benchmarks: tuple[LoadedBenchmark, ...]) -> Plan:
    """Store the runs and candidates, and return the order of the work. A retry of the invocation gets the same.

    Args:
        plan_request: The request.
        benchmarks: Its benchmarks in the store.
    """
    settings = Settings()
    with await call_store(open_store, settings.database) as store:
        await call_store(
            refuse_held, store, plan_request.invocation_id, held_as=plan_request.held_as, part=plan_request.part
        )
        loaded = [
            await call_store(load_benchmark_version, store, benchmark.version, benchmark.name)
            for benchmark in benchmarks
        ]
        plan_request = replace(plan_request, request=await with_prices(plan_request.request))
        request = await with_pools(plan_request.request, store)
        resolution = await resolve(request, loaded, settings=settings, store=store)
        return await call_store(_plan, plan_request, resolution, store)


def _plan(plan_request: PlanRequest, resolution: Resolution, store: Store) -> Plan:
    name = plan_request.request.experiment
    experiment = find_experiment(store, name) if name is not None else None
    earlier = runs_of_invocation(store, plan_request.invocation_id)
    refuse_changed_weights(earlier, resolution.candidates)
    request_fields = plan_request.request.model_dump(mode="json", exclude_defaults=True)
    create_invocation(
        store, invocation_id=plan_request.invocation_id, request=request_fields, code_version=code_version()
    )
    if earlier:
        update_invocation_request(store, plan_request.invocation_id, request_fields)
    candidates = plan_request.candidates_to_ask(resolution.candidates)
    for candidate in candidates:
        for resolved in (candidate, *candidate.asked_beside):
            for endpoint in resolved.endpoints:
                record_seen(store, resolved.info, endpoint_name=endpoint.name)
    planned: list[PlannedCandidate] = []
    runs, labels = [], resolution.labels
    for item in resolution.benchmarks:
        run = _run_plan(plan_request, item, store, begun=frozenset(run.plan.run_id for run in earlier))
        metrics = tuple(metric.text for metric in item.metrics)
        runs.append(PlannedRun(run_id=run.run_id, benchmark_name=run.benchmark_name, metrics=metrics))
        planned += [
            _planned(plan_request, run, item, each, store, earlier, label=labels[each.candidate.fingerprint])
            for each in candidates
        ]
    if experiment is not None:
        add_runs(store, experiment.experiment_id, [run.run_id for run in runs])
    used = {endpoint.name: endpoint for candidate in candidates for endpoint in candidate.asked_endpoints}
    return Plan(
        invocation_id=plan_request.invocation_id,
        runs=tuple(runs),
        lanes=tuple(lane_of(endpoint, allow_remote=plan_request.request.allow_remote) for endpoint in used.values()),
        groups=plan_request.grouped(planned),
        notes=resolution.notes,
        timeout_s=plan_request.request.timeout_s,
        case_timeout_s=plan_request.request.case_timeout_s,
        reuse=plan_request.request.reuse,
        asked_models=models_for_metrics(resolution.metric_models, allow_remote=plan_request.request.allow_remote),
        spread=plan_request.request.spread if plan_request.stretch is None else 1,
        share=plan_request.share,
    )


def _run_plan(plan_request: PlanRequest, item: ResolvedBenchmark, store: Store, *, begun: frozenset[str]) -> RunPlan:
    request, benchmark = plan_request.request, item.benchmark
    case_ids = [case.case_id for case in chosen_cases(benchmark, limit=plan_request.limit, seed=request.seed)]
    run = RunPlan(
        run_id=run_id_for(plan_request.invocation_id, benchmark.name),
        invocation_id=plan_request.invocation_id,
        benchmark_version=benchmark.version,
        benchmark_name=benchmark.name,
        name=benchmark.name,
        seed=request.seed,
        n_repeats=request.repeats,
        limit=plan_request.limit,
        metrics=tuple(MetricUse(name=metric.name, signature=metric.signature) for metric in item.metrics),
        headline=item.headline,
        n_cases=len(case_ids),
        code_version=code_version(),
    )
    create_run(store, run, case_ids)
    if run.run_id in begun:
        extend_run(store, run.run_id, n_repeats=run.n_repeats, limit=run.limit, case_ids=case_ids)
    record_run_flow(store, run.run_id, plan_request.flow_run_id)
    return run


def _planned(
    plan_request: PlanRequest,
    run: RunPlan,
    item: ResolvedBenchmark,
    resolved: ResolvedCandidate,
    store: Store,
    earlier: Sequence[RunRecord] = (),
    *,
    label: str,
) -> PlannedCandidate:
    candidate, endpoint, info = resolved.candidate, resolved.endpoint, resolved.info
    options = _as_begun(resolved.options_for(item.benchmark), run.run_id, candidate.fingerprint, earlier)
    versions = {server.name: server.server_version for server in resolved.endpoints}
    prices = stored_prices(plan_request.request.price_table(), resolved.asked_models)
    pipeline = planned_pipeline(resolved, item.benchmark)
    run_candidate_id = add_run_candidate(
        store,
        RunCandidatePlan(
            run_id=run.run_id,
            candidate_fingerprint=save_candidate(store, candidate),
            label=label,
            model_name=candidate.model,
            digest=candidate.digest,
            endpoint_name=endpoint.name,
            endpoint_url=endpoint.url,
            provider=endpoint.provider,
            server_version=endpoint.server_version,
            options=options,
            slots=sum(server.slots for server in resolved.endpoints),
            details={
                "think": candidate.think,
                "gpu_tag": endpoint.gpu_tag,
                SERVER_VERSIONS: versions,
                **_corpus_of(pipeline),
                **prices,
                "family": info.family,
                "parameter_size": info.parameter_size,
                "quantization": info.quantization,
                "context_length": info.context_length,
                "unverified_weights": candidate.digest is None,
            },
        ),
    )
    note_servers(store, run_candidate_id, versions)
    n_at_most = run.n_cases if plan_request.stretch is None else plan_request.stretch.n_cases_at_most
    return PlannedCandidate(
        run_id=run.run_id,
        run_candidate_id=run_candidate_id,
        benchmark_version=run.benchmark_version,
        benchmark_name=run.benchmark_name,
        label=label,
        model=candidate.model,
        options=options,
        load_options=load_options(options),
        think=candidate.think,
        profile=candidate.profile,
        seed=run.seed,
        n_cases=run.n_cases,
        n_repeats=run.n_repeats,
        failure_budget=plan_request.request.failure_budget(n_at_most * run.n_repeats),
        digest=candidate.digest,
        trained_context=info.context_length,
        endpoints=tuple(server.name for server in resolved.endpoints),
        pipeline=pipeline,
        only_cases=plan_request.only_cases(item.benchmark),
        share=plan_request.share,
    )


def _corpus_of(pipeline: PlannedPipeline | None) -> dict[str, Any]:
    """Return what is kept of the candidate's corpus and index; empty where it has none."""
    if pipeline is None or pipeline.corpus is None:
        return {}
    return {CORPUS: asdict(pipeline.corpus.summary), INDEX: pipeline.index_identity}


def _as_begun(
    options: dict[str, Any], run_id: str, candidate_fingerprint: str, earlier: Sequence[RunRecord]
) -> dict[str, Any]:
    """Return the options with which the run began to ask this candidate, if it did.

    A default may have changed since.
    """
    begun = next(
        (
            candidate.plan.options
            for run in earlier
            if run.plan.run_id == run_id
            for candidate in run.candidates
            if candidate.plan.candidate_fingerprint == candidate_fingerprint
        ),
        options,
    )
    return {name: begun.get(name, value) for name, value in options.items()}
