"""Reuse of outcomes of earlier runs that were asked in exactly the same way: cheap beside asking again."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from evaluation.settings import Settings
from evaluation.store.reuse import reuse_stored
from evaluation.store.session import open_store
from tasks.store_calls import call_store


@task(name="reuse", task_run_name="reuse {label} · {benchmark}", cache_policy=NO_CACHE, persist_result=False)
async def reuse_outcomes(run_candidate_id: int, *, label: str, benchmark: str) -> int:
    """Copy outcomes of earlier runs to this candidate, marked as reused, and return their number.

    Args:
        run_candidate_id: The candidate of a run; only its missing outcomes are copied.
        label: Used only in the task run's name.
        benchmark: Used only in the task run's name.
    """
    return await call_store(_reuse, run_candidate_id)


def _reuse(run_candidate_id: int) -> int:
    with open_store(Settings().database) as store:
        return reuse_stored(store, run_candidate_id)
