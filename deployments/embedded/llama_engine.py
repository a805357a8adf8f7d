"""A GGUF model on llama.cpp, in threads of this process: prompts that fit, sampling, and the outcome."""

import json
import math
import os
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

import httpx

from deployments.embedded.engine import Ending, Job, LoadOptions, Piece
from deployments.embedded.gguf import GgufHeader
from deployments.embedded.prompt_window import kept_range, too_long
from deployments.embedded.replies import BARE_JSON, WireError

_SAME_NAME = (
    "temperature",
    "top_k",
    "top_p",
    "min_p",
    "typical_p",
    "repeat_penalty",
    "repeat_last_n",
    "presence_penalty",
    "frequency_penalty",
)


def chat_prompt(messages: tuple[tuple[str, str], ...]) -> str:
    """Return the messages in ChatML, on which the model was trained; no system message is added."""
    turns = "".join(f"<|im_start|>{role}\n{content}<|im_end|>\n" for role, content in messages)
    return f"{turns}<|im_start|>assistant\n"


class LlamaEngine:
    """A loaded model. llama.cpp listens on a loopback port of its own, in threads of this process."""

    def __init__(self, path: Path, header: GgufHeader, options: LoadOptions, slots: int) -> None:
        import xllamacpp

        self.context_length = _effective_context(options.num_ctx, int(header.of_architecture("context_length")))
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(path)
        # llama.cpp shares its context out among the slots.
        parameters.n_ctx = self.context_length * slots
        parameters.n_parallel = slots
        parameters.kv_unified = False
        parameters.n_batch = options.num_batch
        parameters.ctx_shift = options.shift
        parameters.cpuparams.n_threads = options.num_thread or _threads()
        parameters.hostnames = ["127.0.0.1"]
        parameters.port = 0
        parameters.warmup = False
        parameters.cache_ram_mib = 0
        parameters.verbosity = -1
        self._server: Any = xllamacpp.Server(parameters)
        self.size_bytes = path.stat().st_size + _cache_bytes(header, self.context_length * slots)
        self._client = httpx.AsyncClient(
            base_url=self._server.listening_address,
            timeout=None,  # noqa: S113 - the caller's disconnect ends the request, and nothing else should
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    async def answer(self, job: Job) -> AsyncGenerator[Piece | Ending, None]:
        body = _sampling(job) | {"prompt": await self._fitting_prompt(job), "stream": True}
        async with self._client.stream("POST", "/completion", json=body) as response:
            if response.status_code != 200:
                raise _refusal(response.status_code, await response.aread(), job)
            async for event in _events(response):
                if "error" in event:
                    raise WireError(500, f"an error was encountered while running the model: {event['error']}")
                text = event.get("content", "")
                if text:
                    yield Piece(text=text, logprobs=_logprobs(event, job))
                if event.get("stop"):
                    yield _ending(event)
                    return
        raise WireError(500, "model runner has unexpectedly stopped, this may be due to resource limitations")

    async def token_ids(self, job: Job, answer: str) -> list[int]:
        prompt = await self._fitting_prompt(job)
        front = prompt if isinstance(prompt, list) else await self._tokens(prompt)
        return front + await self._tokens(answer)

    async def close(self) -> None:
        await self._client.aclose()
        self._server = None

    async def _tokens(self, text: str) -> list[int]:
        body = {"content": text, "parse_special": True, "add_special": False}
        response = await self._client.post("/tokenize", json=body)
        return list(response.json()["tokens"])

    async def _fitting_prompt(self, job: Job) -> str | list[int]:
        """Return the prompt.

        One that is too long and may be truncated loses its oldest turns, or else its middle.
        """
        text = job.raw_prompt if job.raw_prompt is not None else chat_prompt(job.messages)
        # No token is shorter than a byte.
        if len(text.encode()) < self.context_length:
            return text
        tokens = await self._tokens(text)
        if len(tokens) < self.context_length:
            return text
        if not (job.truncate and job.shift):
            raise too_long(len(tokens), self.context_length, shift=job.shift, truncate=job.truncate)
        tokens = await self._without_oldest_turns(job, tokens)
        if len(tokens) < self.context_length:
            return tokens
        front, tail = kept_range(self.context_length, int(job.options["num_keep"]))
        return tokens[:front] + tokens[-tail:]

    async def _without_oldest_turns(self, job: Job, tokens: list[int]) -> list[int]:
        system = tuple(message for message in job.messages if message[0] == "system")
        rest = [message for message in job.messages if message[0] != "system"]
        while len(rest) > 1 and len(tokens) >= self.context_length:
            rest.pop(0)
            tokens = await self._tokens(chat_prompt((*system, *rest)))
        return tokens


def _effective_context(num_ctx: int, trained: int) -> int:
    """Return the actual context length: at most that of the training, padded to a multiple of 256."""
    return min(trained, max(256, math.ceil(num_ctx / 256) * 256))


def _threads() -> int:
    """Return the number of cores minus one.

    The threads wait for one another, and a core shared with others stalls all.
    """
    return max(1, (os.cpu_count() or 1) - 1)


def _cache_bytes(header: GgufHeader, n_tokens: int) -> int:
    """Return the size of keys and values in half precision."""
    heads, kv_heads = header.of_architecture("attention.head_count"), header.of_architecture("attention.head_count_kv")
    width = int(header.of_architecture("embedding_length")) // int(heads) * int(kv_heads)
    return n_tokens * int(header.of_architecture("block_count")) * width * 2 * 2


def _sampling(job: Job) -> dict[str, Any]:
    options = job.options
    seed = int(options["seed"])
    body: dict[str, Any] = {name: options[name] for name in _SAME_NAME} | {
        # llama.cpp draws a seed of its own for the largest number.
        "seed": seed if seed >= 0 else 0xFFFF_FFFF,
        "n_predict": options["num_predict"],
        "stop": list(options["stop"]),
        "n_keep": options["num_keep"],
        # Reused prompt parts change the batches, and so the sums: one seed would no longer give one answer.
        "cache_prompt": False,
    }
    if job.schema is not None:
        body["json_schema"] = {**_closed(job.schema), "x-guidance": {"whitespace_flexible": False}}
    if job.n_logprobs is not None:
        body["n_probs"] = max(1, job.n_logprobs)
    return body


def _closed(schema: Any) -> Any:
    """Return `schema` restricted to the listed properties, unless it says otherwise.

    llama.cpp's own grammars do the same.
    """
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), Mapping):
        closed.setdefault("additionalProperties", False)
    return closed


async def _events(response: httpx.Response) -> AsyncGenerator[Mapping[str, Any], None]:
    """Yield the data of server-sent events. Only line feeds split them: a model may write other line ends."""
    rest = b""
    async for block in response.aiter_bytes():
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            kind, _, data = line.partition(b": ")
            if kind == b"data" and data.strip() != b"[DONE]":
                yield json.loads(data)
            elif kind == b"error":
                yield {"error": data.decode("utf-8", "replace")}


def _logprobs(event: Mapping[str, Any], job: Job) -> tuple[Mapping[str, Any], ...]:
    if job.n_logprobs is None:
        return ()
    return tuple(_logprob(item, job.n_logprobs) for item in event.get("completion_probabilities", ()))


def _logprob(item: Mapping[str, Any], n_top: int) -> Mapping[str, Any]:
    own = {"token": item["token"], "logprob": item["logprob"], "bytes": item["bytes"]}
    if n_top > 0:
        own["top_logprobs"] = [_logprob(top, 0) for top in item.get("top_logprobs", ())[:n_top]]
    return own


def _ending(event: Mapping[str, Any]) -> Ending:
    timings = event.get("timings", {})
    return Ending(
        reason="length" if event.get("stop_type") == "limit" else "stop",
        prompt_tokens=int(timings.get("cache_n", 0)) + int(timings.get("prompt_n", 0)),
        prompt_ns=round(timings.get("prompt_ms", 0) * 1e6),
        output_tokens=int(event.get("tokens_predicted", 0)),
        output_ns=round(timings.get("predicted_ms", 0) * 1e6),
    )


def _refusal(status: int, body: bytes, job: Job) -> WireError:
    """Return llama.cpp's error unchanged, nested in Ollama's."""
    text = body.decode("utf-8", "replace")
    try:
        error = json.loads(text)["error"]
    except (ValueError, KeyError, TypeError):
        return WireError(500, f"an error was encountered while running the model: {text}")
    if error.get("type") == "exceed_context_size_error":
        n_tokens, context = int(error["n_prompt_tokens"]), int(error["n_ctx"])
        return too_long(n_tokens, context, shift=job.shift, truncate=job.truncate)
    return WireError(status, text, BARE_JSON)
