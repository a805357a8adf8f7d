"""Which code a worker of ours runs, and how it starts a flow run, whatever the server says."""

import asyncio
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from deployments.definitions import chosen
from deployments.deploying import DeployRequest, deploy
from deployments.forms import Choices
from deployments.guarded.own_flows import ENGINE, engine_command, load_own_flow
from deployments.guarded.worker import own_configuration
from evaluation.errors import ConfigurationError

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun


@pytest.fixture
def client(prefect_api: str) -> "Iterator[SyncPrefectClient]":
    """A client of the session's server."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as opened:
        yield opened


@pytest.fixture
def deployment_id(client: "SyncPrefectClient") -> Iterator[UUID]:
    """A deployment of ours, gone after the test."""
    (made,) = deploy(chosen(("monitor",)), DeployRequest(choices=Choices()))
    yield UUID(made.deployment_id)
    client.delete_deployment(UUID(made.deployment_id))


def flow_run_of(client: "SyncPrefectClient", deployment_id: UUID) -> "FlowRun":
    return client.create_flow_run_from_deployment(deployment_id)


@pytest.mark.parametrize("entrypoint", [None, "flows.monitor:monitor", "flows.monitor.monitor"])
def test_a_deployment_of_ours_runs_the_flow_of_this_package(
    client: "SyncPrefectClient", deployment_id: UUID, entrypoint: str | None
) -> None:
    from flows.monitor import monitor

    if entrypoint is not None:
        body = {"entrypoint": entrypoint}
        client.request("PATCH", "/deployments/{id}", path_params={"id": deployment_id}, json=body)
    found = asyncio.run(load_own_flow(flow_run_of(client, deployment_id), use_placeholder_flow=False))
    assert monitor is found


@pytest.mark.parametrize(
    "entrypoint",
    ["/tmp/mine.py:flow", "os:system", "flows.monitor:monitor ", "flows/monitor.py:monitor", "flows.score:score"],
)
def test_a_deployment_that_names_other_code_is_refused(
    client: "SyncPrefectClient", deployment_id: UUID, entrypoint: str
) -> None:
    client.request("PATCH", "/deployments/{id}", path_params={"id": deployment_id}, json={"entrypoint": entrypoint})
    with pytest.raises(ConfigurationError, match="which is not a flow of Benchwright"):
        asyncio.run(load_own_flow(flow_run_of(client, deployment_id)))


def test_a_flow_run_of_no_deployment_is_refused(client: "SyncPrefectClient") -> None:
    from flows.monitor import monitor

    with pytest.raises(ConfigurationError, match="does not belong to a deployment"):
        asyncio.run(load_own_flow(client.create_flow_run(monitor)))


def test_prefect_loads_flows_by_ours_in_a_process_that_runs_own_flows_only() -> None:
    """Prefect imports the function by name here and there: a release that does so elsewhere must not slip through."""
    code = """
from deployments.guarded.own_flows import load_own_flow, run_own_flows_only
run_own_flows_only()
import prefect.flow_engine, prefect.flows, prefect.runner.runner, prefect.workers.process
for module in (prefect.flow_engine, prefect.flows, prefect.runner.runner, prefect.workers.process):
    assert module.load_flow_from_flow_run is load_own_flow, module
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=240)


@pytest.mark.parametrize(("is_cancelled", "code", "ends_as"), [(True, 0, "CANCELLED"), (False, 1, "PENDING")])
def test_what_was_cancelled_before_it_began_is_ended_by_its_process(
    client: "SyncPrefectClient", prefect_api: str, deployment_id: UUID, is_cancelled: bool, code: int, ends_as: str
) -> None:
    """A worker that hears of it before it has started the process does nothing; what cannot begin is left to it."""
    from prefect.states import Cancelling, Pending

    run = flow_run_of(client, deployment_id).id
    client.set_flow_run_state(run, Pending())
    if is_cancelled:
        client.set_flow_run_state(run, Cancelling())
    else:
        body = {"entrypoint": "os:system"}
        client.request("PATCH", "/deployments/{id}", path_params={"id": deployment_id}, json=body)
    env = os.environ | {"PREFECT_API_URL": prefect_api, "PREFECT__FLOW_RUN_ID": str(run)}
    ended = subprocess.run(shlex.split(engine_command()), env=env, capture_output=True, check=False, timeout=240)
    assert code == ended.returncode, ended.stderr.decode()
    state = client.read_flow_run(run).state
    assert state is not None
    assert ends_as == state.type.value


TEMPLATES: list[dict[str, Any]] = [
    {"job_configuration": {"command": "{{ command }}", "env": "{{ env }}"}, "variables": {"properties": {}}},
    {"job_configuration": {"command": "sh -c attack", "working_dir": "/"}, "variables": {}},
    {"job_configuration": {}, "variables": {"properties": {"command": {"default": "sh -c attack"}}}},
    {},
]


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize(
    "values", [{}, {"command": "sh -c attack", "env": {"PATH": "/"}, "working_dir": "/"}, {"env.PATH": "/"}]
)
def test_neither_a_template_nor_its_variables_choose_how_a_flow_run_is_started(
    template: dict[str, Any], values: dict[str, Any]
) -> None:
    made = asyncio.run(own_configuration().from_template_and_values(template, values))
    assert (engine_command(), {}, None) == (made.command, made.env, made.working_dir)
    assert [sys.executable, "-P", "-m", ENGINE] == shlex.split(engine_command())
