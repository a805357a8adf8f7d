"""Every exchange that was recorded with a real server, read by the provider."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from evaluation.errors import FailureKind, ProviderError
from evaluation.providers.ollama import OllamaProvider
from evaluation.providers.openai_compatible import OpenAICompatibleProvider

RECORDED = Path(__file__).parents[3].parent / "shared" / "data" / "ollama_wire" / "wire.json"
pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason="the recorded exchanges are not beside this repository")
EXCHANGES = json.loads(RECORDED.read_text(encoding="utf-8"))["exchanges"] if RECORDED.exists() else []
BAD, GONE, LONG = FailureKind.BAD_OPTION, FailureKind.MODEL_NOT_PULLED, FailureKind.PROMPT_TOO_LONG
REFUSALS = {
    "show unknown": GONE,
    "chat overlong, truncate false": LONG,
    "chat overlong, defaults (silently cut)": FailureKind.PROMPT_TRUNCATED,
    "generate empty prompt only loads": FailureKind.CUT_STREAM,
    "preload chat": FailureKind.CUT_STREAM,
    "unload": FailureKind.CUT_STREAM,
    "unknown model": GONE,
    "option of a wrong type": BAD,
    "think on a model without it": BAD,
    "bad keep_alive": BAD,
    "bad format": BAD,
    "no body": BAD,
    "embed on a chat model": BAD,
    "wrong method": BAD,
    "unknown path": BAD,
    "OpenAI unknown model": GONE,
    "pull from a dead registry": GONE,
    "token-repeat abort, streamed": FailureKind.REPEATED_ITSELF,
    "token-repeat abort, not streamed": FailureKind.REPEATED_ITSELF,
}


def read(wire: Any, exchange: dict[str, Any]) -> Any:
    """What the provider makes of the recorded answer, when it comes to the question that it belongs to."""
    headers = {"content-type": exchange["content_type"]}
    answer = httpx.Response(exchange["status"], headers=headers, content=exchange["body"].encode())
    asked, path = exchange["request"]["json"] or {}, exchange["request"]["path"]
    if path.startswith("/v1/"):
        compatible: Any = OpenAICompatibleProvider.models
        if path != "/v1/models":
            compatible = lambda provider: provider.generate(request_of(wire, asked))  # noqa: E731
        return wire.on(path, answer).compatible(compatible)
    tags = next(other["body"] for other in EXCHANGES if other["name"] == "tags")
    ways = {
        "/api/version": OllamaProvider.version,
        "/api/tags": OllamaProvider.models,
        "/api/ps": OllamaProvider.loaded,
        "/api/show": lambda provider: provider.show(asked["model"]),
        "/api/embed": lambda provider: provider.embed(asked["model"], [asked["input"]]),
        "/api/pull": lambda provider: last_step(provider, asked["model"]),
    }
    if path in ways:
        wire.on(path, answer)
        if path != "/api/tags":
            wire.on("/api/tags", httpx.Response(200, content=tags.encode()))
        return wire.ollama(ways[path])
    return wire.on("/api/chat", answer).generate(request_of(wire, asked))


async def last_step(provider: OllamaProvider, model: str) -> Any:
    return [step async for step in provider.pull(model)][-1]


def request_of(wire: Any, asked: dict[str, Any]) -> Any:
    messages = asked.get("messages") or [{}]
    prompt = messages[-1].get("content") or asked.get("prompt") or "Hi"
    if shortened := re.search(r" … \((\d+) characters\)$", prompt):
        prompt = (prompt[: shortened.start()] * 500)[: int(shortened[1])]
    return wire.ask_for(prompt, model=asked.get("model", "none"), options=asked.get("options", {}))


def exchange_named(name: str) -> dict[str, Any]:
    return next(exchange for exchange in EXCHANGES if exchange["name"] == name)


@pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda exchange: exchange["name"])
def test_a_recorded_exchange_is_read_rightly(wire: Any, exchange: dict[str, Any]) -> None:
    if exchange["name"] == "root":
        assert "Ollama is running" == exchange["body"]
    elif exchange["name"] in REFUSALS:
        with pytest.raises(ProviderError) as caught:
            read(wire, exchange)
        assert REFUSALS[exchange["name"]] == caught.value.kind
    else:
        expect_read(exchange, read(wire, exchange))


def expect_read(exchange: dict[str, Any], found: Any) -> None:
    path = exchange["request"]["path"]
    lines = [json.loads(line.removeprefix("data: ")) for line in exchange["body"].split("\n") if line.endswith("}")]
    if path in ("/api/chat", "/api/generate"):
        last = lines[-1]
        texts = [line["message"]["content"] if "message" in line else line["response"] for line in lines]
        assert ("".join(texts), None, last["done_reason"]) == (found.text, found.own_failure, found.finish_reason)
        assert (last["prompt_eval_count"], last["eval_count"]) == (found.prompt_tokens, found.output_tokens)
        assert last["eval_duration"] / 1e9 == found.timing.generate_s
        assert found.cold is (last["load_duration"] > 200_000_000)
    elif path == "/v1/chat/completions":
        usage = lines[-1]["usage"]
        assert (usage["prompt_tokens"], usage["completion_tokens"]) == (found.prompt_tokens, found.output_tokens)
        assert found.answer
        assert found.finish_reason in ("stop", "length")
    elif path == "/api/version":
        assert lines[0]["version"] == found
    elif path == "/api/show":
        assert ("smollm2:135m", 8192, 134515008, "apache-2.0", {"stop": ["<|im_start|>", "<|im_end|>"]}) == (
            found.name,
            found.context_length,
            found.n_parameters,
            found.licence,
            found.parameters,
        )
        assert 64 == len(found.digest)
    else:
        names = [entry.get("name") or entry["id"] for entry in lines[0].get("models", lines[0].get("data"))]
        assert names == [model.name for model in found]


def test_the_overlong_prompt_is_told_with_its_numbers(wire: Any) -> None:
    with pytest.raises(ProviderError, match="has 4490 tokens, but num_ctx is 2048"):
        read(wire, exchange_named("chat overlong, truncate false"))


def test_the_loaded_model_tells_its_context_and_that_it_is_on_the_cpu(wire: Any) -> None:
    (loaded,) = read(wire, exchange_named("ps loaded"))
    assert (2048, 0.0) == (loaded.context_length, loaded.vram_share)
