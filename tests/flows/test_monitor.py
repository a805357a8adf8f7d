"""The flow that monitors, on a real Prefect server: rows, events, pages, and an automation that calls a webhook."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from patient_client import patient_client
from watched_runs import answers, many_cases, watched_run

from deployments.automations import BLOCK, NAME, notify_by, notify_nobody
from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.requests.monitor_request import MonitorRequest
from evaluation.store.alert_silences import silence_alerts
from evaluation.store.alerts import list_alerts
from evaluation.store.session import Store
from tasks.monitoring.notify import RAISED

Monitor = Callable[..., dict[str, Any]]
CASES = many_cases(20)
PATIENCE_S = 120.0


@pytest.fixture
def monitor(prefect_api: str, store_url: str, store: Store, monkeypatch: pytest.MonkeyPatch) -> Monitor:
    """Runs the flow with that request, on a store of a usual run and a slow one, and returns its result."""
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", store_url)
    now = datetime.now(UTC)
    watched_run(store, CASES, answers(CASES), run_id="usual", age=timedelta(days=1), now=now)
    watched_run(store, CASES, answers(CASES, seconds=4), run_id="slow", age=timedelta(hours=1), now=now)

    def run(**request: Any) -> dict[str, Any]:
        from flows.monitor import monitor as flow

        running: Any = flow(MonitorRequest(**request))
        found: dict[str, Any] = asyncio.run(running)
        return found

    return run


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server's address, and what was posted to it."""
    posted: list[dict[str, Any]] = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/a-secret-path", posted
        server.shutdown()
        thread.join()


def _posted(api: str, path: str, body: dict[str, Any]) -> Any:
    with patient_client(api) as client:
        return client.post(path, json=body).json()


def _wait_for(find: Callable[[], Any]) -> Any:
    """What is found, as soon as there is anything."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := find()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def test_an_alert_is_a_row_an_event_a_line_of_the_page_and_a_call_of_the_webhook(
    monitor: Monitor, store: Store, prefect_api: str, webhook: tuple[str, list[dict[str, Any]]]
) -> None:
    url, posted = webhook
    with pytest.raises(ConfigurationError, match=r"is at 127\.0\.0\.1, an address of this machine"):
        notify_by(url)
    made = notify_by(url, severities=["warning"], may_be_private=True)
    assert (NAME, f"webhook/{BLOCK}") == (made.name, made.block)

    first = monitor()

    (alert,) = list_alerts(store)
    assert ("duration", "slow") == (alert.rule, alert.run_id)
    assert alert.notified_at is not None
    assert (1, [alert.alert_id]) == (first.n_notified, [one.alert.alert_id for one in first.alerts])
    _wait_for(lambda: posted)
    assert [alert.sentence] == [one["text"] for one in posted]
    assert (alert.alert_id, "m:1b") == (posted[0]["alert"]["alert_id"], posted[0]["alert"]["candidate"])
    wanted = {"filter": {"event": {"name": [RAISED]}, "resource": {"id": [f"benchwright.alert.{alert.alert_id}"]}}}
    (event,) = _wait_for(lambda: _posted(prefect_api, "/events/filter", wanted)["events"])
    assert "warning" == event["resource"]["benchwright.severity"]
    pages = {"artifacts": {"key": {"any_": ["monitor"]}}, "sort": "CREATED_DESC", "limit": 1}
    (page,) = _posted(prefect_api, "/artifacts/filter", pages)
    assert "**warning: duration** *new* m:1b on numbers takes 4 s" in page["data"]
    known = _posted(prefect_api, "/automations/filter", {"automations": {"name": {"any_": [NAME]}}})
    assert 1 == len(known)
    assert "a-secret-path" not in json.dumps(known)

    again = monitor()

    assert (0, [False]) == (again.n_notified, [one.is_new for one in again.alerts])
    assert notify_nobody()
    assert not notify_nobody()


def test_of_what_is_silenced_nobody_is_told(monitor: Monitor, store: Store) -> None:
    silence_alerts(store, until=datetime.now(UTC) + timedelta(hours=1), candidate="m:1b")

    result = monitor()

    assert (0, [True]) == (result.n_notified, [one.is_silenced for one in result.alerts])
    assert [None] == [one.notified_at for one in list_alerts(store)]


def test_what_cannot_be_called_is_refused(prefect_api: str) -> None:
    with pytest.raises(ConfigurationError, match="no block slack-webhook/nowhere"):
        notify_by("slack-webhook/nowhere")
    with pytest.raises(ConfigurationError, match="must begin with http"):
        notify_by("ftp://nowhere")
    with pytest.raises(UnknownNameError, match="severity"):
        notify_by("nowhere", severities=["loud"])


def test_a_scheduled_flow_run_that_failed_before_any_run_is_told_of(monitor: Monitor, prefect_api: str) -> None:
    with patient_client(prefect_api) as client:
        flow_id = client.post("/flows/", json={"name": "nightly-test"}).json()["id"]
        made = {"name": "nightly-test", "flow_id": flow_id, "tags": ["benchwright"]}
        schedules = [{"schedule": {"interval": 86_400}, "active": True}]
        deployment = client.post("/deployments/", json={**made, "schedules": schedules}).json()["id"]
        client.post(f"/deployments/{deployment}/create_flow_run", json={"name": "by-form", "tags": ["benchwright"]})
        client.post(f"/deployments/{deployment}/schedule", json={"min_runs": 1, "max_runs": 1})
        runs = client.post("/flow_runs/filter", json={"deployments": {"id": {"any_": [deployment]}}}).json()
        failed = {"state": {"type": "FAILED", "message": "no server answers"}, "force": True}
        for run in runs:
            client.post(f"/flow_runs/{run['id']}/set_state", json=failed)
    (scheduled,) = [run["name"] for run in runs if run["name"] != "by-form"]

    alerts = [one.alert for one in monitor().alerts if one.alert.rule == "run"]
    with patient_client(prefect_api) as client:  # or the next runs of its schedule are the newest for other tests
        client.delete(f"/deployments/{deployment}")
        client.delete(f"/flows/{flow_id}")

    assert [
        f"The scheduled nightly-test {scheduled!r} ended before it created a run: it failed: no server answers."
    ] == [alert.sentence for alert in alerts]
