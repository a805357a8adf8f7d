"""The task that publishes a retraining's outcome in Prefect: a table of the tasks, and a page."""

import asyncio

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from evaluation.reports.page_links import artifact_link, flow_run_link
from selection.learning.retraining import Judgement, NewEvidence, retraining_result
from selection.pages.retraining import retraining_as_markdown, task_rows
from selection.pages.retraining_chart import gains_chart
from selection.retraining import Retraining
from tasks.artifacts import publish_page, publish_table
from tasks.prefect_outage import going_on_without
from tasks.store_calls import call_with_store


@task(name="publish retraining", task_run_name="publish the retraining", cache_policy=NO_CACHE, persist_result=False)
async def publish_retraining(
    new_evidence: NewEvidence, judgement: Judgement | None, *, refusal: str | None = None
) -> Retraining:
    """Publish the outcome in Prefect, and return it.

    Args:
        new_evidence: What there was to learn from.
        judgement: What became of the model; None: none was trained.
        refusal: Why none was.
    """
    result = await call_with_store(retraining_result, new_evidence, judgement, refusal)
    links, charts = [flow_run_link(str(flow_run.id))] if flow_run.id else [], []
    async with going_on_without("the retraining's figures"):
        if result.report is not None:
            rows = task_rows(result.report)
            table_id = await publish_table(rows, key="retraining-tasks", description=result.sentence)
            links.append(artifact_link(table_id, text="The tasks, searchable and sortable"))
            charts.append(gains_chart(result.report))
        page = await asyncio.to_thread(retraining_as_markdown, result, charts=charts, links=" · ".join(links))
        await publish_page(page, key="retraining", description=result.sentence)
    return result
