"""The main job: ask candidates a benchmark's cases, score what they answer, and say how sure the numbers are."""

import asyncio
from typing import Any
from uuid import UUID

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Cancelled, Failed

from evaluation.energy import apportion_energy
from evaluation.errors import HeldError
from evaluation.planning import Plan
from evaluation.request import EvaluationRequest
from evaluation.side_by_side import side_by_side
from flows.generation import count_left, generate_all
from flows.scoring import score_all
from flows.serving import serve_all
from tasks.endings import cancel_runs, fail_runs, finish_runs, start_runs
from tasks.generation.workbench import Workbench, open_workbench
from tasks.holding import holding
from tasks.interruption import interruptible
from tasks.load import benchmarks_begun, load_benchmark
from tasks.plan import Asked, plan_work
from tasks.publish import publish_results
from tasks.recovery import call_crashed, free_slots_of_the_dead
from tasks.reuse import reuse_outcomes
from tasks.salvage import score_what_is_finished
from tasks.stored import stored
from tasks.telemetry.gpu_sampling import gpu_sampling
from tasks.watching import show_progress


def _flow_run_name() -> str:
    request = flow_run.parameters.get("request")
    if not isinstance(request, EvaluationRequest):
        request = EvaluationRequest.model_validate(request)
    n_candidates = len(request.models) + len(request.candidates)
    names = ", ".join(name.rsplit("/", 1)[-1] for name in request.benchmarks)
    return f"evaluate {n_candidates} candidate{'s' if n_candidates != 1 else ''} on {names}"


@flow(name="evaluate", flow_run_name=_flow_run_name, persist_result=False)
async def evaluate(request: EvaluationRequest, invocation_id: str | None = None) -> Any:
    """Ask every candidate every case, score the answers, and publish the numbers with their intervals.

    Args:
        request: What to evaluate on what.
        invocation_id: Leave empty. Given by whoever starts the flow and wants to find its results.
    """
    own_id = UUID(str(flow_run.id))
    asked = Asked(request=request, invocation_id=invocation_id or own_id.hex, flow_run_id=str(own_id))
    async with interruptible(own_id) as interruption:
        try:
            return await _evaluate(asked)
        except asyncio.CancelledError:
            await cancel_runs(asked.invocation_id, interruption.reason)
            return Cancelled(message=interruption.reason or "cancelled")


async def _evaluate(asked: Asked) -> State[Any] | dict[str, str]:
    begun = await benchmarks_begun(asked.invocation_id)
    rest = [await load_benchmark(name) for name in asked.request.benchmarks[len(begun) :]]
    plan = await plan_work(asked, (*begun, *rest))
    for note in plan.notes:
        get_run_logger().info("%s", note)
    try:
        async with open_workbench(plan) as bench:
            run_ids = [run.run_id for run in plan.runs]
            async with holding(bench.store, run_ids) as bench.leases.holder_id:
                await free_slots_of_the_dead(bench.store)
                await call_crashed(bench.store, run_ids, UUID(asked.flow_run_id))
                await start_runs(bench.store, plan)
                if plan.reuse:
                    await _reuse(plan)
                await count_left(bench)
                served = asyncio.Event()
                await side_by_side([_serve(bench, served), _generate_and_score(bench, served)])
                statuses = await finish_runs(bench)
    except asyncio.CancelledError:
        await score_what_is_finished(plan)
        raise
    except HeldError:
        raise  # its runs are somebody else's
    except Exception as error:
        await fail_runs(plan, error)
        raise
    await publish_results(plan.invocation_id)
    failed = [run_id for run_id, status in statuses.items() if status == "failed"]
    if failed:
        return Failed(message=f"failed: {', '.join(failed)}; the other candidates' results stand")
    return statuses


async def _reuse(plan: Plan) -> None:
    for item in plan.candidates:
        n_reused = await reuse_outcomes(item.run_candidate_id, label=item.label, benchmark=item.benchmark_name)
        get_run_logger().info("%s · %s: %d answers of earlier runs are used", item.label, item.benchmark_name, n_reused)


async def _serve(bench: Workbench, served: asyncio.Event) -> None:
    await serve_all(bench)
    served.set()


async def _generate_and_score(bench: Workbench, served: asyncio.Event) -> None:
    """Scoring begins with the last answer, while the servers still let go of models and slots."""
    plan = bench.plan
    servers = [(lane.endpoint_name, lane.url) for lane in plan.lanes]
    async with show_progress(bench.store, plan.invocation_id), gpu_sampling(bench.store, plan.invocation_id, servers):
        await generate_all(bench)
    await stored(apportion_energy, bench.store, plan.invocation_id)
    await score_all(
        bench.store, plan.scoring, bench.settings, on_leases=bench.leases.note, servers_are_free=served.wait
    )
