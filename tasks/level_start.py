"""The task that finds the runs from which a level goes on."""

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from evaluation.planning.level_continuation import level_start
from evaluation.requests.evaluation_request import EvaluationRequest
from evaluation.resolution.resolution import resolve
from evaluation.settings import Settings
from evaluation.store.benchmarks import load_benchmark_version
from evaluation.store.session import open_store
from tasks.block_values import with_pools, with_prices
from tasks.load import load_benchmark
from tasks.store_calls import call_store


@task(name="level", task_run_name="find the level before", cache_policy=NO_CACHE, persist_result=False)
async def begin_level(request: EvaluationRequest) -> tuple[EvaluationRequest, str | None]:
    """Return the request at the level to work on, and the id of the invocation to extend; None: a new one.

    Args:
        request: A request with a level.
    """
    stored = [
        await load_benchmark.fn(name, request.field_mapping(), request.ignore_fields) for name in request.benchmarks
    ]
    settings = Settings()
    with await call_store(open_store, settings.database) as store:
        loaded = [await call_store(load_benchmark_version, store, each.version, each.name) for each in stored]
        read = await with_pools(await with_prices(request), store)
        resolution = await resolve(read, loaded, settings=settings, store=store)
        start = await call_store(level_start, store, read, resolution)
    if start.note is not None:
        get_run_logger().info("%s", start.note)
    return request.model_copy(update={"level": start.request.level}), start.invocation_id
