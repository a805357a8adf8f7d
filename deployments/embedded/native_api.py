"""Ollama's own API except for prompts: available models, loaded models, embeddings, pulls."""

from collections.abc import AsyncGenerator, Iterable
from datetime import UTC, datetime
from time import perf_counter_ns, time_ns
from typing import Any

from deployments.embedded.body import Body
from deployments.embedded.engine import ServedModel
from deployments.embedded.native_answers import error_line
from deployments.embedded.options import full_options, keep_alive_s, load_options
from deployments.embedded.registry import Registry
from deployments.embedded.replies import NDJSON, Reply, Stream, WireError, go_time, json_line, json_reply, text_reply
from deployments.embedded.scheduler import Scheduler

VERSION = "0.33.0-embedded"
_FAR_FUTURE = "2319-01-01T00:00:00Z"


class NativeApi:
    """Handlers of the native routes, which get the raw body."""

    def __init__(self, registry: Registry, scheduler: Scheduler) -> None:
        self._registry, self._scheduler = registry, scheduler

    async def root(self, _raw: bytes) -> Reply:
        return text_reply(200, "Ollama is running", "text/plain; charset=utf-8")

    async def version(self, _raw: bytes) -> Reply:
        return json_reply({"version": VERSION})

    async def tags(self, _raw: bytes) -> Reply:
        return json_reply({"models": [_tag(model) for model in self._registry]})

    async def ps(self, _raw: bytes) -> Reply:
        loaded = self._scheduler.loaded
        if loaded is None:
            return json_reply({"models": []})
        model = loaded.model
        expires_ns = max(loaded.expires_ns, time_ns()) if loaded.n_users else loaded.expires_ns
        entry = {
            "name": model.name,
            "model": model.name,
            "size": loaded.engine.size_bytes,
            "digest": model.digest(),
            "details": model.owner_details,
            "expires_at": _moment(expires_ns),
            "size_vram": 0,
            "context_length": loaded.engine.context_length,
        }
        return json_reply({"models": [entry]})

    async def show(self, raw: bytes) -> Reply:
        body = Body.read(raw)
        model = self._registry.find(body.get("model", "") or body.get("name", ""))
        modelfile = f"FROM {model.name}\nTEMPLATE {model.template!r}\n"
        shown = {
            "modelfile": modelfile,
            "parameters": model.parameters,
            "template": model.template,
            "details": model.owner_details,
            **model.show(),
            "capabilities": list(model.capabilities),
            "modified_at": go_time(model.modified_ns),
        }
        return json_reply(shown)

    async def embed(self, raw: bytes) -> Reply:
        started = perf_counter_ns()
        body = Body.read(raw)
        model = self._embedder(body)
        texts = body.fields.get("input", "")
        texts = [texts] if isinstance(texts, str) else texts
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise WireError(400, "invalid input type")
        vectors = await self._vectors(model, body, texts)
        answer = {
            "model": body.get("model", ""),
            "embeddings": [list(vector) for vector in vectors],
            "total_duration": perf_counter_ns() - started,
            "load_duration": 1,
            "prompt_eval_count": sum(len(text.split()) for text in texts),
        }
        return json_reply({name: value for name, value in answer.items() if value != 0})

    async def embeddings(self, raw: bytes) -> Reply:
        body = Body.read(raw)
        (vector,) = await self._vectors(self._embedder(body), body, [body.get("prompt", "")])
        return json_reply({"embedding": list(vector)})

    async def pull(self, raw: bytes) -> Reply | Stream:
        body = Body.read(raw)
        name = body.get("model", "") or body.get("name", "")
        problem = None
        if self._registry.get(name) is None:
            problem = (
                f"pull model manifest: the embedded server cannot pull {name!r}; it serves only what it comes with"
            )
        if body.get("stream", True):
            return Stream(content_type=NDJSON, pieces=_pull_lines(problem), late_error=error_line)
        if problem:
            raise WireError(500, problem)
        return json_reply({"status": "success"})

    async def not_offered(self, _raw: bytes) -> Reply:
        raise WireError(501, "the embedded server does not offer this: its models are fixed")

    def _embedder(self, body: Body) -> ServedModel:
        name = body.get("model", "")
        model = self._registry.get(name)
        if model is None:
            raise WireError(404, f'model "{name}" not found, try pulling it first')
        if model.embed is None:
            raise WireError(501, "This server does not support embeddings. Start it with `--embeddings`")
        return model

    async def _vectors(self, model: ServedModel, body: Body, texts: Iterable[str]) -> list[tuple[float, ...]]:
        assert model.embed is not None  # noqa: S101
        options = full_options(body.fields.get("options"), model)
        load = load_options(options, model, shift=True)
        async with self._scheduler.use(model, load, keep_alive_s(body.fields.get("keep_alive"))):
            return [model.embed(text) for text in texts]


def _tag(model: ServedModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "model": model.name,
        "modified_at": go_time(model.modified_ns),
        "size": model.size_bytes,
        "digest": model.digest(),
        "details": dict(model.details),
        "capabilities": list(model.capabilities),
    }


def _moment(at_ns: int) -> str:
    far = int(datetime(2300, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000_000
    return _FAR_FUTURE if at_ns > far else go_time(at_ns)


async def _pull_lines(problem: str | None) -> AsyncGenerator[bytes, None]:
    yield json_line({"status": "pulling manifest"})
    yield json_line({"error": problem} if problem else {"status": "success"})
