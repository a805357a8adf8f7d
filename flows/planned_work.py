"""Work shared by evaluations, sweeps and races: make a plan, then generate, score and estimate."""

import asyncio
import contextlib
from uuid import UUID

from prefect import get_run_logger

from evaluation.errors import ProviderError, RunInUseError
from evaluation.gather import gather_or_cancel
from evaluation.planning.plan import Group, Plan
from evaluation.requests.run_share import whole_of
from evaluation.scoring.energy import apportion_energy
from evaluation.settings import Settings
from evaluation.store.session import open_store
from flows.generation import count_left, generate_all
from flows.scoring import score_all
from flows.serving import serve_all
from tasks.generation.residency import release_model
from tasks.generation.workbench import Workbench, open_workbench
from tasks.heartbeat import hold_runs
from tasks.load import LoadedBenchmark, benchmarks_begun, load_benchmark
from tasks.partial_scoring import score_finished
from tasks.plan import PlanRequest, plan_work
from tasks.progress import show_progress
from tasks.reconciling import reconcile_at_start
from tasks.recovery import call_crashed
from tasks.reuse import reuse_outcomes
from tasks.run_lifecycle import fail_runs, finish_runs, start_runs
from tasks.scoring.early_scores import early_scores
from tasks.spreading.other_shares import note_the_others
from tasks.spreading.share_flow_runs import spread_out, tag_of
from tasks.spreading.start_candidates import begin_candidates
from tasks.store_calls import call_store
from tasks.telemetry.gpu_sampling import gpu_sampling


async def planned(plan_request: PlanRequest, benchmarks: tuple[LoadedBenchmark, ...] | None = None) -> Plan:
    """Store the benchmarks, runs and candidates of a request, and return the order of the work.

    Args:
        plan_request: The request.
        benchmarks: Its benchmarks in the store; None: they are stored where they are missing.
    """
    # Held from here on, though no run is: whose process dies over its plan is to be made again too.
    with await call_store(open_store, Settings().database) as store:
        async with hold_runs(store, ()):
            await reconcile_at_start(store)
            if benchmarks is not None:
                return await plan_work(plan_request, benchmarks)
            begun = await benchmarks_begun(plan_request.invocation_id)
            rest = [
                await load_benchmark(name, plan_request.request.field_mapping(), plan_request.request.ignore_fields)
                for name in plan_request.request.benchmarks[len(begun) :]
            ]
            return await plan_work(plan_request, (*begun, *rest))


async def work_through(
    plan: Plan, flow_run_id: UUID, *, ends: bool = True, kept: dict[str, Group] | None = None
) -> dict[str, str]:
    """Generate, score and estimate everything in a plan, and return the status of each run.

    Args:
        plan: The plan, of which only the missing part is generated.
        flow_run_id: The flow run that works on it.
        ends: False where more cases of the same runs will follow; they are then left as running.
        kept: Group left in a server's memory by earlier work, by endpoint; updated with what this work leaves, for
            `let_go_of` to release. None: nothing is left.

    Raises:
        HeldError: another process works on its runs.
        CancelledError: finished cases are stored, and scored as far as a moment was enough; the runs are still open.
        Exception: whatever broke the work; the runs are failed.
    """
    try:
        if plan.spread > 1:
            return await _spread(plan, flow_run_id)
        return await _work_through(plan, flow_run_id, ends=ends, kept=kept)
    except asyncio.CancelledError:
        await score_finished(plan)
        raise
    except RunInUseError:
        raise  # its runs are somebody else's
    except Exception as error:
        await fail_runs(plan.invocation_id, error)
        raise


async def _spread(plan: Plan, flow_run_id: UUID) -> dict[str, str]:
    """Do the same with flow runs on workers; cases that none of them asks are asked here."""
    run_ids = [run.run_id for run in plan.runs]
    with await call_store(open_store, Settings().database) as store:
        async with hold_runs(store, run_ids, part=whole_of(plan.spread)):
            await call_crashed(store, run_ids, flow_run_id, but=tag_of(plan.invocation_id))
            await begin_candidates(store, plan)
            await start_runs(store, plan)
            if plan.reuse:
                await _reuse(plan)
            async with show_progress(store, plan.invocation_id), early_scores(store, plan):
                await spread_out(store, plan)
            return await _work_through(plan.left_by_others(), flow_run_id, ends=True, kept=None)


async def _work_through(plan: Plan, flow_run_id: UUID, *, ends: bool, kept: dict[str, Group] | None) -> dict[str, str]:
    async with open_workbench(plan, kept) as bench:
        run_ids = [run.run_id for run in plan.runs]
        part = whole_of(plan.spread) if plan.spread > 1 else None
        async with hold_runs(bench.store, run_ids, part=part) as bench.leases.holder_id:
            if part is None:
                await call_crashed(bench.store, run_ids, flow_run_id)
                await start_runs(bench.store, plan)
            else:
                await note_the_others(bench)
            if plan.reuse:
                await _reuse(plan)
            await count_left(bench)
            served = asyncio.Event()
            await gather_or_cancel([_serve(bench, served), _generate_and_score(bench, served, ends=ends)])
            return await finish_runs(bench) if ends else dict.fromkeys(run_ids, "running")


async def let_go_of(kept: dict[str, Group], plan: Plan) -> None:
    """Release the models that `work_through` has left in servers' memories.

    Args:
        kept: Groups by endpoint; emptied.
        plan: The last plan that was worked through.
    """
    if not kept:
        return
    with contextlib.suppress(ProviderError):  # a server that is gone has let go already
        async with open_workbench(plan):
            for endpoint, group in kept.items():
                await release_model(plan.invocation_id, endpoint, group.model, is_last=True)
    kept.clear()


async def _reuse(plan: Plan) -> None:
    for item in plan.candidates:
        n_reused = await reuse_outcomes(item.run_candidate_id, label=item.label, benchmark=item.benchmark_name)
        get_run_logger().info("%s · %s: reusing %d answers of earlier runs", item.label, item.benchmark_name, n_reused)


async def _serve(bench: Workbench, served: asyncio.Event) -> None:
    await serve_all(bench)
    served.set()


async def _generate_and_score(bench: Workbench, served: asyncio.Event, *, ends: bool) -> None:
    """Generate all answers, then score them while the servers still release models and slots."""
    plan = bench.plan
    servers = [(lane.endpoint_name, lane.url) for lane in plan.lanes]
    early = early_scores(bench.store, plan) if ends else contextlib.nullcontext()
    async with (
        show_progress(bench.store, plan.invocation_id),
        gpu_sampling(bench.store, plan.invocation_id, servers),
        early,
    ):
        await generate_all(bench)
    await call_store(apportion_energy, bench.store, plan.invocation_id)
    await score_all(
        bench.store, plan.scoring, bench.settings, on_leases=bench.leases.note, servers_are_free=served.wait
    )
