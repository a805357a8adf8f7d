"""The work pool of `serve`, and what becomes of flow runs that nobody works on any more."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import httpx
import pytest

from deployments.guarded.own_flows import engine_command
from deployments.serving import worker
from evaluation.errors import ConfigurationError

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient


@pytest.fixture
def client(prefect_api: str) -> "Iterator[SyncPrefectClient]":
    """A client of the session's server; the pool is gone after the test."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as opened:
        yield opened
        opened.delete_work_pool(worker.POOL)


def test_the_pool_is_made_once_and_keeps_what_a_person_has_set_but_for_how_runs_are_started(
    client: "SyncPrefectClient",
) -> None:
    from prefect.client.schemas.actions import WorkPoolUpdate

    worker.make_pool(client)
    made = client.read_work_pool(worker.POOL)
    template = made.base_job_template
    fields = template["variables"]["properties"]
    assert {"name", "labels", "stream_output"} == set(fields)
    fields["command"] = {"type": "string", "default": "another"}
    fields["env"] = {"type": "object", "default": {"MINE": "1"}}
    fields["stream_output"]["default"] = False
    template["job_configuration"] |= {"command": "{{ command }}", "env": "{{ env }}", "working_dir": "/"}
    client.update_work_pool(worker.POOL, WorkPoolUpdate(base_job_template=template, concurrency_limit=3))
    worker.make_pool(client)

    found = client.read_work_pool(worker.POOL)
    assert (made.id, "process", 3) == (found.id, found.type, found.concurrency_limit)
    properties = found.base_job_template["variables"]["properties"]
    assert {"name", "labels", "stream_output"} == set(properties)
    assert properties["stream_output"]["default"] is False
    job = found.base_job_template["job_configuration"]
    assert (engine_command(), {}, None) == (job["command"], job["env"], job["working_dir"])


def test_a_pool_of_that_name_and_another_type_is_refused(client: "SyncPrefectClient") -> None:
    from prefect.client.schemas.actions import WorkPoolCreate

    client.create_work_pool(WorkPoolCreate(name=worker.POOL, type="docker"))
    with pytest.raises(ConfigurationError, match="is of the type 'docker'"):
        worker.make_pool(client)


def test_deployments_with_a_pool_of_their_own_keep_it(client: "SyncPrefectClient") -> None:
    made = [
        _deployment(client, "elsewhere", pool="gpus-of-a-test"),
        _deployment(client, "ours", pool=worker.POOL),
        _deployment(client, "nowhere", pool=None),
    ]
    found = worker.with_another_pool(client, ["elsewhere", "ours", "nowhere"])
    for deployment_id in made:
        client.request("DELETE", "/deployments/{id}", path_params={"id": deployment_id})
    client.delete_work_pool("gpus-of-a-test")
    assert ["elsewhere"] == found


class _Busy:
    """A client whose server is busy, or refuses."""

    def __init__(self, error: httpx.HTTPError) -> None:
        self._error = error

    def request(self, *_: object, **__: object) -> httpx.Response:
        raise self._error


def _status(code: int) -> httpx.HTTPStatusError:
    request = httpx.Request("POST", "http://here/api")
    return httpx.HTTPStatusError(str(code), request=request, response=httpx.Response(code, request=request))


@pytest.mark.parametrize("error", [httpx.ReadTimeout("busy"), httpx.ConnectError("restarts"), _status(503)])
def test_while_the_server_is_busy_the_worker_is_not_known_to_be_at_work(error: httpx.HTTPError) -> None:
    assert not worker.is_at_work(cast("SyncPrefectClient", _Busy(error)), datetime.now(UTC))


def test_a_server_that_refuses_is_told() -> None:
    with pytest.raises(httpx.HTTPStatusError):
        worker.is_at_work(cast("SyncPrefectClient", _Busy(_status(401))), datetime.now(UTC))


def _deployment(client: "SyncPrefectClient", name: str, *, pool: str | None) -> str:
    from prefect.client.schemas.actions import WorkPoolCreate

    if pool is not None:
        client.create_work_pool(WorkPoolCreate(name=pool, type="process"), overwrite=True)
    flow_id = client.create_flow_from_name("of-a-test")
    body = {"name": name, "flow_id": str(flow_id), "entrypoint": "flows.test.test", "work_pool_name": pool}
    return str(client.request("POST", "/deployments/", json=body).json()["id"])


def test_flow_runs_that_nobody_works_on_are_marked_and_others_are_not(client: "SyncPrefectClient") -> None:
    worker.make_pool(client)
    deployment_id = _deployment(client, "ours", pool=worker.POOL)
    states = ("RUNNING", "PENDING", "COMPLETED", "PAUSED", "SCHEDULED")
    made = {state: _flow_run(client, deployment_id, state) for state in states}
    marked = worker.mark_ended(client, state="CRASHED", why="gone")
    found = {state: _state(client, flow_run_id) for state, flow_run_id in made.items()}
    none_left = worker.runs_at_work(client)
    client.request("DELETE", "/deployments/{id}", path_params={"id": deployment_id})

    kept = {state: state for state in ("COMPLETED", "PAUSED", "SCHEDULED")}
    assert (2, {"RUNNING": "CRASHED", "PENDING": "CRASHED", **kept}) == (marked, found)
    assert [] == none_left


def _flow_run(client: "SyncPrefectClient", deployment_id: str, state: str) -> str:
    path = {"id": deployment_id}
    made = client.request("POST", "/deployments/{id}/create_flow_run", path_params=path, json={}).json()["id"]
    body = {"state": {"type": state}, "force": True}
    client.request("POST", "/flow_runs/{id}/set_state", path_params={"id": made}, json=body)
    return str(made)


def _state(client: "SyncPrefectClient", flow_run_id: str) -> str:
    found = client.request("GET", "/flow_runs/{id}", path_params={"id": flow_run_id}).json()
    return str(found["state_type"])
