"""The ASGI application of the embedded server: routes, and the handling of clients that disconnect."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextlib import suppress
from typing import Any

from deployments.embedded import openai_api
from deployments.embedded.engine import ServedModel
from deployments.embedded.faults import GENERATING, ConnectionCut, Fault, Faults, cut_short, struck
from deployments.embedded.native_answers import NativeAnswers
from deployments.embedded.native_api import NativeApi
from deployments.embedded.openai_api import OpenAiApi
from deployments.embedded.registry import Registry
from deployments.embedded.replies import Reply, Stream, WireError, error_reply, text_reply
from deployments.embedded.scheduler import Scheduler

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Handler = Callable[[bytes], Awaitable[Reply | Stream]]


class EmbeddedApp:
    """ASGI application that serves the given models through Ollama's API."""

    def __init__(self, models: Iterable[ServedModel], *, slots: int = 2, test_faults: bool = False) -> None:
        registry = Registry(models)
        self.scheduler = Scheduler(slots=slots)
        self._faults = Faults() if test_faults else None
        self._routes = _routes(
            NativeApi(registry, self.scheduler),
            NativeAnswers(registry, self.scheduler),
            OpenAiApi(registry, self.scheduler),
        )
        if self._faults is not None:
            self._routes["/test/faults"] = {
                "GET": self._report,
                "POST": self._faults.add,
                "DELETE": self._faults.clear,
            }

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":  # to a client, the handshake is refused with 403
            await send({"type": "websocket.close", "code": 1000})
            return
        if scope["type"] != "http":
            raise RuntimeError(f"only HTTP is served here, not {scope['type']!r}")
        raw = await _whole_body(receive)
        if raw is None:
            return
        work = asyncio.create_task(self._respond(scope["method"], scope["path"], raw, send))
        gone = asyncio.create_task(_disconnected(receive))
        try:
            await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (work, gone):
                task.cancel()
            # Returning without a last piece makes the server drop the connection.
            with suppress(asyncio.CancelledError, ConnectionCut):
                await work
            with suppress(asyncio.CancelledError):
                await gone

    async def _respond(self, method: str, path: str, raw: bytes, send: Send) -> None:
        fault = self._noticed(path)
        generating = self._faults is not None and path in GENERATING
        if generating:
            self._count_active(+1)
        try:
            answer = await self._answer(method, path, raw, fault)
            if isinstance(answer, Reply):
                await _send_reply(answer, send, fault)
            else:
                await _send_stream(answer, send, _error_shape(path))
        finally:
            if generating:
                self._count_active(-1)

    async def _answer(self, method: str, path: str, raw: bytes, fault: Fault | None) -> Reply | Stream:
        handlers = self._routes.get(path)
        if handlers is None:
            return text_reply(404, "404 page not found")
        handler = handlers.get("GET" if method == "HEAD" else method)
        if handler is None:
            return text_reply(405, "405 method not allowed")
        early = await struck(fault) if fault else None
        if early is not None:
            return early
        try:
            answer = await handler(raw)
        except WireError as error:
            return _error_shape(path)(error)
        return cut_short(answer, fault) if fault and fault.cut and isinstance(answer, Stream) else answer

    def _noticed(self, path: str) -> Fault | None:
        if self._faults is None or path == "/test/faults":
            return None
        self._faults.requests[path] += 1
        return self._faults.next_for(path)

    def _count_active(self, change: int) -> None:
        assert self._faults is not None  # noqa: S101
        self._faults.now_active += change
        self._faults.max_active = max(self._faults.max_active, self._faults.now_active)

    async def _report(self, _raw: bytes) -> Reply:
        assert self._faults is not None  # noqa: S101
        return await self._faults.report(self.scheduler.n_loads)


def _routes(native: NativeApi, answers: NativeAnswers, openai: OpenAiApi) -> dict[str, dict[str, Handler]]:
    return {
        "/": {"GET": native.root},
        "/api/version": {"GET": native.version},
        "/api/tags": {"GET": native.tags},
        "/api/ps": {"GET": native.ps},
        "/api/show": {"POST": native.show},
        "/api/chat": {"POST": answers.chat},
        "/api/generate": {"POST": answers.generate},
        "/api/embed": {"POST": native.embed},
        "/api/embeddings": {"POST": native.embeddings},
        "/api/pull": {"POST": native.pull},
        "/api/create": {"POST": native.not_offered},
        "/api/copy": {"POST": native.not_offered},
        "/api/push": {"POST": native.not_offered},
        "/api/delete": {"DELETE": native.not_offered},
        "/v1/models": {"GET": openai.models},
        "/v1/chat/completions": {"POST": openai.chat},
        "/v1/embeddings": {"POST": openai.embeddings},
    }


def _error_shape(path: str) -> Callable[[WireError], Reply]:
    return openai_api.error_reply if path.startswith("/v1/") else error_reply


async def _whole_body(receive: Receive) -> bytes | None:
    """Return the request's body; None where the client disconnected before its end."""
    pieces: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        pieces.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(pieces)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send_reply(reply: Reply, send: Send, fault: Fault | None) -> None:
    headers = [
        (b"content-type", reply.content_type.encode()),
        (b"content-length", str(len(reply.body)).encode()),
    ]
    if fault and fault.retry_after is not None:
        headers.append((b"retry-after", fault.retry_after.encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    if fault and fault.cut:
        await send({"type": "http.response.body", "body": reply.body[: len(reply.body) // 2], "more_body": True})
        raise ConnectionCut
    await send({"type": "http.response.body", "body": reply.body})


async def _send_stream(stream: Stream, send: Send, error_shape: Callable[[WireError], Reply]) -> None:
    """Send the pieces as they come. The status waits for the first one, since only that determines it."""
    pieces = aiter(stream.pieces)
    started = False
    try:
        async for piece in pieces:
            if not started:
                await _start_stream(stream, send)
                started = True
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    except WireError as error:
        if not started:
            await _send_reply(error_shape(error), send, None)
            return
        await send({"type": "http.response.body", "body": stream.late_error(error.message), "more_body": True})
    except ConnectionCut:
        if not started:
            await _start_stream(stream, send)
        raise
    finally:
        close = getattr(stream.pieces, "aclose", None)
        if close is not None:
            await close()
    if not started:
        await _start_stream(stream, send)
    await send({"type": "http.response.body", "body": b""})


async def _start_stream(stream: Stream, send: Send) -> None:
    headers = [(b"content-type", stream.content_type.encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
