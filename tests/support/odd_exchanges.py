"""Answers that no honest server gives, drawn at random: any kind of value in any field, broken bytes, odd heads."""

import gzip
import json
import random
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx

NUMBERS = ["0", "-1", "1e999", "-1e999", "1e308", "1.5", "12.0", "10" + "0" * 30, "1" + "0" * 400, "1" + "0" * 5000]
NUMBERS += ["NaN", "Infinity", "-Infinity", "-0", "9223372036854775808", "2147483648"]
OTHERS = ["null", "true", "false", '""', '"7"', '"x"', "[]", "{}", "[1]", '{"a": 1}', '"\\ud800"', '"\\u0000"']
OTHERS += ['"' + "y" * 3_000 + '"', "[" * 300 + "]" * 300, '{"a":' * 150 + "1" + "}" * 150, "[[], [[]], {}]"]
CHAT = ("model", "created_at", "message", "done", "done_reason", "total_duration", "load_duration")
CHAT += ("prompt_eval_count", "prompt_eval_duration", "eval_count", "eval_duration", "error", "remote_host")
COMPATIBLE = ("id", "object", "model", "choices", "usage", "error", "created")
MODELS = ("models", "data", "name", "digest", "size", "details", "capabilities", "model_info", "parameters", "license")
MODELS += ("context_length", "size_vram", "version", "template", "embeddings", "remote_host", "status", "total", "id")
STATUSES = (
    200,
    200,
    200,
    200,
    200,
    201,
    204,
    206,
    299,
    301,
    302,
    307,
    400,
    401,
    404,
    408,
    418,
    429,
    499,
    500,
    503,
    599,
)
HEADS = {
    "retry-after": [
        "-1",
        "1e308",
        "nan",
        "x" * 1000,
        "Mon, 01 Jan 99999 00:00:00 GMT",
        "Mon, 01 Jan 2035 00:00:00 +9999",
    ],
    "content-type": ["text/html", "application/json; charset=utf-32", "x" * 5_000, ""],
    "content-encoding": ["identity", "br", "gzip, gzip", "zstd", "nonsense"],
    "location": ["http://169.254.169.254/", "/api/chat", ""],
}


class OddServer(httpx.AsyncBaseTransport):
    """Answers every request with what the generator draws; tells how many bytes were taken from it."""

    def __init__(self, draw: Callable[[httpx.Request], httpx.Response]) -> None:
        self._draw = draw

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self._draw(request)


class Endless(httpx.AsyncByteStream):
    """Sends one piece for ever, and counts what was taken."""

    def __init__(self, piece: bytes, *, at_most: int = 2**32) -> None:
        self._piece, self._at_most = piece, at_most
        self.n_taken = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.n_taken < self._at_most:
            self.n_taken += len(self._piece)
            yield self._piece


def drawn_response(rng: random.Random, request: httpx.Request) -> httpx.Response:
    """An answer to a request: often nearly right, for then more of it is read."""
    body = _body(rng, request.url.path)
    headers = {name: rng.choice(values) for name, values in HEADS.items() if rng.random() < 0.05}
    if rng.random() < 0.05:
        headers["content-encoding"], body = "gzip", gzip.compress(body)[: rng.choice([5, 30, None])]
    return httpx.Response(rng.choice(STATUSES), headers=headers, stream=_Pieces(_pieces(rng, body)))


class _Pieces(httpx.AsyncByteStream):
    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


def _pieces(rng: random.Random, body: bytes) -> list[bytes]:
    size = rng.choice([1, 7, 1000, 10**6]) if len(body) < 5000 else 10**5
    return [body[at : at + size] for at in range(0, len(body), size)]


def _body(rng: random.Random, path: str) -> bytes:
    kind = rng.random()
    if kind < 0.1:
        return rng.randbytes(rng.randrange(200))
    if kind < 0.2:
        return rng.choice(NUMBERS + OTHERS).encode()
    if path == "/api/chat":
        return b"\n".join(_spoiled(rng, _record(rng, CHAT)) for _ in range(rng.randrange(1, 5))) + b"\n"
    if path == "/v1/chat/completions":
        return (
            b"".join(b"data: " + _spoiled(rng, _record(rng, COMPATIBLE)) + b"\n\n" for _ in range(3)) + b"data: [DONE]"
        )
    return _spoiled(rng, _record(rng, MODELS))


def _spoiled(rng: random.Random, record: str) -> bytes:
    data = bytearray(record.encode("utf-8", "surrogatepass"))
    if rng.random() < 0.1:
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data[: rng.randrange(len(data))]) if rng.random() < 0.05 else bytes(data)


def _record(rng: random.Random, keys: tuple[str, ...]) -> str:
    fields = [f"{json.dumps(key)}: {_usual(key) if rng.random() < 0.85 else _value(rng, 0)}" for key in keys]
    fields = [
        field for field in fields if rng.random() < 0.9 and not (field.startswith('"error"') and rng.random() < 0.8)
    ]
    return "{" + ", ".join(fields + fields[: rng.randrange(2)]) + "}"  # now and then one key twice


def _usual(key: str) -> str:
    usual: dict[str, Any] = {
        "model": "tiny",
        "message": {"role": "assistant", "content": "hi"},
        "done": True,
        "done_reason": "stop",
        "choices": [{"delta": {"content": "hi"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 4},
        "models": [{"name": "tiny:latest", "digest": "d", "details": {}}],
        "data": [{"id": "tiny", "embedding": [0.1]}],
        "embeddings": [[0.1, 0.2]],
    }
    return json.dumps(usual.get(key, 5))


def _value(rng: random.Random, depth: int) -> str:
    if depth < 3 and rng.random() < 0.4:
        inner = [_value(rng, depth + 1) for _ in range(rng.randrange(3))]
        keys = (
            "content",
            "thinking",
            "delta",
            "finish_reason",
            "message",
            "code",
            "error",
            "prompt_tokens",
            "name",
            "id",
        )
        if rng.random() < 0.5:
            return "[" + ", ".join(inner) + "]"
        return "{" + ", ".join(f'"{rng.choice(keys)}": {each}' for each in inner) + "}"
    return rng.choice(NUMBERS + OTHERS)
