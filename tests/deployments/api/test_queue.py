"""What the HTTP interface says of the queue of a real Prefect server."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from api_client import ApiClient
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Running, Scheduled

from deployments.api import flow_runs
from deployments.api.problems import ProblemError
from deployments.definitions import DEFINITIONS
from tasks.slots.prefect_limits import PrefectLimits
from tasks.slots.tag_limits import look_at, waiting_name

pytestmark = pytest.mark.usefixtures("prefect_api")


@flow(name="evaluate")
def ours() -> None:
    """Named as one of our flows."""


@flow(name="somebody-elses")
def foreign() -> None:
    """Of another project on the same server."""


@pytest.fixture
def make() -> Iterator[Callable[[Any, Any], None]]:
    """Makes a flow run in that state, which is deleted again: other tests look for the one that is running."""
    with get_client(sync_client=True) as client:
        made: list[UUID] = []
        yield lambda of, state: made.append(client.create_flow_run(of, state=state).id)
        for flow_run_id in made:
            client.delete_flow_run(flow_run_id)


def test_slots_of_a_gpu_and_evaluations_that_wait_for_it_are_counted() -> None:
    tag = f"gpu-{uuid4().hex[:8]}"

    async def prepared() -> None:
        async with get_client() as client:
            limits = PrefectLimits(client)
            await look_at(limits, tag, slots=4)
            assert await limits.take(tag, 3, lease_s=60)
            assert await limits.take(waiting_name(tag), 2, lease_s=60)
            await client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=f"{tag}-other", limit=7))

    asyncio.run(prepared())

    found = flow_runs.queue()
    assert (4, 3) == found.slots[tag]
    assert 2 == found.waiting[tag]
    assert {name for name in found.slots if name.startswith(tag)} == {tag}  # not its own limits, nor somebody else's


def test_no_gpu_is_left_out_where_there_are_more_limits_than_the_server_tells_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tags = [f"gpu-{uuid4().hex[:8]}" for _ in range(3)]

    async def prepared() -> None:
        async with get_client() as client:
            for tag in tags:
                await look_at(PrefectLimits(client), tag, slots=2)

    asyncio.run(prepared())
    monkeypatch.setattr(flow_runs, "_MOST_LIMITS", 5)

    assert set(tags) <= set(flow_runs.queue().slots)


def test_flow_runs_that_are_due_wait_and_no_others(make: Callable[[Any, Any], None]) -> None:
    now = datetime.now(UTC)
    before = flow_runs.queue().n_waiting

    make(ours, Scheduled(scheduled_time=now - timedelta(minutes=1)))
    make(ours, Scheduled(scheduled_time=now - timedelta(days=1)))
    for of, state in (
        (ours, Scheduled(scheduled_time=now + timedelta(hours=1))),
        (ours, Running()),
        (foreign, Scheduled(scheduled_time=now - timedelta(minutes=1))),
    ):
        make(of, state)

    assert before + 2 == flow_runs.queue().n_waiting


def test_every_flow_that_is_deployed_is_one_of_ours() -> None:
    assert {each.load_flow().name for each in DEFINITIONS} <= flow_runs.OUR_FLOWS


def test_figures_say_that_the_server_answers(api: ApiClient) -> None:
    text = api.get("/metrics").text

    assert "benchwright_prefect_up 1.0" in text
    assert "benchwright_flow_runs_waiting" in text


def test_a_prefect_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else each scrape would wait for minutes, and keep a thread that other requests need."""
    monkeypatch.setattr(flow_runs, "_QUEUE_WITHIN_S", 0.1)
    accepted: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/api"
        answered_by = threading.Thread(target=lambda: accepted.append(listening.accept()[0]))
        answered_by.start()
        with (
            temporary_settings({PREFECT_API_URL: address}),
            pytest.raises(ProblemError, match="takes too long to answer") as refused,
        ):
            flow_runs.queue()
        answered_by.join()
    accepted[0].close()

    assert 503 == refused.value.status
    assert 1 == len(accepted)
