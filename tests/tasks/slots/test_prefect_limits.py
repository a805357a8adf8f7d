"""Calls to a Prefect server that answers 503, as one on SQLite does where two requests write at once."""

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anyio
import pytest
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_CSRF_SUPPORT_ENABLED, temporary_settings

from tasks.slots import LimitsAwayError
from tasks.slots.prefect_limits import prefect_limits

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket.socket:ResourceWarning")


class Unavailable(BaseHTTPRequestHandler):
    """Answers 503 to all."""

    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PATCH = _answer

    def log_message(self, *_: object) -> None:
        """Writes nothing."""


@pytest.fixture
def unavailable() -> Iterator[str]:
    """The API's address of a server that is there and does nothing."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Unavailable) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/api"
        server.shutdown()


def test_a_failed_call_is_told_at_once_and_not_after_the_pause_of_prefects_client(
    unavailable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def no_time_passes(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(anyio, "sleep", no_time_passes)

    async def call() -> None:
        async with prefect_limits() as limits:
            with pytest.raises(LimitsAwayError, match="the Prefect server answers 503"):
                await limits.write_note("name", {"model": "small"})
            with pytest.raises(LimitsAwayError, match="the Prefect server answers 503"):
                await limits.look(["name"])

    with temporary_settings({PREFECT_API_URL: unavailable, PREFECT_CLIENT_CSRF_SUPPORT_ENABLED: False}):
        asyncio.run(call())

    assert not any(slept)
