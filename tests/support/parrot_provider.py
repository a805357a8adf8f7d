"""A third wire protocol, which nobody else speaks, and a server that speaks it: what it takes to add a provider."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from evaluation.errors import FailureKind, ProviderError
from evaluation.generation import Generation, GenerationRequest, Timing
from evaluation.model_info import ModelInfo
from evaluation.providers.error_replies import Refusal, RequestContext
from evaluation.providers.model_server import ModelServer
from evaluation.providers.streamed_answer import Draft

LINE = {"parrot": "parrot_provider:ParrotProvider"}
"""What stands in the catalogue for it."""


class ParrotProvider(ModelServer):
    """A server of parrots, which may be told a temperature and a seed."""

    name: str = "parrot"
    owner = "the parrots'"
    greeting_path = "/hello"
    limits: tuple[str, ...] = ("parrots take temperature and seed alone",)
    sendable_options = frozenset({"temperature", "seed"})

    @staticmethod
    def error_of(refusal: Refusal, asked: RequestContext) -> ProviderError:
        return ProviderError(refusal.said(asked), FailureKind.BAD_OPTION)

    @classmethod
    def is_greeting(cls, answer: Mapping[str, Any]) -> bool:
        return "squawk" in answer

    async def version(self) -> str | None:
        return str((await self._connection.ask("GET", "/hello", context=self._request_context()))["squawk"])

    async def models(self) -> tuple[ModelInfo, ...]:
        birds = (await self._connection.ask("GET", "/birds", context=self._request_context()))["birds"]
        return tuple(ModelInfo(name=name, digest=f"{len(name):064x}", context_length=4096) for name in birds)

    async def show(self, model: str) -> ModelInfo:
        return next(info for info in await self.models() if info.name == model)

    async def answer(self, request: GenerationRequest, draft: Draft) -> Generation:
        asked = self._request_context(request.model)
        body = {"bird": request.model, "words": request.messages[-1].content, **self.sent_options(request.options)}
        said = await self._connection.ask("POST", "/speak", body, context=asked, timeout_s=request.timeout_s)
        draft.add(said["said"])
        timing = Timing(total_s=draft.elapsed_s, ttft_s=draft.ttft_s)
        return draft.generation(
            request, timing=timing, finish_reason="stop", prompt_tokens=said["heard"], output_tokens=1
        )

    async def _embedded(self, model: str, text: str) -> tuple[float, ...]:
        raise ProviderError(f"{self.url}: parrots make no vectors", FailureKind.BAD_OPTION)


@dataclass
class Aviary:
    """Parrots behind an address, and what they were asked."""

    url: str = ""
    birds: tuple[str, ...] = ("polly",)
    asked: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """The JSON of a path; None: 404."""
        if path == "/hello":
            return {"squawk": "7.1"}
        if path == "/birds":
            return {"birds": list(self.birds)}
        if path == "/speak":
            self.asked.append(body)
            words = body["words"]
            return {"said": words.removeprefix("What is ").removesuffix("?"), "heard": len(words.split())}
        return None


@contextmanager
def aviary() -> Iterator[Aviary]:
    """A server of parrots on the loopback."""
    parrots = Aviary()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self._reply({})

        def do_POST(self) -> None:
            self._reply(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _reply(self, body: dict[str, Any]) -> None:
            reply = parrots.answer(self.path, body)
            content = json.dumps(reply or {"error": "no such perch"}).encode()
            self.send_response(404 if reply is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

    server = Server(("127.0.0.1", 0), Handler)
    parrots.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield parrots
    server.shutdown()
    thread.join()
    server.server_close()
