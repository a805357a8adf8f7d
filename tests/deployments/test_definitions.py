"""What runs by itself, and when."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from prefect.client.schemas.schedules import CronSchedule
from prefect.server.schemas.schedules import CronSchedule as ServedSchedule

from deployments.definitions import ENOUGH_NEW, weekly_retraining
from flows.retrain import retrain
from selection.retrain_request import RetrainRequest


def test_the_selection_is_retrained_on_mondays_at_four_by_the_clock_that_was_named() -> None:
    deployment = weekly_retraining(timezone="Europe/Amsterdam")

    (planned,) = deployment.schedules or ()
    schedule = planned.schedule
    assert isinstance(schedule, CronSchedule)
    assert ("0 4 * * 1", "Europe/Amsterdam", "weekly") == (schedule.cron, schedule.timezone, planned.slug)
    served = ServedSchedule(cron=schedule.cron, timezone=schedule.timezone)
    (due,) = asyncio.run(served.get_dates(n=1, start=datetime(2026, 7, 1, tzinfo=UTC)))
    assert datetime(2026, 7, 6, 4, tzinfo=ZoneInfo("Europe/Amsterdam")) == due


def test_it_retrains_only_where_enough_is_new_and_never_twice_at_a_time() -> None:
    deployment = weekly_retraining()

    assert RetrainRequest(if_enough_new=ENOUGH_NEW) == RetrainRequest(**deployment.parameters["request"])
    assert ("retrain", "retrain", 1) == (deployment.name, deployment.flow_name, deployment.concurrency_limit)
    assert "flows.retrain.retrain" == deployment.entrypoint


def test_the_form_of_the_flow_names_and_explains_every_field() -> None:
    schema = retrain.parameters.model_dump()["definitions"]["RetrainRequest"]

    fields: dict[str, Any] = schema["properties"]
    assert {"if_enough_new", "seed"} == fields.keys()
    assert all(field["title"] and field["description"] for field in fields.values())
