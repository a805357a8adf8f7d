"""A server on the test's own event loop that gets stuck in any phase of an answer, and notes who went away."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"


@dataclass
class StuckOllama:
    """What the server does, which a test may change at any time, and what it saw."""

    model: str = "tiny:latest"
    url: str = ""
    is_loaded: bool = True
    is_deaf: bool = False
    """Takes requests and answers none."""
    n_tokens: int = 0
    """Written at once."""
    token_every_s: float | None = None
    """Goes on writing, with this pause."""
    may_finish: asyncio.Event = field(default_factory=asyncio.Event)
    """The answer is completed when this is set."""
    has_begun: asyncio.Event = field(default_factory=asyncio.Event)
    """A request for an answer has come."""
    client_left: asyncio.Event = field(default_factory=asyncio.Event)
    """Whoever asked for an answer closed the connection before it was complete."""
    n_looks: int = 0
    """How often it was asked what it has loaded."""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0")
            await reader.readexactly(int(length.partition(b":")[2]))
            if head.startswith(b"POST /api/chat"):
                await self._chat(reader, writer)
            elif self.is_deaf:
                await asyncio.Event().wait()
            else:
                _whole(writer, self._small(head.split(b" ")[1]))

    def _small(self, path: bytes) -> dict[str, Any]:
        if path != b"/api/ps":
            return {"version": "0.33.0"}
        self.n_looks += 1
        loaded = {"name": self.model, "model": self.model, "size": 1, "size_vram": 1}
        return {"models": [loaded] if self.is_loaded else []}

    async def _chat(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.has_begun.set()
        work = asyncio.create_task(self._answer(writer))
        gone = asyncio.create_task(reader.read(1))
        done, _ = await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        if work not in done:
            self.client_left.set()
        for task in (work, gone):
            task.cancel()
        await asyncio.gather(work, gone, return_exceptions=True)

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        if self.n_tokens or self.token_every_s:
            writer.write(HEAD)
            writer.write(b"".join(_record("word ") for _ in range(self.n_tokens)))
        while self.token_every_s:
            writer.write(_record("word "))
            await asyncio.sleep(self.token_every_s)
        await self.may_finish.wait()
        writer.write((b"" if self.n_tokens else HEAD) + _record("end", done=True, done_reason="stop") + b"0\r\n\r\n")


def _record(content: str, **more: Any) -> bytes:
    record = {"message": {"role": "assistant", "content": content}, "done": False, **more}
    line = json.dumps(record).encode() + b"\n"
    return b"%x\r\n%s\r\n" % (len(line), line)


def _whole(writer: asyncio.StreamWriter, value: dict[str, Any]) -> None:
    body = json.dumps(value).encode()
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


@asynccontextmanager
async def stuck_ollama(**does: Any) -> AsyncIterator[StuckOllama]:
    """A running server."""
    fake = StuckOllama(**does)
    writers: list[asyncio.StreamWriter] = []
    serving: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        task = asyncio.current_task()
        assert task is not None
        serving.append(task)
        try:
            await fake._serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client left
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    fake.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield fake
    finally:
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)
        await server.wait_closed()
