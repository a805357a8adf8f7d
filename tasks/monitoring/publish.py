"""Shows in Prefect what a monitor saw: a page, and a table of the newest figures."""

from collections.abc import Mapping
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE

from evaluation.reports.monitoring.page import monitor_as_markdown, statistics_rows
from tasks.artifacts import publish_page, publish_table
from tasks.prefect_outage import going_on_without


@task(name="publish monitor", task_run_name="publish the report", cache_policy=NO_CACHE, persist_result=False)
async def publish_monitor(result: Mapping[str, Any]) -> None:
    """Publish the report as Prefect artifacts.

    Args:
        result: As `evaluation.monitoring.result` gives it.
    """
    sentence = result["sentence"]
    async with going_on_without("the monitor's figures"):
        if rows := statistics_rows(result):
            await publish_table(rows, key="monitor-statistics", description=sentence)
        await publish_page(monitor_as_markdown(result), key="monitor", description=sentence)
