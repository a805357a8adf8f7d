"""The outcome of a race, stored and published in Prefect."""

import asyncio

from prefect import task
from prefect.cache_policies import NO_CACHE

from evaluation.charts.kinds import Chart
from evaluation.races.blocks import next_block
from evaluation.races.outcome import outcome
from evaluation.records.runs import RunRecord
from evaluation.records.status import Status
from evaluation.reports.page_links import Shown, artifact_link, flow_run_link, own_page_links
from evaluation.reports.races.page import NOT_OVER, race_as_markdown, ranking_rows
from evaluation.reports.runs.charts import latencies
from evaluation.results.as_json import as_json
from evaluation.results.races import RaceResult
from evaluation.run_results.race_result import race_outcome, race_result
from evaluation.scoring.missing_scores import too_many_missing
from evaluation.settings import Settings
from evaluation.store.races import finish_race
from evaluation.store.runs import set_run_status
from evaluation.store.session import Store
from tasks.artifacts import artifact_key, publish_page, publish_table
from tasks.prefect_outage import going_on_without
from tasks.races.schedule import RaceSchedule, position, run_of
from tasks.store_calls import call_with_store


@task(name="finish race", task_run_name="finish the race", cache_policy=NO_CACHE, persist_result=False)
async def end_race(race_schedule: RaceSchedule, *, minutes: float, metrics: tuple[str, ...]) -> dict[str, str]:
    """Return the status of the run, once the outcome of the race is stored.

    Args:
        race_schedule: The race, over.
        minutes: That this process has taken.
        metrics: The run's, as `parse_metric` reads them.
    """
    return await call_with_store(_end, race_schedule, minutes, metrics)


def _end(store: Store, race_schedule: RaceSchedule, minutes: float, metrics: tuple[str, ...]) -> dict[str, str]:
    run = run_of(store, race_schedule)
    assert run is not None  # noqa: S101 - a race that has asked something has its run
    here = position(store, race_schedule, minutes=minutes)
    state, _ = next_block(here.state, here.grid, here.spent, here.prices)
    result = outcome(state, here.grid, seed=race_schedule.request.evaluation.seed)
    calls_of_a_case = sum(price.calls for price in here.prices)
    shown = race_outcome(result, here.grid, state, here.spent, calls_of_a_case=calls_of_a_case)
    finish_race(store, race_schedule.invocation_id, as_json(shown))
    reasons = _why_failed(store, race_schedule, run, metrics)
    status = Status.FAILED if reasons else Status.COMPLETED
    set_run_status(store, run.plan.run_id, status, reason="; ".join(reasons) or None)
    return {run.plan.run_id: str(status)}


def _why_failed(store: Store, race_schedule: RaceSchedule, run: RunRecord, metrics: tuple[str, ...]) -> list[str]:
    reasons = [
        f"{candidate.plan.label} was given up: {candidate.given_up_reason}"
        for candidate in run.candidates
        if candidate.status is Status.FAILED and candidate.given_up_reason
    ]
    budget = race_schedule.request.evaluation.failure_budget(run.plan.n_cases * run.plan.n_repeats)
    budgets = {candidate.run_candidate_id: budget for candidate in run.candidates}
    if missing := too_many_missing(store, run.plan.run_id, metrics, budgets):
        reasons.append(f"{missing}; `benchwright race --resume {run.plan.run_id}` asks them again")
    return reasons


@task(name="publish race", task_run_name="publish the race", cache_policy=NO_CACHE, persist_result=False)
async def publish_race(invocation_id: str) -> None:
    """Publish the ranking as a table, and the race with all its decisions as a page of Markdown."""
    result, charts = await call_with_store(_shown, invocation_id)
    race = result.race
    sentence = race.outcome.sentence or NOT_OVER
    key = artifact_key("race", race.benchmark)
    async with going_on_without("the race's decisions"):
        table_id = await publish_table(ranking_rows(race), key=key, description=sentence)
        links = own_page_links(Settings().pages_url, Shown.RUN, race.run_id, part="race")
        links.append(artifact_link(table_id, text="The ranking, searchable and sortable"))
        links += [flow_run_link(flow_run_id) for run in result.invocation.runs for flow_run_id in run.flow_run_ids]
        page = await asyncio.to_thread(race_as_markdown, race, charts=charts, links=" · ".join(links))
        await publish_page(page, key="race", description=sentence)


def _shown(store: Store, invocation_id: str) -> tuple[RaceResult, list[Chart | None]]:
    result = race_result(store, invocation_id)
    return result, [latencies(store, run) for run in result.invocation.runs]
