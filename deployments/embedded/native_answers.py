"""Ollama's own routes that answer prompts: `/api/chat` and `/api/generate`.

Their records differ in how they carry the text.
"""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from time import perf_counter_ns
from typing import Any

from deployments.embedded.body import Body
from deployments.embedded.engine import Job, Piece, ServedModel
from deployments.embedded.options import full_options, keep_alive_s, load_options
from deployments.embedded.prompt_answers import Finished, Work, answered, collected
from deployments.embedded.registry import Registry
from deployments.embedded.replies import NDJSON, Reply, Stream, WireError, go_time, json_line, json_reply
from deployments.embedded.scheduler import Scheduler
from deployments.embedded.schema import schema_of

_THINK_LEVELS = ("low", "medium", "high", "max")
_TextField = Callable[[str], dict[str, Any]]


class NativeAnswers:
    """Handlers of the two routes, which get the raw body."""

    def __init__(self, registry: Registry, scheduler: Scheduler) -> None:
        self._registry, self._scheduler = registry, scheduler

    async def chat(self, raw: bytes) -> Reply | Stream:
        started = perf_counter_ns()
        body = Body.read(raw)
        if not body.get("model", ""):
            raise WireError(400, "model is required")
        model, messages = self._registry.find(body.get("model", "")), body.messages
        if body.fields.get("tools"):
            raise WireError(400, f"{model.name} does not support tools")
        return await self._answer(body, model, started, _as_message, messages=messages, wants_context=False)

    async def generate(self, raw: bytes) -> Reply | Stream:
        started = perf_counter_ns()
        body = Body.read(raw)
        model = self._registry.find(body.get("model", ""))
        if body.get("suffix", ""):
            raise WireError(400, f"{model.name} does not support insert")
        if body.fields.get("images"):
            raise WireError(400, "this model does not support images")
        prompt, system, is_raw = body.get("prompt", ""), body.get("system", ""), body.get("raw", False)
        if is_raw and (system or body.fields.get("template") or body.fields.get("context")):
            raise WireError(400, "raw mode does not support template, system, or context")
        if body.fields.get("template"):
            raise WireError(400, "the embedded server does not take a template of the request's own; use raw")
        messages = (("system", system), ("user", prompt)) if system else (("user", prompt),)
        return await self._answer(
            body,
            model,
            started,
            _as_response,
            messages=messages if prompt and not is_raw else (),
            raw_prompt=prompt if prompt and is_raw else None,
            wants_context=not is_raw,
        )

    async def _answer(
        self,
        body: Body,
        model: ServedModel,
        started: int,
        text_field: _TextField,
        *,
        messages: tuple[tuple[str, str], ...] = (),
        raw_prompt: str | None = None,
        wants_context: bool,
    ) -> Reply | Stream:
        """Return the answer to chat or generate, which differ in how a record carries its text."""
        keep_alive = keep_alive_s(body.fields.get("keep_alive"))
        job = _job(body, model, messages, raw_prompt)
        load = load_options(job.options, model, shift=job.shift)
        head = {"model": body.get("model", "")}
        if not messages and raw_prompt is None:
            return await self._load_only(model, body, head | text_field(""), keep_alive)
        if "completion" not in model.capabilities:
            raise WireError(
                400, f'"{head["model"]}" does not support {"chat" if text_field is _as_message else "generate"}'
            )
        work = Work(model=model, load=load, job=job, keep_alive_s=keep_alive, wants_context=wants_context)
        if body.get("stream", True):
            lines = self._lines(work, started, head, text_field)
            return Stream(content_type=NDJSON, pieces=lines, late_error=error_line)
        whole = await collected(self._scheduler, work, started)
        record = _record(head, text_field(whole.text), whole.finished)
        return json_reply(record | ({"logprobs": whole.logprobs} if whole.logprobs else {}))

    async def _load_only(
        self, model: ServedModel, body: Body, head: Mapping[str, Any], keep_alive: float | None
    ) -> Reply:
        reason = "load"
        if keep_alive == 0:
            reason = "unload"
            await self._scheduler.unload(model)
        else:
            options = full_options(body.fields.get("options"), model)
            load = load_options(options, model, shift=body.get("shift", True))
            async with self._scheduler.use(model, load, keep_alive):
                pass
        content = {key: value for key, value in head.items() if key != "model"}
        return json_reply(
            {"model": head["model"], "created_at": go_time(), **content, "done": True, "done_reason": reason}
        )

    async def _lines(
        self, work: Work, started: int, head: Mapping[str, Any], text_field: _TextField
    ) -> AsyncGenerator[bytes, None]:
        async with aclosing(answered(self._scheduler, work, started)) as parts:
            async for part in parts:
                if isinstance(part, Piece):
                    record = _record(head, text_field(part.text), None)
                    yield json_line(record | ({"logprobs": list(part.logprobs)} if part.logprobs else {}))
                else:
                    yield json_line(_record(head, text_field(""), part))


def error_line(message: str) -> bytes:
    """Return an error line for a stream that has begun."""
    return json_line({"error": message})


def _job(body: Body, model: ServedModel, messages: tuple[tuple[str, str], ...], raw_prompt: str | None) -> Job:
    think = body.fields.get("think")
    if think is not None and not isinstance(think, bool) and think not in _THINK_LEVELS:
        raise WireError(400, f'invalid think value: "{think}" (must be "high", "medium", "low", "max", true, or false)')
    if think:
        raise WireError(400, f'"{body.get("model", "")}" does not support thinking')
    top = body.get("top_logprobs", 0)
    if not 0 <= top <= 20:
        raise WireError(400, "top_logprobs must be between 0 and 20")
    return Job(
        messages=messages,
        raw_prompt=raw_prompt,
        options=full_options(body.fields.get("options"), model),
        schema=schema_of(body.fields.get("format")),
        truncate=body.get("truncate", True),
        shift=body.get("shift", True),
        n_logprobs=top if body.get("logprobs", False) else None,
    )


def _as_message(text: str) -> dict[str, Any]:
    return {"message": {"role": "assistant", "content": text}}


def _as_response(text: str) -> dict[str, Any]:
    return {"response": text}


def _record(head: Mapping[str, Any], text: Mapping[str, Any], finished: Finished | None) -> dict[str, Any]:
    record = {**head, "created_at": go_time(), **text, "done": finished is not None}
    if finished is None:
        return record
    context = {"context": list(finished.context)} if finished.context else {}
    return record | {"done_reason": finished.ending.reason} | context | finished.metrics
