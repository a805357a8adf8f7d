"""The OpenAI-compatible layer `/v1/…`, with the same defaults and gaps as Ollama's."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from itertools import count
from time import perf_counter_ns, time
from typing import Any

from deployments.embedded.body import Body
from deployments.embedded.engine import Job, Piece, ServedModel
from deployments.embedded.options import full_options, load_options
from deployments.embedded.prompt_answers import Finished, Work, answered, collected
from deployments.embedded.registry import Registry
from deployments.embedded.replies import BARE_JSON, EVENTS, Reply, Stream, WireError, json_bytes, json_line
from deployments.embedded.scheduler import Scheduler
from deployments.embedded.schema import schema_of

_KINDS = {400: "invalid_request_error", 404: "not_found_error"}
_PASSED_ON = ("temperature", "top_p", "seed", "stop", "presence_penalty", "frequency_penalty")


class OpenAiApi:
    """Handlers of the compatibility routes."""

    def __init__(self, registry: Registry, scheduler: Scheduler) -> None:
        self._registry, self._scheduler = registry, scheduler
        self._numbers = count(1)

    async def models(self, _raw: bytes) -> Reply:
        data = [
            {"id": model.name, "object": "model", "created": model.modified_ns // 10**9, "owned_by": "library"}
            for model in self._registry
        ]
        return _reply({"object": "list", "data": data})

    async def chat(self, raw: bytes) -> Reply | Stream:
        started = perf_counter_ns()
        body = Body.read(raw)
        model = self._registry.find(body.get("model", ""))
        if not body.messages:
            raise WireError(400, "[] is too short - 'messages'")
        if "completion" not in model.capabilities:
            raise WireError(400, f'"{body.get("model", "")}" does not support chat')
        work = _work(body, model)
        head = {"id": f"chatcmpl-{next(self._numbers)}", "created": int(time()), "model": body.get("model", "")}
        if body.get("stream", False):
            usage = bool((body.fields.get("stream_options") or {}).get("include_usage"))
            return Stream(content_type=EVENTS, pieces=self._events(work, started, head, usage), late_error=late_error)
        whole = await collected(self._scheduler, work, started)
        message = {"role": "assistant", "content": whole.text}
        reason = whole.finished.ending.reason if whole.finished else None
        choice = {"index": 0, "message": message, "finish_reason": reason}
        answer = _shell(head, "chat.completion") | {"choices": [choice], "usage": _usage(whole.finished)}
        return _reply(answer)

    async def embeddings(self, raw: bytes) -> Reply:
        body = Body.read(raw)
        model = self._registry.find(body.get("model", ""))
        if model.embed is None:
            raise WireError(501, "This server does not support embeddings. Start it with `--embeddings`")
        inputs = body.fields.get("input", "")
        texts = [inputs] if isinstance(inputs, str) else inputs
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise WireError(400, "invalid input type: 'input' is a text or a list of texts")
        load = load_options(full_options(None, model), model, shift=True)
        async with self._scheduler.use(model, load, None):
            data = [
                {"object": "embedding", "embedding": list(model.embed(text)), "index": index}
                for index, text in enumerate(texts)
            ]
        n_tokens = sum(len(text.split()) for text in texts)
        usage = {"prompt_tokens": n_tokens, "total_tokens": n_tokens}
        return _reply({"object": "list", "data": data, "model": body.get("model", ""), "usage": usage})

    async def _events(
        self, work: Work, started: int, head: Mapping[str, Any], usage: bool
    ) -> AsyncGenerator[bytes, None]:
        shell = _shell(head, "chat.completion.chunk")
        first = True
        async with aclosing(answered(self._scheduler, work, started)) as parts:
            async for part in parts:
                if isinstance(part, Piece):
                    role = {"role": "assistant"} if first else {}
                    first = False
                    yield _event(shell | {"choices": [_delta(role | {"content": part.text}, None)]})
                    continue
                yield _event(shell | {"choices": [_delta({}, part.ending.reason)]})
                if usage:
                    yield _event(shell | {"choices": [], "usage": _usage(part)})
                yield b"data: [DONE]\n\n"


def error_reply(error: WireError) -> Reply:
    """Return an error in OpenAI's format."""
    kind = _KINDS.get(error.status, "api_error")
    shown = {"message": error.message, "type": kind, "param": None, "code": None}
    return Reply(status=error.status, content_type=BARE_JSON, body=json_line({"error": shown}))


def late_error(_message: str) -> bytes:
    """Return the form of an error in mid-stream in this API: an empty chunk without information."""
    return _event({"model": "", "choices": [_delta({"content": ""}, None)]})


def _work(body: Body, model: ServedModel) -> Work:
    passed_options = {name: body.fields[name] for name in _PASSED_ON if body.fields.get(name) is not None}
    limit = body.fields.get("max_completion_tokens") or body.fields.get("max_tokens")
    if limit:
        passed_options["num_predict"] = limit
    options = full_options({"temperature": 1.0, "top_p": 1.0} | passed_options, model)
    job = Job(messages=body.messages, options=options, schema=_schema(body.fields.get("response_format")))
    return Work(model=model, load=load_options(options, model, shift=True), job=job)


def _schema(response_format: Any) -> Mapping[str, Any] | None:
    format_fields = response_format if isinstance(response_format, Mapping) else {}
    if format_fields.get("type") == "json_schema":
        return schema_of((format_fields.get("json_schema") or {}).get("schema"))
    return schema_of("json" if format_fields.get("type") == "json_object" else None)


def _shell(head: Mapping[str, Any], kind: str) -> dict[str, Any]:
    return {
        "id": head["id"],
        "object": kind,
        "created": head["created"],
        "model": head["model"],
        "system_fingerprint": "fp_ollama",
    }


def _delta(delta: Mapping[str, Any], reason: str | None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": reason}


def _usage(finished: Finished | None) -> dict[str, int]:
    prompt_tokens, output_tokens = (
        (finished.ending.prompt_tokens, finished.ending.output_tokens) if finished else (0, 0)
    )
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": output_tokens,
        "total_tokens": prompt_tokens + output_tokens,
    }


def _event(value: Any) -> bytes:
    return b"data: " + json_bytes(value) + b"\n\n"


def _reply(value: Any) -> Reply:
    return Reply(content_type=BARE_JSON, body=json_line(value))
