"""A server that speaks Ollama's API over a real socket, answers as a test scripts it, and notes what it was asked."""

import json
import select
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WARM_UP = "Hello"


@dataclass(frozen=True)
class Chat:
    """One request for an answer."""

    model: str
    prompt: str
    """The last message."""
    body: dict[str, Any]
    n_before: int
    """How often this model was asked this prompt before."""

    @property
    def options(self) -> dict[str, Any]:
        """The options that came with it."""
        found: dict[str, Any] = self.body["options"]
        return found


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the server does with a request for an answer."""

    text: str = ""
    thinking: str = ""
    status: int = 200
    error: str = ""
    """With a status: the body's `error`."""
    retry_after: str | None = None
    delay_s: float = 0.0
    is_cut: bool = False
    """The stream ends before the record that says `done`."""
    prompt_tokens: int = 9
    prompt_s: float = 0.001
    """What the server says that reading the prompt took."""
    cached_tokens: int | None = None
    """Those of the prompt that it says it had kept."""
    final: Mapping[str, Any] = field(default_factory=dict)
    """What the record that says `done` holds instead."""


def right(chat: Chat) -> Reply:
    """The answer to `What is N?`."""
    return Reply(text=chat.prompt.removeprefix("What is ").removesuffix("?"))


def keeping_prompts(chat: Chat) -> Reply:
    """The answer to `What is N?` of a server with a prompt cache, which counts a prompt in full and reads it once."""
    return replace(right(chat), prompt_s=0.02 / 50 if chat.n_before else 0.02)


Script = Callable[[Chat], Reply]


@dataclass
class Model:
    """A model that the server has."""

    digest: str | None
    """None: the server gives none."""
    script: Script = right
    capabilities: tuple[str, ...] = ("completion",)
    parameters: str = 'stop "<|end|>"'
    context_length: int = 8192
    remote_host: str | None = None
    load_error: tuple[int, str] | None = None


_PORTS_USED: set[int] = set()


@dataclass
class ScriptedOllama:
    """The server's models, and what it was asked."""

    url: str = ""
    models: dict[str, Model] = field(default_factory=dict)
    chats: list[Chat] = field(default_factory=list)
    """Without the warm-ups."""
    embedded: Counter[str] = field(default_factory=Counter)
    """How often each text was embedded."""
    reports_embedding_tokens: bool = True
    """False: as a server that reports no figures of embeddings."""
    loads: list[tuple[str, int]] = field(default_factory=list)
    """Model and context each time that another one came into the memory, which holds one."""
    max_active: int = 0
    version: str = "0.33.0"
    _resident: tuple[str, int] | None = None
    _active: int = 0
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _server: ThreadingHTTPServer | None = None

    def add(self, name: str, script: Script = right, **model: Any) -> None:
        """Gives the server a model."""
        self.models[name] = Model(digest=model.pop("digest", f"{len(self.models):064x}"), script=script, **model)

    @property
    def name(self) -> str:
        """What an endpoint at this address is called."""
        return self.url.removeprefix("http://")

    def asked(self, model: str) -> Counter[str]:
        """How often each prompt came to a model."""
        with self._lock:
            return Counter(chat.prompt for chat in self.chats if chat.model == model)

    def start(self) -> None:
        """Comes back, on the port that it had, with nothing in its memory."""
        with self._lock:
            if self._server is not None:
                return
            self._resident = None
            self._server = server = self._listening()
            self.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()

    def _listening(self) -> "_Server":
        """Returns a server on the port that this one had, or on one that no other had in this process.

        A limit in Prefect is named after host and port, and outlives the test that made it.
        """
        if self.url:
            return _Server(("127.0.0.1", int(self.url.rpartition(":")[2])), _handler(self))
        while (server := _Server(("127.0.0.1", 0), _handler(self))).server_port in _PORTS_USED:
            server.server_close()
        _PORTS_USED.add(server.server_port)
        return server

    def stop(self) -> None:
        """Goes away: the port is closed. Who was let in already gets an answer."""
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def answer(self, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """The JSON of a path that is not about an answer; None: 404."""
        if path == "/api/version":
            return {"version": self.version}
        if path == "/api/tags":
            return {"models": [self._tag(name) for name in self.models]}
        if path == "/api/ps":
            return {"models": self._loaded()}
        if path == "/api/embed" and body.get("model") in self.models:
            vectors = [self._embedded(text) for text in body["input"]]
            return {"model": body["model"], "embeddings": vectors, **self._embedding_figures(body["input"])}
        if path == "/api/show" and body.get("model") in self.models:
            return self._shown(body["model"])
        if path == "/api/copy" and body.get("source") in self.models:
            self.models[body["destination"]] = replace(self.models[body["source"]])
            return {}
        if path == "/api/delete" and body.get("model") in self.models:
            del self.models[body["model"]]
            return {}
        return None

    def _embedding_figures(self, texts: list[str]) -> dict[str, Any]:
        """As many tokens as words, and one for the beginning; nothing where the server does not report them."""
        if not self.reports_embedding_tokens:
            return {}
        n_tokens = sum(1 + len(text.split()) for text in texts)
        return {"prompt_eval_count": n_tokens, "total_duration": 2_000_000, "load_duration": 1_000}

    def _embedded(self, text: str) -> list[float]:
        """A direction for each text: its letters, counted. Notes that it was asked."""
        with self._lock:
            self.embedded[text] += 1
        counts = Counter(text.lower())
        vector = [float(counts[letter]) for letter in "abcdefghijklmnopqrstuvwxyz0123456789"]
        length = sum(number * number for number in vector) ** 0.5 or 1.0
        return [number / length for number in vector]

    def _tag(self, name: str) -> dict[str, Any]:
        model = self.models[name]
        details = {"family": "llama", "parameter_size": "1B", "quantization_level": "Q4_K_M"}
        tag = {"name": name, "model": name, "size": 1_000_000, "details": details}
        tag |= {"digest": model.digest} if model.digest else {}
        return tag | ({"remote_host": model.remote_host} if model.remote_host else {})

    def _shown(self, name: str) -> dict[str, Any]:
        model = self.models[name]
        return {
            "parameters": model.parameters,
            "template": "{{ .Prompt }}",
            "details": self._tag(name)["details"],
            "model_info": {"general.architecture": "llama", "llama.context_length": model.context_length},
            "capabilities": list(model.capabilities),
        }

    def _loaded(self) -> list[dict[str, Any]]:
        if self._resident is None:
            return []
        name, context = self._resident
        size = {"size": 1_000_000, "size_vram": 1_000_000, "context_length": context}
        return [{"name": name, "model": name, "digest": self.models[name].digest, **size}]

    def load(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and body of a request that only loads or unloads."""
        name = body["model"]
        if name not in self.models:
            return 404, {"error": f"model '{name}' not found"}
        if body.get("keep_alive") == 0:
            with self._lock:
                if self._resident is not None and self._resident[0] == name:
                    self._resident = None
            return 200, {"model": name, "response": "", "done": True, "done_reason": "unload"}
        if (error := self.models[name].load_error) is not None:
            return error[0], {"error": error[1]}
        self._hold(name, body)
        return 200, {"model": name, "response": "", "done": True, "done_reason": "load"}

    def _hold(self, name: str, body: dict[str, Any]) -> None:
        wanted = (name, int(body.get("options", {}).get("num_ctx", 4096)))
        with self._lock:
            if self._resident != wanted:
                self._resident = wanted
                self.loads.append(wanted)

    @contextmanager
    def chat(self, body: dict[str, Any], client: socket.socket) -> Iterator[Reply]:
        """The reply to a request for an answer, while it counts as active: until it is sent, or the client is gone."""
        name, prompt = body["model"], body["messages"][-1]["content"]
        if name not in self.models:
            yield Reply(status=404, error=f"model '{name}' not found")
            return
        with self._lock:
            self._hold(name, body)
            chat = Chat(name, prompt, body, self.asked(name)[prompt])
            is_warm_up = prompt == WARM_UP
            if not is_warm_up:
                self.chats.append(chat)
            self._active += 1
            self.max_active = max(self.max_active, self._active)
        try:
            reply = Reply(text="Hi") if is_warm_up else self.models[name].script(chat)
            if reply.delay_s:
                select.select([client], [], [], reply.delay_s)  # readable where it went away
            yield reply
        finally:
            with self._lock:
                self._active -= 1


def _handler(fake: ScriptedOllama) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self._small({})

        def do_DELETE(self) -> None:
            self._small(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            try:
                if self.path == "/api/chat":
                    with fake.chat(body, self.connection) as reply:
                        self._chat(body["model"], reply)
                elif self.path == "/api/generate":
                    self._send(*fake.load(body))
                else:
                    self._small(body)
            except (BrokenPipeError, ConnectionResetError):
                pass  # whoever asked went away

        def _small(self, body: dict[str, Any]) -> None:
            found = fake.answer(self.path, body)
            if found is None:
                self._send(404, {"error": f"model '{body.get('model')}' not found"})
            else:
                self._send(200, found)

        def _chat(self, model: str, reply: Reply) -> None:
            if reply.status != 200:
                self._send(reply.status, {"error": reply.error}, retry_after=reply.retry_after)
                return
            self.send_response(200)
            self.send_header("Content-Type", "application/x-ndjson")
            self.end_headers()
            message = {"role": "assistant", "content": reply.text}
            self._line({"model": model, "message": message | {"thinking": reply.thinking}, "done": False})
            if reply.is_cut:
                return
            n_words = len(reply.text.split()) + len(reply.thinking.split())
            prompt_ns = int(reply.prompt_s * 1e9)
            durations = {"total_duration": prompt_ns + 3_000_000, "prompt_eval_duration": prompt_ns}
            counts = {"prompt_eval_count": reply.prompt_tokens, "eval_count": n_words, "eval_duration": 2_000_000}
            if reply.cached_tokens is not None:
                counts["prompt_eval_cached_count"] = reply.cached_tokens
            message = {"role": "assistant", "content": ""}
            final = {"model": model, "message": message, "done": True, "done_reason": "stop", "load_duration": 1000}
            self._line(final | durations | counts | dict(reply.final))

        def _line(self, record: dict[str, Any]) -> None:
            self.wfile.write(json.dumps(record).encode() + b"\n")

        def _send(self, status: int, value: dict[str, Any], *, retry_after: str | None = None) -> None:
            content = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            if retry_after is not None:
                self.send_header("Retry-After", retry_after)
            self.end_headers()
            self.wfile.write(content)

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing of a client that left (a broken pipe, a closed file); the base class prints a traceback."""
        if not isinstance(sys.exception(), OSError | ValueError):
            super().handle_error(request, client_address)


@contextmanager
def scripted_ollama() -> Iterator[ScriptedOllama]:
    """A running server without a model."""
    fake = ScriptedOllama()
    fake.start()
    try:
        yield fake
    finally:
        fake.stop()
