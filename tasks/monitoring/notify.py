"""The task that sends each new alert to Prefect as one event, on which automations act."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.events import Event, RelatedResource, Resource
from prefect.exceptions import PrefectHTTPStatusError
from prefect.runtime import flow_run

from evaluation.escaping import one_line
from evaluation.records.alerts import AlertRecord
from evaluation.results.as_json import as_json
from evaluation.store.alert_silences import to_notify
from evaluation.store.alerts import note_notified
from tasks.flow_logging import log_info, log_warning
from tasks.store_calls import call_with_store

RAISED = "benchwright.alert.raised"
"""Name of the event that reports an alert."""
LONGEST_TEXT = 2_000
"""Maximum length of one text in an event, in characters: a metric's signature may be long."""


@task(name="notify", task_run_name="notify of new alerts", cache_policy=NO_CACHE, persist_result=False)
async def notify() -> int:
    """Return the number of alerts sent to Prefect; those that could not be sent are sent next time."""
    waiting = await call_with_store(to_notify)
    if not waiting:
        return 0
    events = [alert_event(alert, flow_run.id) for alert in waiting]
    try:
        async with get_client() as client:
            # Sent and confirmed here: what waits in this process to be sent may die with it.
            await client.request("POST", "/events", json=[event.model_dump(mode="json") for event in events])
    except (httpx.HTTPError, PrefectHTTPStatusError) as error:
        log_warning("could not send %d alerts to Prefect; retrying next time: %s", len(waiting), type(error).__name__)
        return 0
    await call_with_store(note_notified, [alert.alert_id for alert in waiting])
    for alert in waiting:
        log_info("alert %s: %s", alert.alert_id, one_line(alert.sentence))
    return len(waiting)


def alert_event(alert: AlertRecord, flow_run_id: str | None = None) -> Event:
    """Return the event of an alert.

    Args:
        alert: The alert.
        flow_run_id: The flow run that found it.
    """
    related = []
    if flow_run_id:
        named = {"prefect.resource.id": f"prefect.flow-run.{flow_run_id}", "prefect.resource.role": "flow-run"}
        related.append(RelatedResource(named))
    return Event(
        id=uuid4(),
        event=RAISED,
        occurred=datetime.now(UTC),
        resource=Resource(_resource(alert)),
        related=related,
        payload=_payload(alert),
    )


def _resource(alert: AlertRecord) -> dict[str, str]:
    return {
        "prefect.resource.id": f"benchwright.alert.{alert.alert_id}",
        "prefect.resource.name": one_line(f"{alert.rule}: {alert.candidate or alert.benchmark or 'server'}")[:200],
        "benchwright.rule": alert.rule,
        "benchwright.severity": alert.severity,
        "benchwright.task": one_line(alert.task or ""),
        "benchwright.candidate": one_line(alert.candidate or ""),
    }


def _payload(alert: AlertRecord) -> dict[str, Any]:
    plain = as_json(alert)
    names = ("alert_id", "rule", "severity", "source", "task", "benchmark", "candidate", "metric", "run_id")
    payload = {name: plain[name] for name in (*names, "sentence", "evidence", "changes", "raised_at")}
    told: dict[str, Any] = _harmless(payload)
    return told


def _harmless(value: Any) -> Any:
    """Return the value with each text on one line, without characters that a database or a chat rejects."""
    match value:
        case str():
            line = one_line(value)
            return line if len(line) <= LONGEST_TEXT else f"{line[: LONGEST_TEXT - 1]}…"
        case dict():
            return {_harmless(str(key)): _harmless(each) for key, each in value.items()}
        case list() | tuple():
            return [_harmless(each) for each in value]
        case _:
            return value
