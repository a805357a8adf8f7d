"""What is shown in Prefect waits for its server, and ends no work where it stays away."""

import asyncio
from typing import Any

import httpx
import pytest

from tasks import artifacts
from tasks import prefect_outage as module
from tasks.artifacts import publish_page, publish_table
from tasks.prefect_outage import going_on_without, retry_while_prefect_is_away

REQUEST = httpx.Request("POST", "http://here/api/artifacts/")
NOT_REACHED = httpx.ConnectError("All connection attempts failed")
OVERBURDENED = httpx.HTTPStatusError("503", request=REQUEST, response=httpx.Response(503, request=REQUEST))
REFUSED = httpx.HTTPStatusError("422", request=REQUEST, response=httpx.Response(422, request=REQUEST))


class Server:
    """Prefect's, away for its first calls."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.n_calls = list(errors), 0

    async def __call__(self, **_: Any) -> str:
        self.n_calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "id"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(module, "LONGEST_PAUSE_S", 0.002)


def _said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "benchwright"]


def test_a_server_that_comes_back_is_asked_again_and_that_it_was_away_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = Server(NOT_REACHED, NOT_REACHED, OVERBURDENED)

    assert "id" == asyncio.run(retry_while_prefect_is_away(server))

    assert 4 == server.n_calls
    (said,) = _said(caplog)
    assert "the Prefect server is unavailable; waiting for it: ConnectError: All connection attempts failed" == said


@pytest.mark.parametrize("publish", ["acreate_markdown_artifact", "acreate_table_artifact"])
def test_pages_and_tables_wait_for_the_server(publish: str, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(NOT_REACHED)
    monkeypatch.setattr(artifacts, publish, server)

    is_page = publish == "acreate_markdown_artifact"
    work = (
        publish_page("# Page", key="page", description="")
        if is_page
        else publish_table([{"a": "1"}], key="t", description="")
    )

    assert "id" == asyncio.run(work)
    assert 2 == server.n_calls


def test_a_server_that_stays_away_ends_no_work_and_it_is_said_what_is_not_shown(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = Server(*[NOT_REACHED] * 5)

    async def work() -> str:
        async with going_on_without("the results"):
            await retry_while_prefect_is_away(server, patience_s=0.0)
        return "it goes on"

    assert "it goes on" == asyncio.run(work())

    assert 1 == server.n_calls
    (said,) = _said(caplog)
    assert "the results could not be shown in Prefect; they are in the results database only: ConnectError" in said


def test_what_the_server_refuses_is_an_error_at_once() -> None:
    server = Server(REFUSED)

    async def work() -> None:
        async with going_on_without("the results"):
            await retry_while_prefect_is_away(server)

    with pytest.raises(httpx.HTTPStatusError, match="422"):
        asyncio.run(work())
    assert 1 == server.n_calls


def test_who_is_cancelled_while_waiting_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 10_000.0)
    server = Server(NOT_REACHED)

    async def work() -> None:
        waiting = asyncio.create_task(retry_while_prefect_is_away(server))
        while not server.n_calls:
            await asyncio.sleep(0.001)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(work())
    assert 1 == server.n_calls
