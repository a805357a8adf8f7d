"""Deployments on the tests' Prefect server, and their flow runs as the process of a worker runs them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from deployments.definitions import chosen
from deployments.deploying import DeployRequest, deploy
from deployments.forms import Choices


@contextmanager
def deployed(*names: str) -> Iterator[None]:
    """The deployments on the Prefect server, until the end of the block."""
    from prefect.client.orchestration import get_client

    made = deploy(chosen(names), DeployRequest(choices=Choices()))
    try:
        yield
    finally:
        with get_client(sync_client=True) as client:
            for each in made:
                client.delete_deployment(UUID(each.deployment_id))


def worker_process(flow_run_id: str) -> "subprocess.Popen[bytes]":
    """Runs a flow run as the process of a worker does: its deployment says which flow that is."""
    variables = {**os.environ, "PREFECT__FLOW_RUN_ID": flow_run_id}
    return subprocess.Popen([sys.executable, "-P", "-m", "prefect.engine"], env=variables)
