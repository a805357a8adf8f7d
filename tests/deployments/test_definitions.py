"""What runs by itself, and when."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from prefect.client.schemas.objects import DeploymentSchedule
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule, RRuleSchedule
from prefect.server.schemas.schedules import CronSchedule as ServedSchedule

from deployments.definitions import ENOUGH_NEW, weekly_retraining
from deployments.deploying import _in_words
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


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (CronSchedule(cron="0 2 * * *"), "0 2 * * * UTC"),
        (IntervalSchedule(interval=timedelta(seconds=60)), "every 60 s"),
        (IntervalSchedule(interval=timedelta(seconds=90)), "every 90 s"),
        (IntervalSchedule(interval=timedelta(minutes=15)), "every 15 min"),
        (IntervalSchedule(interval=timedelta(hours=36)), "every 36 h"),
        (IntervalSchedule(interval=timedelta(days=7)), "every 7 d"),
        (RRuleSchedule(rrule="FREQ=DAILY"), "by a rule of the server's"),
    ],
)
def test_a_schedule_is_said_in_words_whoever_made_it(rule: Any, words: str) -> None:
    made = DeploymentSchedule(id=uuid4(), schedule=rule, active=False, slug="nightly")
    assert f"nightly: {words} (off)" == _in_words(made)
