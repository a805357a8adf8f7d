"""Brings a benchmark into the store."""

from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import task_run

from evaluation.resolving import find_benchmark
from evaluation.settings import Settings
from evaluation.store.benchmarks import save_benchmark
from evaluation.store.runs import runs_of_invocation
from evaluation.store.session import open_store
from tasks.stored import stored


def _task_run_name() -> str:
    return f"load {Path(str(task_run.parameters['name'])).name}"


@task(name="load", task_run_name=_task_run_name, cache_policy=NO_CACHE, persist_result=False)
async def load_benchmark(name: str) -> str:
    """The version under which the cases of a suite, stored benchmark or file now stand in the store."""
    return await stored(_load, name)


async def stored_versions(invocation_id: str) -> tuple[str, ...]:
    """The benchmark versions of the runs that an invocation has already, in the order in which they were asked for.

    A resume goes on with these, whatever became of their files.
    """
    return await stored(_stored_versions, invocation_id)


def _stored_versions(invocation_id: str) -> tuple[str, ...]:
    with open_store(Settings().database) as store:
        return tuple(run.plan.benchmark_version for run in runs_of_invocation(store, invocation_id))


def _load(name: str) -> str:
    with open_store(Settings().database) as store:
        return save_benchmark(store, find_benchmark(name, store=store))
