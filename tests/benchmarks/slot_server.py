"""How busy does a client keep a server? Ollama's API, and OpenAI's, over nothing but slots and a clock.

    python tests/benchmarks/slot_server.py --slots 16 --latency 0.2

Every generation holds a slot for the same time and answers with the last number of its prompt. A model that is not
loaded is loaded first, one load at a time, by the request that needs it and in its slot; the model used longest ago
makes room. Callbacks on bare sockets, so that two cores are left to whoever is measured.

`GET /_stats` counts: `busy_s` is the time that slots were generating, loads left out; `first` and `last` are when the
first slot was taken and the last one given back (seconds of this machine's monotonic clock), `opened` when anything
was first asked of a model; `demand` is the most requests that were here at once, `peak` the most that held a slot.
Busy share = busy_s / (slots × (last − first)). A preload, and a warm-up (`num_predict` 1), take no slot and are not
counted. `GET /_asked` lists the generations asked for as (time, model, last message, seed). `POST /_reset` starts the
counting again; what is loaded stays loaded. A model of `--embedders` embeds: each text is a request that holds a slot,
and whose seed is null; a `Hello` alone, by which an embedder is loaded, takes none.
"""

import argparse
import asyncio
import hashlib
import json
import re
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

STAMP = "2026-01-01T00:00:00.000000Z"
DETAILS = {"format": "gguf", "family": "steady", "parameter_size": "1B", "quantization_level": "Q8_0"}
CHAT, GENERATE, OPENAI, EMBED = "/api/chat", "/api/generate", "/v1/chat/completions", "/api/embed"
DIMENSION = 16
PRELOAD_TEXTS = ["Hello"]
_LAST_NUMBER = re.compile(r"\d+(?=\D*$)")


@dataclass(kw_only=True)
class Counts:
    """What `GET /_stats` says."""

    requests: int = 0
    ok: int = 0
    busy_s: float = 0.0
    opened: float | None = None
    first: float | None = None
    last: float | None = None
    peak: int = 0
    demand: int = 0
    loads: int = 0
    warmups: int = 0
    abandoned: int = 0
    """Generations whose client went away before the answer."""


@dataclass(eq=False)
class Work:
    """One generation on its way through a slot."""

    answer: Callable[[], None]
    model: str
    latency_s: float
    began: float | None = None
    timer: asyncio.TimerHandle | None = None
    is_gone: bool = False


@dataclass(kw_only=True)
class Slots:
    """The slots, who waits for one, and which models are loaded."""

    n: int
    latency_s: float
    load_s: float
    max_loaded: int
    embedding_s: float = 0.0
    """Time that a text holds its slot to be embedded."""
    counts: Counts = field(default_factory=Counts)
    asked: list[tuple[float, str, str, int | None]] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    """The one used longest ago first."""
    _n_active: int = 0
    _waiting: deque[Work] = field(default_factory=deque)
    _loads: deque[tuple[str, Callable[[], None]]] = field(default_factory=deque)
    _is_loading: bool = False

    def reset(self) -> None:
        """Counts from zero, and forgets what was asked."""
        self.counts, self.asked = Counts(), []

    def add(self, work: Work) -> None:
        """Takes a slot for the work, or lets it wait for one."""
        self.counts.requests += 1
        self.counts.demand = max(self.counts.demand, self._n_active + len(self._waiting) + 1)
        if self._n_active < self.n:
            self._take(work)
        else:
            self._waiting.append(work)

    def _take(self, work: Work) -> None:
        self._n_active += 1
        self.counts.peak = max(self.counts.peak, self._n_active)
        if self.counts.first is None:
            self.counts.first = time.monotonic()
        self.when_loaded(work.model, partial(self._begin, work))

    def _begin(self, work: Work) -> None:
        if work.is_gone:
            return
        work.began = time.monotonic()
        if work.latency_s > 0:
            work.timer = asyncio.get_running_loop().call_later(work.latency_s, self._finish, work)
        else:
            self._finish(work)

    def _finish(self, work: Work) -> None:
        self.counts.ok += 1
        self._give_back(work)
        work.answer()

    def _give_back(self, work: Work) -> None:
        self.counts.last = now = time.monotonic()
        self.counts.busy_s += now - (now if work.began is None else work.began)
        self._n_active -= 1
        if self._waiting:
            self._take(self._waiting.popleft())

    def abandon(self, work: Work) -> None:
        """Stops the work: its client went away."""
        self.counts.abandoned += 1
        work.is_gone = True
        if work in self._waiting:
            self._waiting.remove(work)
            return
        if work.timer is not None:
            work.timer.cancel()
        self._give_back(work)

    def when_loaded(self, model: str, then: Callable[[], None]) -> None:
        """Goes on at once where the model is loaded, else after the loads before it and its own."""
        if model in self.loaded:
            self.loaded.remove(model)
            self.loaded.append(model)
            then()
        else:
            self._loads.append((model, then))
            self._load_next()

    def _load_next(self) -> None:
        while self._loads and not self._is_loading:
            model, then = self._loads.popleft()
            if model in self.loaded:
                then()
                continue
            self._is_loading = True
            self.counts.loads += 1
            del self.loaded[: max(0, len(self.loaded) - self.max_loaded + 1)]
            if self.load_s > 0:
                asyncio.get_running_loop().call_later(self.load_s, self._load_done, model, then)
            else:
                self._load_done(model, then)

    def _load_done(self, model: str, then: Callable[[], None]) -> None:
        self._is_loading = False
        self.loaded.append(model)
        then()
        self._load_next()


class Connection(asyncio.Protocol):
    """One client's connection: HTTP/1.1, kept alive, one request after the other."""

    def __init__(self, slots: Slots, models: Sequence[str], embedders: Sequence[str] = ()) -> None:
        self._slots, self._models, self._embedders = slots, [*models, *embedders], embedders
        self._buffer = b""
        self._work: Work | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        if self._work is not None:
            self._slots.abandon(self._work)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end].decode("latin1").split("\r\n")
        length = next((int(line[15:]) for line in head[1:] if line[:15].lower() == "content-length:"), 0)
        if len(self._buffer) < end + 4 + length:
            return
        body, self._buffer = self._buffer[end + 4 : end + 4 + length], self._buffer[end + 4 + length :]
        self._serve(head[0].split(" ")[1].partition("?")[0], json.loads(body) if body else {})

    def _serve(self, path: str, asked: Mapping[str, Any]) -> None:
        if path in (CHAT, GENERATE, OPENAI):
            self._generate(path, asked)
        elif path == EMBED:
            self._embed(asked)
        elif path == "/api/show":
            self._send(self._show(asked.get("model") or asked.get("name")))
        else:
            self._send(self._about(path))

    def _generate(self, path: str, asked: Mapping[str, Any]) -> None:
        model = str(asked.get("model"))
        prompt = asked["messages"][-1]["content"] if asked.get("messages") else asked.get("prompt")
        self._open()
        if model not in self._models:
            self._send({"error": f"model {model!r} not found"}, "404 Not Found")
        elif not prompt and asked.get("keep_alive") in (0, "0"):
            self._slots.loaded[:] = [name for name in self._slots.loaded if name != model]
            self._send(moved(path, model, "unload"))
        elif not prompt:
            self._slots.when_loaded(model, partial(self._send, moved(path, model, "load")))
        elif (asked.get("options") or {}).get("num_predict") == 1:
            self._slots.counts.warmups += 1
            self._slots.when_loaded(model, partial(self._answer, path, asked, prompt))
        else:
            seed = (asked.get("options") or {}).get("seed")
            self._add(partial(self._answer, path, asked, prompt), model, prompt, seed, self._slots.latency_s)

    def _open(self) -> None:
        if self._slots.counts.opened is None:
            self._slots.counts.opened = time.monotonic()

    def _add(self, answer: Callable[[], None], model: str, text: str, seed: int | None, latency_s: float) -> None:
        self._slots.asked.append((time.monotonic(), model, text, seed))
        self._work = Work(answer, model, latency_s)
        self._slots.add(self._work)

    def _embed(self, asked: Mapping[str, Any]) -> None:
        """Embed texts, which hold one slot for as many latencies as they are."""
        model, texts = str(asked.get("model")), asked["input"] if isinstance(asked["input"], list) else [asked["input"]]
        self._open()
        answer = partial(self._embedded, model, texts)
        if model not in self._embedders:
            self._send({"error": f"model {model!r} does not support embeddings"}, "400 Bad Request")
        elif texts == PRELOAD_TEXTS:
            self._slots.counts.warmups += 1
            self._slots.when_loaded(model, answer)
        else:
            self._add(answer, model, "\n".join(texts), None, len(texts) * self._slots.embedding_s)

    def _embedded(self, model: str, texts: Sequence[str]) -> None:
        self._work = None
        if not self._transport.is_closing():
            self._send({"model": model, "embeddings": [vector(text) for text in texts]})

    def _answer(self, path: str, asked: Mapping[str, Any], prompt: str) -> None:
        self._work = None
        if self._transport.is_closing():
            return
        found = _LAST_NUMBER.search(prompt)
        text, latency_s = found.group() if found else "none", self._slots.latency_s
        if path == OPENAI:
            self._send(completion(asked["model"], text, len(prompt)))
        elif asked.get("stream", True) is False:
            self._send(record(path, asked["model"], text) | measured(latency_s, len(prompt)))
        else:
            last = record(path, asked["model"], "") | measured(latency_s, len(prompt))
            self._stream(record(path, asked["model"], text) | {"done": False}, last)

    def _stream(self, *records: Mapping[str, Any]) -> None:
        """The records as chunks of their own, in one write."""
        lines = [json.dumps(each).encode() + b"\n" for each in records]
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(line), line) for line in lines)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
        self._transport.write(head + chunks + b"0\r\n\r\n")

    def _send(self, answer: Mapping[str, Any] | None, status: str = "200 OK") -> None:
        if answer is None:
            answer, status = {"error": "not found"}, "404 Not Found"
        data = json.dumps(answer).encode()
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        self._transport.write(head.encode() + data)

    def _show(self, model: Any) -> Mapping[str, Any] | None:
        if model not in self._models:
            return None
        info = {"general.architecture": "steady", "steady.context_length": 8192}
        return {
            "details": DETAILS,
            "model_info": info,
            "capabilities": ["embedding" if model in self._embedders else "completion"],
            "parameters": "",
            "template": "",
        }

    def _about(self, path: str) -> Mapping[str, Any] | None:
        match path:
            case "/":
                return {}
            case "/api/version":
                return {"version": "0.33.0"}
            case "/api/tags":
                return {"models": [listed(model) for model in self._models]}
            case "/api/ps":
                there = {"size_vram": 1, "expires_at": STAMP, "context_length": 4096}
                return {"models": [listed(model) | there for model in self._slots.loaded]}
            case "/v1/models":
                return {"object": "list", "data": [{"id": model, "object": "model"} for model in self._models]}
            case "/_stats":
                return asdict(self._slots.counts) | {"slots": self._slots.n, "cpu_s": time.process_time()}
            case "/_asked":
                return {"asked": self._slots.asked}
            case "/_reset":
                self._slots.reset()
                return {}
        return None


def listed(model: str) -> dict[str, Any]:
    """A model as `/api/tags` lists it."""
    digest = hashlib.sha256(model.encode()).hexdigest()
    return {"name": model, "model": model, "modified_at": STAMP, "size": 1, "digest": digest, "details": DETAILS}


def record(path: str, model: str, text: str) -> dict[str, Any]:
    """One record of Ollama's two ways to answer."""
    said = {"message": {"role": "assistant", "content": text}} if path == CHAT else {"response": text}
    return {"model": model, "created_at": STAMP, **said}


def measured(latency_s: float, n_characters: int) -> dict[str, Any]:
    """What the last record adds."""
    ns = int(latency_s * 1e9)
    counts = {"prompt_eval_count": n_characters // 4 + 1, "eval_count": 1}
    times = {"total_duration": ns, "load_duration": 0, "prompt_eval_duration": 0, "eval_duration": ns}
    return {"done": True, "done_reason": "stop", **counts, **times}


def vector(text: str) -> list[float]:
    """Numbers drawn from the text alone."""
    return [1 + byte / 255 for byte in hashlib.sha256(text.encode()).digest()[:DIMENSION]]


def moved(path: str, model: str, reason: str) -> dict[str, Any]:
    """The answer to a request that only loads or unloads."""
    return record(path, model, "") | {"done": True, "done_reason": reason}


def completion(model: str, text: str, n_characters: int) -> dict[str, Any]:
    """The answer in OpenAI's shape."""
    n_prompt = n_characters // 4 + 1
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": n_prompt, "completion_tokens": 1, "total_tokens": n_prompt + 1}
    return {"id": "1", "object": "chat.completion", "created": 0, "model": model, "choices": [choice], "usage": usage}


async def serve(slots: Slots, models: Sequence[str], embedders: Sequence[str], port: int) -> None:
    """Serves for ever; its first line of output is its address."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(slots, models, embedders), "127.0.0.1", port, backlog=2048)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description="A server of slots and a clock.")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--slots", type=int, default=4)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds that a generation holds its slot")
    parser.add_argument("--load", type=float, default=0.0, help="seconds that a load takes")
    parser.add_argument("--max-loaded", type=int, default=1, help="models loaded at once")
    parser.add_argument("--models", default="steady:1b,other:1b")
    parser.add_argument("--embedders", default="", help="models that embed texts and answer nothing")
    parser.add_argument("--embedding", type=float, default=0.0, help="seconds that a text to embed holds its slot")
    asked = parser.parse_args()
    slots = Slots(
        n=asked.slots,
        latency_s=asked.latency,
        load_s=asked.load,
        max_loaded=asked.max_loaded,
        embedding_s=asked.embedding,
    )
    asyncio.run(serve(slots, asked.models.split(","), list(filter(None, asked.embedders.split(","))), asked.port))


if __name__ == "__main__":
    main()
