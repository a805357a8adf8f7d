"""The task that publishes results in Prefect: a searchable table for each run, and one Markdown page for all."""

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE

from evaluation.comparisons.level_outlook import with_levels
from evaluation.reports.page_links import Shown
from evaluation.reports.runs.page import invocation_as_markdown
from evaluation.reports.runs.tables import result_rows
from evaluation.results.runs import RunResult
from evaluation.run_results.run_result import invocation_result
from evaluation.settings import Settings
from tasks.artifacts import artifact_key, publish_page, publish_report_link, publish_table
from tasks.prefect_outage import going_on_without
from tasks.store_calls import call_with_store


@task(name="publish", task_run_name="publish results", cache_policy=NO_CACHE, persist_result=False)
async def publish_results(invocation_id: str, *, has_levels: bool = False) -> None:
    """Publish a table and a link to the report for each run, and one page of Markdown for all of them, as artifacts.

    Args:
        invocation_id: The invocation.
        has_levels: Add, and log, whether going on to a higher level can change the verdict.
    """
    result = await call_with_store(invocation_result, invocation_id)
    if has_levels:
        result = await call_with_store(with_levels, result)
        for step in result.levels.going_on if result.levels is not None else ():
            get_run_logger().info("%s: %s; next: %s", step.benchmark, step.sentence, step.command)
    tables: dict[str, str] = {}
    async with going_on_without("the results"):
        for run in result.runs:
            key = artifact_key("results", run.benchmark)
            tables[run.run_id] = await publish_table(result_rows(run), key=key, description=_caption(run))
            await publish_report_link(Shown.RUN, run.run_id, description=_caption(run))
        page = await call_with_store(invocation_as_markdown, result, table_links=tables, pages_url=Settings().pages_url)
        await publish_page(page, key="evaluation", description="The evaluation, run by run")


def _caption(run: RunResult) -> str:
    return f"{run.benchmark} · run {run.run_id} · {run.status} · 95 % intervals over {run.n_cases:,} cases"
