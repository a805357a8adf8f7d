"""The findings of a sweep, stored and published in Prefect."""

import asyncio

from prefect import task
from prefect.cache_policies import NO_CACHE

from evaluation.charts.kinds import Chart
from evaluation.reports.page_links import Shown, artifact_link, flow_run_link, own_page_links
from evaluation.reports.runs.charts import latencies, quality_against_cost
from evaluation.reports.sweeps.findings import sweep_sentences
from evaluation.reports.sweeps.page import sweep_as_markdown
from evaluation.reports.sweeps.tables import combination_rows
from evaluation.results.as_json import as_json
from evaluation.results.sweeps import SweepResult
from evaluation.run_results.run_result import run_result
from evaluation.run_results.sweep_result import sweep_outcome
from evaluation.settings import Settings
from evaluation.store.session import Store
from evaluation.store.sweeps import finish_sweep
from tasks.artifacts import artifact_key, publish_page, publish_table
from tasks.prefect_outage import going_on_without
from tasks.store_calls import call_with_store


@task(name="analyse sweep", task_run_name="analyse the sweep", cache_policy=NO_CACHE, persist_result=False)
async def analyse_sweep(invocation_id: str) -> SweepResult:
    """Analyse the sweep; return its result, stored."""
    return await call_with_store(_analyse, invocation_id)


def _analyse(store: Store, invocation_id: str) -> SweepResult:
    result = sweep_outcome(store, invocation_id)
    finish_sweep(store, invocation_id, as_json(result))
    return result


@task(name="publish sweep", task_run_name="publish the sweep", cache_policy=NO_CACHE, persist_result=False)
async def publish_sweep(result: SweepResult) -> None:
    """Publish the combinations as a table, and the report as a page of Markdown."""
    sentence = sweep_sentences(result)[0]
    links, charts = await call_with_store(_beside, result)
    async with going_on_without("the sweep's combinations"):
        if result.metrics:
            table_id = await publish_table(
                combination_rows(result.metrics[0], limit=None),
                key=artifact_key("sweep", result.benchmark),
                description=sentence,
            )
            links.append(artifact_link(table_id, text="The combinations, searchable and sortable"))
        page = await asyncio.to_thread(sweep_as_markdown, result, charts=charts, links=" · ".join(links))
        await publish_page(page, key="sweep", description=sentence)


def _beside(store: Store, result: SweepResult) -> tuple[list[str], list[Chart | None]]:
    """Return links to the flow runs that made it, and what its answers cost."""
    run = run_result(store, result.run_id)
    links = own_page_links(Settings().pages_url, Shown.RUN, result.run_id, part="sweep")
    links += [flow_run_link(flow_run_id) for flow_run_id in run.flow_run_ids]
    return links, [quality_against_cost(run), latencies(store, run)]
