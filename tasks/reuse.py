"""Reuse of outcomes of earlier runs that were asked in exactly the same way: cheap beside asking again."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from evaluation.store.reuse import reuse_stored
from tasks.store_calls import call_with_store


@task(name="reuse", task_run_name="reuse {label} · {benchmark}", cache_policy=NO_CACHE, persist_result=False)
async def reuse_outcomes(run_candidate_id: int, *, label: str, benchmark: str) -> int:
    """Copy outcomes of earlier runs to this candidate, marked as reused, and return their number.

    Args:
        run_candidate_id: The candidate of a run; only its missing outcomes are copied.
        label: Used only in the task run's name.
        benchmark: Used only in the task run's name.
    """
    return await call_with_store(reuse_stored, run_candidate_id)
