"""The tasks that grade calls in production: draw the sample, ask the judge, and publish what it found."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeAlias

from prefect import task
from prefect.cache_policies import NO_CACHE

from evaluation.metrics.metric import Metric
from evaluation.planning.plan import MetricModelPlan
from evaluation.records.traffic_grades import CallPlace
from evaluation.reports.traffic_grading import grading_as_markdown, grading_rows
from evaluation.requests.grading_request import GradingRequest
from evaluation.resolution.grading import resolve_judge
from evaluation.results.traffic_grading import TrafficGradingResult
from evaluation.settings import Settings
from evaluation.store.session import Store
from evaluation.store.traffic_grades import days_of_grades, graded_rows, production_calls
from evaluation.traffic_grading.grading import GradeCounts, grade_calls
from evaluation.traffic_grading.sampling import sample_of
from evaluation.traffic_grading.summary import candidate_grades
from tasks.artifacts import publish_page, publish_table
from tasks.block_values import with_pools
from tasks.flow_logging import log_info
from tasks.metric_models import models_for_metrics
from tasks.prefect_outage import going_on_without
from tasks.scoring.metric_server import serve_metric_model
from tasks.store_calls import call_store

OnLeases: TypeAlias = Callable[[str, frozenset[str]], Awaitable[None]]


class PlannedGrading:
    """Calls to grade and the judge. No dataclass: Prefect would look at every call in it whenever a task gets it."""

    def __init__(
        self,
        *,
        metric: Metric,
        judge: MetricModelPlan,
        notes: tuple[str, ...],
        periods: list[tuple[datetime, datetime]],
        calls: list[CallPlace],
        n_without_texts: int,
        missing: list[int],
    ) -> None:
        """Keep what is graded by whom.

        Args:
            metric: Bound to the judge's weights.
            judge: The model and its server.
            notes: Remarks for the user.
            periods: Days whose calls are graded, from beginning to end.
            calls: Their calls that can be graded.
            n_without_texts: Their calls that cannot be.
            missing: Rows of the sample without a grade.
        """
        self.metric = metric
        self.judge = judge
        self.notes = notes
        self.periods = periods
        self.calls = calls
        self.n_without_texts = n_without_texts
        self.missing = missing


@task(name="draw", task_run_name="draw the sample", cache_policy=NO_CACHE, persist_result=False)
async def plan_grading(store: Store, request: GradingRequest) -> PlannedGrading:
    """Return the judge, and the calls of the sample that have no grade by it."""
    as_evaluation = await with_pools(request.as_evaluation(), store)
    resolved = await resolve_judge(as_evaluation, criteria=request.criteria, settings=Settings(), store=store)
    (judge,) = models_for_metrics([resolved.model], allow_remote=request.allow_remote)
    periods = request.periods(datetime.now(UTC))
    calls: list[CallPlace] = []
    sample: list[int] = []
    n_without_texts = 0
    for since, until in periods:
        filters = {"tasks": request.tasks, "policies": request.policies}
        of_day, n_others = await call_store(production_calls, store, since=since, until=until, **filters)
        calls += of_day
        n_without_texts += n_others
        sample += [call.row_id for call in sample_of(of_day, request.sample, seed=request.seed)]
    done = await call_store(graded_rows, store, resolved.metric.signature, sample)
    return PlannedGrading(
        metric=resolved.metric,
        judge=judge,
        notes=resolved.notes,
        periods=periods,
        calls=calls,
        n_without_texts=n_without_texts,
        missing=[row_id for row_id in sample if row_id not in done],
    )


@task(name="grade", task_run_name="ask the judge", cache_policy=NO_CACHE, persist_result=False)
async def ask_judge(
    store: Store, plan: PlannedGrading, *, timeout_s: float, flow_run_id: str, on_leases: OnLeases
) -> GradeCounts:
    """Have the judge grade what is missing; it is not loaded where nothing is."""
    if not plan.missing:
        return GradeCounts(n_graded=0, n_failed=0)
    log_info("%s grades %d calls", plan.judge.model, len(plan.missing))
    async with serve_metric_model(
        plan.judge, store, timeout_s=timeout_s, retry_base_s=Settings().retry_base_s, on_leases=on_leases
    ) as answerers:
        return await grade_calls(store, plan.missing, plan.metric, answerers, flow_run_id=flow_run_id)


async def grading_result(store: Store, plan: PlannedGrading, counts: GradeCounts) -> TrafficGradingResult:
    """Return what was asked now, and the grades of these days."""
    (first, _), (last, end) = plan.periods[0], plan.periods[-1]
    days = await call_store(days_of_grades, store, since=first, until=end, signature=plan.metric.signature)
    return TrafficGradingResult(
        judge=plan.judge.model,
        digest=plan.judge.digest,
        metric=plan.metric.name,
        signature=plan.metric.signature,
        first_day=first.date().isoformat(),
        last_day=last.date().isoformat(),
        n_asked=len(plan.missing),
        n_graded=counts.n_graded,
        n_failed=counts.n_failed,
        n_without_texts=plan.n_without_texts,
        candidates=candidate_grades(plan.calls, days),
    )


@task(name="publish grades", task_run_name="publish the report", cache_policy=NO_CACHE, persist_result=False)
async def publish_grading(result: TrafficGradingResult) -> None:
    """Publish the grades as Prefect artifacts."""
    async with going_on_without("the grades"):
        if rows := grading_rows(result):
            await publish_table(rows, key="traffic-grades", description=result.sentence)
        await publish_page(grading_as_markdown(result), key="traffic-grading", description=result.sentence)
