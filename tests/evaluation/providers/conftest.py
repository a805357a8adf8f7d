"""A border to fake: recorded shapes over a mock transport, and a raw server that can misbehave on a real port."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from evaluation.case import Message
from evaluation.generation import Generation, GenerationRequest
from evaluation.providers.ollama import OllamaProvider
from evaluation.providers.openai_compatible import OpenAICompatibleProvider

URL = "http://127.0.0.1:11434"
OPTIONS = {"temperature": 0, "num_ctx": 2048, "num_predict": 48, "seed": 7}


def ask_for(prompt: str = "Say hello.", **changes: Any) -> GenerationRequest:
    given: dict[str, Any] = {
        "model": "tiny:latest",
        "messages": (Message(role="user", content=prompt),),
        "options": OPTIONS,
        "timeout_s": 20.0,
    }
    return GenerationRequest(**{**given, **changes})


def said(content: str, **more: Any) -> dict[str, Any]:
    return {"model": "tiny", "message": {"role": "assistant", "content": content, **more}, "done": False}


def final(content: str = "", **more: Any) -> dict[str, Any]:
    metrics = {
        "total_duration": 900_000_000,
        "load_duration": 1_000_000,
        "prompt_eval_count": 12,
        "prompt_eval_duration": 200_000_000,
        "eval_count": 3,
        "eval_duration": 300_000_000,
    }
    return {**said(content), "done": True, "done_reason": "stop", **metrics, **more}


def ndjson(*records: Mapping[str, Any]) -> bytes:
    return b"".join(json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records)


class Wire:
    """Answers of a mock server by path, and what it was asked."""

    url = URL
    ask_for = staticmethod(ask_for)
    ndjson = staticmethod(ndjson)
    said = staticmethod(said)
    final = staticmethod(final)

    def __init__(self) -> None:
        self.answers: dict[str, list[httpx.Response | Exception]] = {}
        self.asked: list[tuple[str, Any]] = []
        self.headers: list[httpx.Headers] = []

    def on(self, path: str, *answers: httpx.Response | Exception) -> "Wire":
        self.answers.setdefault(path, []).extend(answers)
        return self

    def chat(self, *records: Mapping[str, Any], status: int = 200) -> "Wire":
        headers = {"content-type": "application/x-ndjson"}
        return self.on("/api/chat", httpx.Response(status, content=ndjson(*records), headers=headers))

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.url.path, json.loads(request.content) if request.content else None))
        self.headers.append(request.headers)
        left = self.answers.get(request.url.path)
        if not left:
            return httpx.Response(404, text="404 page not found")
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self.handle)

    def ollama(self, do: Callable[[OllamaProvider], Awaitable[Any]], **given: Any) -> Any:
        async def run() -> Any:
            async with OllamaProvider(URL, transport=self.transport, **given) as provider:
                return await do(provider)

        return asyncio.run(run())

    def compatible(self, do: Callable[[OpenAICompatibleProvider], Awaitable[Any]], **given: Any) -> Any:
        async def run() -> Any:
            async with OpenAICompatibleProvider(URL, transport=self.transport, **given) as provider:
                return await do(provider)

        return asyncio.run(run())

    def generate(self, request: GenerationRequest | None = None, **given: Any) -> Generation:
        generation = self.ollama(lambda provider: provider.generate(request or ask_for()), **given)
        assert isinstance(generation, Generation)
        return generation


@pytest.fixture
def wire() -> Wire:
    return Wire()


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b":0")
    return await reader.readexactly(int(length.partition(b":")[2]))


@asynccontextmanager
async def raw_server(handler: Handler, *, port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """The URL of a server on a free port, which reads a request and then does whatever `handler` does."""
    writers: list[asyncio.StreamWriter] = []
    handlers: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        task = asyncio.current_task()
        assert task is not None
        handlers.append(task)
        await read_request(reader)
        await handler(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", port, ssl=tls)
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in handlers:
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)
        for writer in writers:
            writer.close()
            await asyncio.gather(writer.wait_closed(), return_exceptions=True)
        await server.wait_closed()


def chunked(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"


class Raw:
    """The raw server's parts, for tests, which cannot import them."""

    server = staticmethod(raw_server)
    read_request = staticmethod(read_request)
    chunked = staticmethod(chunked)
    ndjson = staticmethod(ndjson)
    head = HEAD


@pytest.fixture
def raw() -> type[Raw]:
    return Raw
