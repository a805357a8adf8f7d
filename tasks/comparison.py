"""Tasks that compare candidates of stored runs and publish the result in Prefect."""

import asyncio

from prefect import task
from prefect.cache_policies import NO_CACHE

from evaluation.comparisons.comparison_result import compare_and_store, refuse_unfit_runs, requested_runs
from evaluation.reports.comparisons.markdown import comparisons_as_markdown
from evaluation.reports.comparisons.tables import artifact_rows
from evaluation.reports.page_links import Shown
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.results.comparisons import ComparisonResult
from evaluation.settings import Settings
from evaluation.store.comparisons import find_comparison
from evaluation.store.plans import run_flows
from evaluation.store.session import Store
from tasks.artifacts import artifact_key, publish_page, publish_report_link, publish_table
from tasks.prefect_outage import going_on_without
from tasks.store_calls import call_with_store


@task(name="find runs", task_run_name="find the runs", cache_policy=NO_CACHE, persist_result=False)
async def find_runs(request: ComparisonRequest) -> tuple[str, ...]:
    """Return the ids of the stored runs, resolved before an evaluation changes which run is `last`."""
    return await call_with_store(requested_runs, request)


async def refuse_unfit(run_ids: tuple[str, ...], benchmarks: dict[str, str]) -> None:
    """Check that each stored run used one of these benchmarks, names by version.

    Raises:
        IncomparableError: one did not.
    """
    await call_with_store(refuse_unfit_runs, run_ids, benchmarks)


@task(name="compare", task_run_name="compare the sides", cache_policy=NO_CACHE, persist_result=False)
async def compare_candidates(
    request: ComparisonRequest, *, stored_runs: tuple[str, ...], evaluated: tuple[str, ...]
) -> tuple[str, ...]:
    """Compare and store the candidates of all runs, and return the ids of the comparisons, one for each benchmark.

    Args:
        request: Grouping, metrics and margin of the comparison.
        stored_runs: Ids of the stored runs that it names.
        evaluated: Ids of the runs that were made for it.
    """
    return await call_with_store(_compare, request, stored_runs, evaluated)


def _compare(
    store: Store, request: ComparisonRequest, stored_runs: tuple[str, ...], evaluated: tuple[str, ...]
) -> tuple[str, ...]:
    results = compare_and_store(store, request, evaluated=evaluated, stored=stored_runs)
    return tuple(result.comparison_id for result in results)


@task(name="publish comparison", task_run_name="publish the comparison", cache_policy=NO_CACHE, persist_result=False)
async def publish_comparison(comparison_ids: tuple[str, ...]) -> None:
    """Publish a table of all pairs for each comparison and one page of Markdown for all of them, as artifacts."""
    results = await call_with_store(_load, comparison_ids)
    tables = []
    async with going_on_without("the comparisons"):
        for result in results:
            key = artifact_key("comparison", result.benchmark)
            description = f"{result.benchmark} · comparison {result.comparison_id} · {len(result.sides)} sides"
            tables.append(await publish_table(artifact_rows(result), key=key, description=description))
            await publish_report_link(Shown.COMPARISON, result.comparison_id, description=description)
        flow_runs = await call_with_store(_flow_runs, results)
        page = await asyncio.to_thread(
            comparisons_as_markdown, results, flow_runs=flow_runs, tables=tables, pages_url=Settings().pages_url
        )
        await publish_page(page, key="comparison", description="Who is better, and how sure that is")


def _load(store: Store, comparison_ids: tuple[str, ...]) -> list[ComparisonResult]:
    return [find_comparison(store, comparison_id).result for comparison_id in comparison_ids]


def _flow_runs(store: Store, results: list[ComparisonResult]) -> dict[str, tuple[str, ...]]:
    """Return the flow runs that made each run."""
    return {run_id: run_flows(store, run_id) for result in results for run_id in result.run_ids}
