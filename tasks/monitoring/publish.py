"""The task that publishes a monitoring pass in Prefect: a page, and a table of the newest figures."""

from prefect import task
from prefect.cache_policies import NO_CACHE

from evaluation.reports.monitoring.page import monitor_as_markdown, statistics_rows
from evaluation.reports.page_links import alerts_page
from evaluation.results.monitoring import MonitorResult
from evaluation.settings import Settings
from tasks.artifacts import publish_page, publish_table
from tasks.prefect_outage import going_on_without


@task(name="publish monitor", task_run_name="publish the report", cache_policy=NO_CACHE, persist_result=False)
async def publish_monitor(result: MonitorResult) -> None:
    """Publish the report as Prefect artifacts."""
    async with going_on_without("the monitor's figures"):
        if rows := statistics_rows(result):
            await publish_table(rows, key="monitor-statistics", description=result.sentence)
        markdown = monitor_as_markdown(result, alerts_page=alerts_page(Settings().pages_url))
        await publish_page(markdown, key="monitor", description=result.sentence)
