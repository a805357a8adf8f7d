"""Shows a run's results in Prefect: a table, a page of Markdown, and how far the work is."""

from typing import Any
from uuid import UUID

from prefect import get_run_logger, task
from prefect.artifacts import (
    acreate_markdown_artifact,
    acreate_progress_artifact,
    acreate_table_artifact,
    aupdate_progress_artifact,
)
from prefect.cache_policies import NO_CACHE

from evaluation.reports.escaping import for_markdown
from evaluation.reports.markdown import invocation_as_markdown
from evaluation.reports.results import invocation_result
from evaluation.reports.tables import result_rows
from evaluation.settings import Settings
from evaluation.store.session import open_store
from tasks.stored import stored


@task(name="publish", task_run_name="publish results", cache_policy=NO_CACHE, persist_result=False)
async def publish_results(invocation_id: str) -> None:
    """Publishes a table for each run and one page of Markdown for all of them, as artifacts."""
    result = await stored(_result, invocation_id)
    tables: dict[str, str] = {}
    for run in result["runs"]:
        table = acreate_table_artifact(
            table=result_rows(run),
            key=artifact_key("results", run["benchmark"]),
            description=for_markdown(_caption(run)),
        )
        tables[run["run_id"]] = str(await table)
    page = await stored(_page, result, tables)
    await acreate_markdown_artifact(markdown=page, key="evaluation", description="The evaluation, run by run")


def _result(invocation_id: str) -> dict[str, Any]:
    with open_store(Settings().database) as store:
        return invocation_result(store, invocation_id)


def _page(result: dict[str, Any], tables: dict[str, str]) -> str:
    with open_store(Settings().database) as store:
        return invocation_as_markdown(store, result, table_links=tables)


def _caption(run: dict[str, Any]) -> str:
    return f"{run['benchmark']} · run {run['run_id']} · {run['status']} · 95 % intervals over {run['n_cases']:,} cases"


def artifact_key(*words: str) -> str:
    """Words as an artifact's key: small letters, digits and dashes."""
    text = "-".join(words).lower()
    return "-".join("".join(letter if letter.isascii() and letter.isalnum() else " " for letter in text).split())


class ProgressArtifact:
    """The progress of a flow run as Prefect shows it. What Prefect does not answer now is tried with the next step."""

    def __init__(self, key: str = "progress") -> None:
        self._key = key
        self._id: UUID | None = None
        self._shown = -1.0

    async def show(self, percent: float, description: str) -> None:
        """Shows how far the work is, in percent, where that has changed by a tenth."""
        rounded = round(percent, 1)
        if rounded == self._shown:
            return
        try:
            if self._id is None:
                self._id = await acreate_progress_artifact(progress=rounded, key=self._key, description=description)
            else:
                await aupdate_progress_artifact(artifact_id=self._id, progress=rounded, description=description)
        except Exception as error:  # a bar must not end a run
            get_run_logger().debug("progress is shown later: %s", error)
            return
        self._shown = rounded
