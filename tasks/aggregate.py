"""The task that computes a run's estimates from its scores."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from evaluation.metrics.metric_process import MetricProcess
from evaluation.scoring.aggregation import aggregate_run
from evaluation.settings import Settings
from tasks.store_calls import compute_with_store


@task(name="aggregate", task_run_name="aggregate {benchmark}", cache_policy=NO_CACHE, persist_result=False)
async def aggregate(run_id: str, *, metrics: tuple[str, ...], benchmark: str) -> int:
    """Compute and store a run's estimates; return their number.

    Args:
        run_id: The run.
        metrics: Metrics in the form in which a benchmark names them.
        benchmark: Used only in the task run's name.
    """
    with MetricProcess(limit_s=Settings().metric_timeout_s) as apart:  # who is cancelled ends what is at work there
        return await compute_with_store(aggregate_run, run_id, metrics, apart=apart)
