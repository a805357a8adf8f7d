"""Is a body that never ends cut off, and are more requests than fit told when to come again?"""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import uvicorn
from served_asgi import AsgiServer

from deployments.api import guard
from deployments.api.access import Doorkeeper
from deployments.api.app import create_app
from deployments.api.connections import StrictConnection
from deployments.api.guard import Guard
from evaluation.store.session import KeptStore

HEAD = (
    "POST /api/v1/experiments HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
    "Content-Length: 1000\r\n\r\n"
)


@pytest.fixture
def served(served_store: KeptStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[AsgiServer]:
    """The application behind the connections of `benchwright api`, which waits half a second for a body."""
    monkeypatch.setattr(guard, "BODY_WITHIN_S", 0.5)
    config = uvicorn.Config

    def strict(app: Any, **options: Any) -> uvicorn.Config:
        return config(app, http=StrictConnection, ws="none", **options)

    monkeypatch.setattr(uvicorn, "Config", strict)
    server = AsgiServer(create_app(served_store))
    yield server
    server.stop()


def trickle(server: AsgiServer, *, every_s: float) -> tuple[bytes, int]:
    """Send a byte of a body from time to time; return the whole answer and the number of bytes sent."""
    with socket.create_connection(("127.0.0.1", server.port), 60) as connection:
        connection.sendall(HEAD.format(port=server.port).encode())
        connection.settimeout(every_s)
        answer, n_sent = b"", 0
        while n_sent < 1000:
            try:
                if not (more := connection.recv(65536)):
                    break
                answer += more
            except TimeoutError:
                connection.sendall(b" ")
                n_sent += 1
            except ConnectionResetError:
                break
    return answer, n_sent


def test_a_client_that_sends_a_byte_from_time_to_time_is_cut_off_and_others_are_answered(served: AsgiServer) -> None:
    answer, n_sent = trickle(served, every_s=0.05)
    head, _, body = answer.partition(b"\r\n\r\n")

    assert n_sent < 1000
    assert head.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in head
    assert b"connection: close" in head.lower()
    assert 408 == json.loads(body)["status"]
    assert 200 == httpx.get(f"{served.url}/api/v1/runs").status_code


def test_more_requests_than_fit_are_told_when_to_come_again_and_the_next_ones_are_answered(
    served_store: KeptStore,
) -> None:
    counts = asyncio.run(_crowd(served_store, most_at_once=3, n_requests=10))

    assert {"at once": 3, 200: 3, 503: 7, "afterwards": 200} == counts


async def _crowd(store: KeptStore, *, most_at_once: int, n_requests: int) -> dict[Any, int]:
    release, n_inside, most_inside = asyncio.Event(), 0, 0

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        nonlocal n_inside, most_inside
        n_inside += 1
        most_inside = max(most_inside, n_inside)
        await release.wait()
        n_inside -= 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    guarded = Guard(slow, Doorkeeper(store=store), most_at_once=most_at_once)
    transport = httpx.ASGITransport(app=guarded, client=("127.0.0.1", 50_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:4210") as client:
        begun = [asyncio.create_task(client.get("/api/v1/runs")) for _ in range(n_requests)]
        refused = n_requests - most_at_once
        until = time.monotonic() + 60
        while (sum(task.done() for task in begun), n_inside) != (refused, most_at_once) and time.monotonic() < until:
            await asyncio.sleep(0.01)
        release.set()
        answers = await asyncio.gather(*begun)
        last = await client.get("/api/v1/runs")
    for answer in answers:
        if answer.status_code == 503:
            assert "1" == answer.headers["retry-after"]
            assert "application/problem+json" == answer.headers["content-type"]
    statuses = [answer.status_code for answer in answers]
    return {"at once": most_inside, 200: statuses.count(200), 503: statuses.count(503), "afterwards": last.status_code}
