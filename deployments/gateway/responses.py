"""A response that is written while it is made, and whose work ends with its client."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from deployments.gateway.problems import BodyTooLongError


class Reply:
    """The response to one request."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = False

    async def begin(self, status: int, media_type: str, headers: Mapping[str, str]) -> None:
        """Send the head; nothing but the body can follow."""
        self.has_begun = True
        # Proxies that buffer would hold a stream back.
        all_headers = {"content-type": media_type, "cache-control": "no-store", "x-accel-buffering": "no", **headers}
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in all_headers.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})

    async def write(self, data: bytes) -> None:
        """Send a piece of the body at once."""
        if data:
            await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def end(self) -> None:
        """Send the end of the body."""
        await self._send({"type": "http.response.body", "body": b""})


class WorkResponse(Response):
    """Runs `work`, which writes the response; a client that leaves ends it."""

    def __init__(self, work: Callable[[Reply], Awaitable[None]]) -> None:
        super().__init__()
        self._work = work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        work = asyncio.ensure_future(self._work(Reply(send)))
        gone = asyncio.create_task(_disconnected(receive))
        try:
            await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            has_left = not work.done()
            gone.cancel()
            work.cancel()
            with suppress(asyncio.CancelledError):
                await gone
            await asyncio.wait((work,))
        if not has_left:
            work.result()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def read_content(request: Request, *, max_bytes: int) -> bytes:
    """Return the body of a request.

    Raises:
        BodyTooLongError: it is longer than allowed; the rest is not read.
    """
    parts: list[bytes] = []
    n_bytes = 0
    async for part in request.stream():
        n_bytes += len(part)
        if n_bytes > max_bytes:
            raise BodyTooLongError(
                f"the body of the request is longer than {max_bytes:,} bytes", "Send less, or smaller images."
            )
        parts.append(part)
    return b"".join(parts)
