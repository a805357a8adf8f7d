"""The monitor as a deployment: every hour, one at a time, with a form that says its bounds."""

from deployments.definitions import chosen, runner_deployment
from deployments.forms import Choices, form
from evaluation.requests.monitor_request import MonitorRequest
from flows.monitor import monitor


def test_it_looks_every_hour_and_never_twice_at_a_time() -> None:
    (definition,) = chosen(("monitor",))
    deployment = runner_deployment(definition)

    (planned,) = deployment.schedules or ()
    assert ("hourly", True, "0 * * * *") == (planned.slug, planned.active, getattr(planned.schedule, "cron", None))
    assert ("monitor", 1) == (deployment.name, deployment.concurrency_limit)
    assert "flows.monitor.monitor" == deployment.entrypoint


def test_its_form_names_explains_and_bounds_every_field() -> None:
    schema = form(monitor.parameters.model_dump(), Choices())

    fields = schema["definitions"]["MonitorRequest"]["properties"]
    assert set(MonitorRequest.model_fields) == set(fields)
    assert all(field["title"] and field["description"] for field in fields.values())
    assert (1, 3650) == (fields["since_days"]["minimum"], fields["since_days"]["maximum"])
    assert 1 == fields["since_days"]["description"].count("t least 1")
