"""A server that speaks as much of Ollama's API as a probe needs, and serves so many requests at once and no more."""

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from logical_time import LogicalLoop, logical_time

MODEL = "small:1b"
N_TOKENS = 5


@dataclass
class SlottedOllama:
    """How it serves, and what it saw."""

    slots: int
    answer_s: float = 0.2
    streams: bool = True
    """Token by token; else all of them at the end."""
    tells: bool = True
    """Says in its durations how long a request waited."""
    url: str = ""
    n_answering: int = 0
    """Requests that have a slot; warm-ups do not count."""
    n_in_hand: int = 0
    """Waiting ones too."""
    n_left: int = 0
    """Requests whose clients went away."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one connection's one request."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next((int(line[15:]) for line in head.splitlines() if line.lower()[:15] == "content-length:"), 0)
            body = json.loads(await reader.readexactly(length)) if length else {}
            path = head.split(" ", 2)[1]
            if path == "/api/chat":
                await self._chat(body, reader, writer)
            else:
                writer.write(_whole(self._answer(path, body)))
            await writer.drain()
        writer.close()

    def _answer(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        details = {"family": "llama", "parameter_size": "1B", "quantization_level": "Q4_K_M"}
        model = {"name": MODEL, "model": MODEL, "digest": "d" * 64, "size": 1000, "size_vram": 1000, "details": details}
        shown = {"details": details, "model_info": {}, "capabilities": ["completion"], "parameters": "", "template": ""}
        answers: dict[str, dict[str, Any]] = {
            "/api/version": {"version": "0.33.0"},
            "/api/tags": {"models": [model]},
            "/api/ps": {"models": [{**model, "context_length": 4096}]},
            "/api/show": shown,
        }
        return answers.get(path, {"model": MODEL, "response": "", "done": True, "done_reason": "load"})

    async def _chat(self, body: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.n_in_hand += 1
        gone = asyncio.create_task(reader.read(1))
        work = asyncio.create_task(self._written(body, writer))
        try:
            await asyncio.wait({gone, work}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                self.n_left += 1
        finally:
            self.n_in_hand -= 1
            gone.cancel()
            work.cancel()
            await asyncio.gather(gone, work, return_exceptions=True)

    async def _written(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        arrived = loop.time()
        async with self.gate:
            waited_s = loop.time() - arrived
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n\r\n")
            answer_s = 0.0 if body["options"]["num_predict"] == 1 else self.answer_s
            self.n_answering += answer_s > 0
            if not self.streams:
                await asyncio.sleep(answer_s)
            for _ in range(N_TOKENS):
                if self.streams:
                    await asyncio.sleep(answer_s / N_TOKENS)
                writer.write(_line({"message": {"role": "assistant", "content": "one "}, "done": False}))
            final = {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "length"}
            self.n_answering -= answer_s > 0
            writer.write(_line({**final, "eval_count": N_TOKENS, **(self._durations(waited_s) if self.tells else {})}))

    def _durations(self, waited_s: float) -> dict[str, int]:
        parts = {
            "load_duration": 0.001,
            "prompt_eval_duration": 0.1 * self.answer_s,
            "eval_duration": 0.9 * self.answer_s,
        }
        told = {**parts, "total_duration": waited_s + sum(parts.values())}
        return {name: int(seconds * 1e9) for name, seconds in told.items()}

    async def run(self, listener: socket.socket) -> None:
        """Serves until it is cancelled."""
        self.gate = asyncio.Semaphore(self.slots)
        server = await asyncio.start_server(self.serve, sock=listener.dup(), backlog=256)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            server.close()


def _line(record: dict[str, Any]) -> bytes:
    return json.dumps({"model": MODEL, **record}).encode() + b"\n"


def _whole(value: dict[str, Any]) -> bytes:
    content = json.dumps(value).encode()
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\nConnection: close\r\n"
    )
    return head.encode() + b"\r\n" + content


@contextmanager
def slotted_ollama(**how: Any) -> Iterator[SlottedOllama]:
    """A running server, for another process or where the times of its answers do not matter."""
    with _listening(how) as (fake, listener):

        async def serve() -> None:
            loop, serving = asyncio.get_running_loop(), asyncio.create_task(fake.run(listener))
            end.append(lambda: loop.call_soon_threadsafe(serving.cancel))
            started.set()
            await asyncio.wait({serving})

        end: list[Callable[[], object]] = []
        started = threading.Event()
        thread = threading.Thread(target=lambda: asyncio.run(serve()))
        thread.start()
        started.wait()
        try:
            yield fake
        finally:
            end[0]()
            thread.join()


@contextmanager
def slotted_ollama_in_logical_time(**how: Any) -> Iterator[SlottedOllama]:
    """A server on every event loop that this process runs: its answers take as long as they shall on any machine."""
    with _listening(how) as (fake, listener):

        def loop_with_the_server() -> LogicalLoop:
            loop = LogicalLoop()
            servings.append(loop.create_task(fake.run(listener)))  # ends with the loop
            return loop

        servings: list[asyncio.Task[None]] = []
        with logical_time("evaluation.providers.streamed_answer", make_loop=loop_with_the_server):
            yield fake


@contextmanager
def _listening(how: dict[str, Any]) -> Iterator[tuple[SlottedOllama, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        listener.setblocking(False)
        yield SlottedOllama(**how, url=f"http://127.0.0.1:{listener.getsockname()[1]}"), listener
