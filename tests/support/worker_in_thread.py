"""A worker of shares in this process: it runs the flow runs over which an evaluation is spread, one after the other."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from deployments.definitions import chosen
from deployments.deploying import DeployRequest, deploy
from deployments.forms import Choices


@contextmanager
def stretch_deployed() -> Iterator[None]:
    """The deployment over whose runs work is spread, for as long as the context is open."""
    from prefect.client.orchestration import get_client

    (made,) = deploy(chosen(("stretch",)), DeployRequest(choices=Choices()))
    try:
        yield
    finally:
        with get_client(sync_client=True) as client:
            client.delete_deployment(UUID(made.deployment_id))


@contextmanager
def worker_in_thread(api: str) -> Iterator[list[str]]:
    """The names of the flow runs that it has run, with the deployment of which they are."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    ran: list[str] = []
    stop = threading.Event()

    def work() -> None:
        with temporary_settings({PREFECT_API_URL: api}):
            asyncio.run(_work(ran, stop))

    thread = threading.Thread(target=work)
    with stretch_deployed():
        thread.start()
        try:
            yield ran
        finally:
            stop.set()
            thread.join()


async def _work(ran: list[str], stop: threading.Event) -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter
    from prefect.flow_engine import run_flow_async

    from evaluation.requests.run_share import Share
    from flows.run_share import stretch

    waiting = FlowRunFilter.model_validate(
        {"state": {"type": {"any_": ["SCHEDULED"]}}, "tags": {"all_": ["benchwright"]}}
    )
    async with get_client() as client:
        while not stop.is_set():
            for found in await client.read_flow_runs(flow_run_filter=waiting):
                if not any(tag.startswith("invocation:") for tag in found.tags):
                    continue
                parameters: dict[str, Any] = dict(found.parameters)
                parameters["request"] = Share.model_validate(parameters["request"])
                await run_flow_async(stretch, flow_run=found, parameters=parameters, return_type="state")
                ran.append((await client.read_flow_run(found.id)).name)
            await asyncio.sleep(0.1)
