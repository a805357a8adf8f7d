"""The tasks that store a benchmark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import task_run

from evaluation.requests.sweep_request import prompt_benchmark
from evaluation.resolution.benchmarks import find_benchmark
from evaluation.store.benchmarks import save_benchmark
from evaluation.store.runs import runs_of_invocation
from evaluation.store.session import Store
from tasks.store_calls import call_with_store


@dataclass(frozen=True, kw_only=True)
class LoadedBenchmark:
    """A benchmark in the store. Equal contents under two names are one version."""

    name: str
    version: str


def _task_run_name() -> str:
    return f"load {Path(str(task_run.parameters['name'])).name}"


@task(name="load", task_run_name=_task_run_name, cache_policy=NO_CACHE, persist_result=False)
async def load_benchmark(
    name: str, fields: Mapping[str, str] | None = None, ignore: Sequence[str] = ()
) -> LoadedBenchmark:
    """Store the cases of a suite, stored benchmark or file, and return their benchmark's name and version.

    Args:
        name: Name of the benchmark, or path of the file.
        fields: Mapping from our field names to those of the file.
        ignore: Fields of the file to leave out.
    """
    return await call_with_store(_load, name, fields, ignore)


async def load_prompt(prompt: str) -> None:
    """Store a single prompt as a benchmark of one case, under the name given by a sweep."""
    await call_with_store(_load_prompt, prompt)


def _load_prompt(store: Store, prompt: str) -> None:
    save_benchmark(store, prompt_benchmark(prompt))


async def benchmarks_begun(invocation_id: str) -> tuple[LoadedBenchmark, ...]:
    """Return the benchmarks of the runs of an invocation so far, in the order of the request.

    A resume continues with these, whatever happened to their files.
    """
    return await call_with_store(_begun, invocation_id)


def _begun(store: Store, invocation_id: str) -> tuple[LoadedBenchmark, ...]:
    plans = [run.plan for run in runs_of_invocation(store, invocation_id)]
    return tuple(LoadedBenchmark(name=plan.benchmark_name, version=plan.benchmark_version) for plan in plans)


def _load(store: Store, name: str, fields: Mapping[str, str] | None, ignore: Sequence[str]) -> LoadedBenchmark:
    benchmark = find_benchmark(name, store=store, fields=fields, ignore=ignore)
    return LoadedBenchmark(name=benchmark.name, version=save_benchmark(store, benchmark))
