"""A model server behind a gateway: speaks Ollama's protocol and OpenAI's, with faults, and notes what it was asked."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

GENERATING = ("/api/chat", "/api/generate", "/v1/chat/completions", "/v1/completions")
EMBEDDING = ("/api/embed", "/v1/embeddings")
CALL = {"name": "weather", "arguments": {"at": "Bern"}}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What happens to a request instead."""

    status: int = 200
    error: str = "llama runner process has terminated"
    error_after: int | None = None
    """The stream holds an error after that many words."""
    cut_after: int | None = None
    """The connection breaks after that many words."""
    delay_s: float = 0.0
    """Before the first byte."""


class CutError(Exception):
    """Breaks the connection."""


@dataclass
class ScriptedUpstream:
    """The server. Its answers begin with its name."""

    name: str
    models: dict[str, str | None] = field(default_factory=dict)
    """Digests by name; None for servers that give none."""
    is_ollama: bool = True
    loaded: list[str] = field(default_factory=list)
    n_words: int = 3
    pace_s: float = 0.0
    """Between two words."""
    faults: deque[Fault] = field(default_factory=deque)
    """Of the next requests for an answer, one each."""
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Requests for an answer, with their paths."""
    keys: list[str] = field(default_factory=list)
    """`Authorization` of these."""
    n_finished: int = 0
    n_cancelled: int = 0
    most_at_once: int = 0
    """Most requests for an answer that were under way together."""
    _n_at_once: int = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        content = b""
        while (message := await receive())["type"] == "http.request":
            content += message.get("body", b"")
            if not message.get("more_body"):
                break
        body, path = json.loads(content or b"{}"), scope["path"]
        if not self.is_ollama and path.startswith("/api/"):
            await _reply(send, 404, {"detail": "Not Found"})
        elif path in GENERATING:
            headers = dict(scope["headers"])
            self.keys.append(headers.get(b"authorization", b"").decode())
            work = asyncio.ensure_future(self._generate(path, body, send))
            gone = asyncio.ensure_future(receive())
            await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                self.n_cancelled += 1
                work.cancel()
            gone.cancel()
            await asyncio.wait((work, gone))
        else:
            await self._tell(path, body, send)

    async def _generate(self, path: str, body: dict[str, Any], send: Any) -> None:
        self._n_at_once += 1
        self.most_at_once = max(self.most_at_once, self._n_at_once)
        try:
            await self._answer(path, body, send)
        finally:
            self._n_at_once -= 1

    async def _answer(self, path: str, body: dict[str, Any], send: Any) -> None:
        self.asked.append((path, body))
        fault = self.faults.popleft() if self.faults else Fault()
        await asyncio.sleep(fault.delay_s)
        if body["model"] not in self.models:
            fault = Fault(status=404, error=f"model '{body['model']}' not found")
        is_openai = path.startswith("/v1/")
        if fault.status != 200:
            error: Any = {"message": fault.error, "type": "api_error"} if is_openai else fault.error
            await _reply(send, fault.status, {"error": error})
            return
        if not body.get("stream", not is_openai):
            if fault.cut_after is not None:
                await _start(send, "application/json", [(b"content-length", b"999")])
                await send({"type": "http.response.body", "body": b'{"model":', "more_body": True})
                raise CutError
            await _reply(send, 200, _whole(path, body, self._text(body)))
            self.n_finished += 1
            return
        await _start(send, "text/event-stream" if is_openai else "application/x-ndjson")
        async for data in self._stream(path, body, fault):
            await send({"type": "http.response.body", "body": data, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        self.n_finished += 1

    def _text(self, body: dict[str, Any]) -> str:
        if body.get("format") or body.get("response_format"):
            return '{"a": 1}'
        return " ".join([self.name, *(f"word{i}" for i in range(1, self.n_words))])

    async def _stream(self, path: str, body: dict[str, Any], fault: Fault) -> AsyncIterator[bytes]:
        for i, word in enumerate(self._text(body).split(" ")):
            if fault.cut_after == i:
                raise CutError
            if fault.error_after == i:
                error = {"error": fault.error}
                yield _event(error) if path.startswith("/v1/") else _line(error)
                return
            yield _piece(path, body, (" " if i else "") + word)
            await asyncio.sleep(self.pace_s)
        if body.get("tools"):
            yield _tool_piece(path, body)
        yield _end(path, body)

    async def _tell(self, path: str, body: dict[str, Any], send: Any) -> None:
        tags = [_tag(name, digest) for name, digest in self.models.items()]
        answers: dict[str, Any] = {
            "/api/version": {"version": "0.33.0"},
            "/api/tags": {"models": tags},
            "/api/ps": {"models": [tag for tag in tags if tag["name"] in self.loaded]},
            "/api/show": {"capabilities": ["completion", "tools"], "template": "t", "details": {}, "model_info": {}},
            "/api/embed": {"model": body.get("model"), "embeddings": [[0.5, 1.0]], "prompt_eval_count": 2},
            "/v1/models": {"object": "list", "data": [{"id": name, "object": "model"} for name in self.models]},
            "/v1/embeddings": {
                "object": "list",
                "model": body.get("model"),
                "data": [{"object": "embedding", "index": 0, "embedding": [0.5, 1.0]}],
                "usage": {"prompt_tokens": 2, "total_tokens": 2},
            },
        }
        if path in EMBEDDING:
            self.asked.append((path, body))
        await _reply(send, 200 if path in answers else 404, answers.get(path, {"error": "404 page not found"}))


def _tag(name: str, digest: str | None) -> dict[str, Any]:
    tag = {"name": name, "model": name, "size": 9, "size_vram": 9, "modified_at": "2026-01-01T00:00:00Z", "details": {}}
    return tag | ({"digest": digest} if digest else {})


async def _start(send: Any, media_type: str, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    all_headers = [(b"content-type", media_type.encode()), *(headers or [])]
    await send({"type": "http.response.start", "status": 200, "headers": all_headers})


async def _reply(send: Any, status: int, body: dict[str, Any]) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


def _line(record: dict[str, Any]) -> bytes:
    return json.dumps(record).encode() + b"\n"


def _event(record: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(record).encode() + b"\n\n"


def _head(path: str, body: dict[str, Any]) -> dict[str, Any]:
    if path.startswith("/v1/"):
        return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}
    return {"model": body["model"], "created_at": "2026-01-01T00:00:00Z"}


def _choice(path: str, text: str, reason: str | None = None) -> dict[str, Any]:
    words: dict[str, Any] = {"text": text} if path.endswith("/completions") and "chat" not in path else {}
    return {"index": 0, "finish_reason": reason} | (words or {"delta": {"content": text} if text else {}})


def _piece(path: str, body: dict[str, Any], text: str) -> bytes:
    if path.startswith("/v1/"):
        return _event(_head(path, body) | {"choices": [_choice(path, text)]})
    words: dict[str, Any] = {"message": {"role": "assistant", "content": text}}
    return _line(_head(path, body) | (words if path == "/api/chat" else {"response": text}) | {"done": False})


def _tool_piece(path: str, body: dict[str, Any]) -> bytes:
    if path.startswith("/v1/"):
        function = CALL | {"arguments": json.dumps(CALL["arguments"])}
        uses = [{"index": 0, "id": "call_1", "type": "function", "function": function}]
        choice = {"index": 0, "delta": {"tool_calls": uses}, "finish_reason": "tool_calls"}
        return _event(_head(path, body) | {"choices": [choice]})
    message = {"role": "assistant", "content": "", "tool_calls": [{"function": CALL}]}
    return _line(_head(path, body) | {"message": message, "done": False})


_COUNTS = {"prompt_eval_count": 5, "eval_count": 3, "total_duration": 4000}
_USAGE = {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}


def _end(path: str, body: dict[str, Any]) -> bytes:
    if path.startswith("/v1/"):
        last = _event(_head(path, body) | {"choices": [_choice(path, "", "stop")]})
        if (body.get("stream_options") or {}).get("include_usage"):
            last += _event(_head(path, body) | {"choices": [], "usage": _USAGE})
        return last + b"data: [DONE]\n\n"
    words: dict[str, Any] = {"message": {"role": "assistant", "content": ""}}
    ending = {"done": True, "done_reason": "stop", **_COUNTS}
    return _line(_head(path, body) | (words if path == "/api/chat" else {"response": ""}) | ending)


def _whole(path: str, body: dict[str, Any], text: str) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if path == "/v1/completions":
        choice = {"index": 0, "text": text, "finish_reason": "stop"}
        return _head(path, body) | {"object": "text_completion", "choices": [choice], "usage": _USAGE}
    if path.startswith("/v1/"):
        if body.get("tools"):
            function = CALL | {"arguments": json.dumps(CALL["arguments"])}
            message["tool_calls"] = [{"id": "call_1", "type": "function", "function": function}]
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return _head(path, body) | {"object": "chat.completion", "choices": [choice], "usage": _USAGE}
    if body.get("tools"):
        message["tool_calls"] = [{"function": CALL}]
    words = {"message": message} if path == "/api/chat" else {"response": text}
    return _head(path, body) | words | {"done": True, "done_reason": "stop", **_COUNTS}
