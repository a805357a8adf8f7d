"""Restriction of a deployment's flow runs to the flows of this package, whatever the server says.

Anyone with access to Prefect's API can change a deployment's entrypoint, path, steps and storage, and a work pool's
template. A process in which `run_own_flows_only` was called reads none of them: the deployment names one of our flows,
or it is refused.
"""

import shlex
import sys
from typing import TYPE_CHECKING, Any

from deployments.definitions import DEFINITIONS
from deployments.guarded.own_results import read_no_results
from evaluation.errors import ConfigurationError

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.schemas.objects import FlowRun

ENGINE = "deployments.guarded.engine"


def run_own_flows_only() -> None:
    """Keep Prefect from loading other flows, and any results. Call it before the imports that load them."""
    import prefect.flows

    read_no_results()
    prefect.flows.load_flow_from_flow_run = load_own_flow  # type: ignore[assignment]


async def load_own_flow(flow_run: "FlowRun", **_options: Any) -> "Flow[..., Any]":
    """Return the flow of the run's deployment, from this package.

    Raises:
        ConfigurationError: the run has no deployment, or one of another flow.
    """
    from prefect.client.orchestration import get_client

    if flow_run.deployment_id is None:
        raise ConfigurationError(f"the flow run {flow_run.name!r} does not belong to a deployment", "Run a deployment.")
    async with get_client() as client:
        deployment = await client.read_deployment(flow_run.deployment_id)
    for definition in DEFINITIONS:
        # Prefect writes the same with a dot where a deployment was made from the flow itself.
        if deployment.entrypoint in (definition.entrypoint, definition.entrypoint.replace(":", ".")):
            return definition.load_flow()
    raise ConfigurationError(
        f"the deployment {deployment.name!r} names {deployment.entrypoint!r}, which is not a flow of Benchwright; "
        f"this worker runs {', '.join(definition.entrypoint for definition in DEFINITIONS)}",
        "`benchwright deploy` brings the deployments back as they were. For other flows, start a worker of Prefect's.",
    )


def engine_command() -> str:
    """Return the command of a flow run's process."""
    return shlex.join([sys.executable, "-P", "-m", ENGINE])
