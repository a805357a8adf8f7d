"""A reply that names another model is not the asked one's; one that names the same otherwise is."""

import json
from typing import Any

import httpx
import pytest

from evaluation.errors import FailureKind, ProviderError, TransientProviderError

LISTED = {
    "models": [
        {"name": "tiny:latest", "digest": "a" * 64},
        {"name": "copy:latest", "digest": "a" * 64},
        {"name": "other:70b", "digest": "b" * 64},
    ]
}


def _answered_as(wire: Any, named: Any, asked: str = "tiny:latest", listed: Any = None) -> Any:
    wire.on("/api/tags", httpx.Response(200, json=listed or LISTED))
    return wire.chat(wire.said("hi"), wire.final(model=named)).generate(wire.ask_for(model=asked))


@pytest.mark.parametrize("named", ["other:70b", "nowhere", "tiny:7b", "x" * 900])
def test_an_answer_of_another_model_fails_its_case_by_name(wire: Any, named: str) -> None:
    with pytest.raises(ProviderError, match="the answer came from another model") as caught:
        _answered_as(wire, named)
    assert FailureKind.WRONG_MODEL == caught.value.kind
    assert not isinstance(caught.value, TransientProviderError)
    assert repr(named) in str(caught.value)


@pytest.mark.parametrize(
    "named",
    [
        "tiny",
        "tiny:latest",
        "TINY:Latest",
        "library/tiny",
        "registry.ollama.ai/library/tiny:latest",
        "copy",
        None,
        "",
        5,
    ],
)
def test_another_way_to_write_the_name_a_copy_and_no_name_at_all_are_the_same_model(wire: Any, named: Any) -> None:
    assert "hi" == _answered_as(wire, named).text


def test_a_name_with_its_registry_is_the_same_under_either_host(wire: Any) -> None:
    asked, named = "hf.co/someone/model-GGUF:Q4_K_M", "huggingface.co/someone/Model-GGUF:Q4_K_M"
    assert "hi" == _answered_as(wire, named, asked).text


def test_without_a_digest_nobody_is_accused(wire: Any) -> None:
    assert "hi" == _answered_as(wire, "engine", listed={"models": [{"name": "tiny:latest"}]}).text


def test_an_embedding_of_another_model_is_refused(wire: Any) -> None:
    wire.on("/api/tags", httpx.Response(200, json=LISTED))
    wire.on("/api/embed", httpx.Response(200, json={"model": "other:70b", "embeddings": [[1.0]]}))
    with pytest.raises(ProviderError, match="another model, 'other:70b'"):
        wire.ollama(lambda provider: provider.embed("tiny", ["a"]))


SERVED = {
    "data": [
        {"id": "small", "root": "/models/a"},
        {"id": "alias", "root": "/models/a"},
        {"id": "small-mini"},
        {"id": "small-2409"},
        {"id": "large", "root": "/models/b"},
    ]
}


def _compatible(wire: Any, named: str, path: str, answer: bytes, do: Any) -> Any:
    wire.on("/v1/models", httpx.Response(200, json=SERVED))
    return wire.on(path, httpx.Response(200, content=answer)).compatible(do)


def _chat(wire: Any, named: str) -> Any:
    event = {"model": named, "choices": [{"delta": {"content": "hi"}, "finish_reason": "stop"}]}
    answer = b"data: " + json.dumps(event).encode() + b'\n\ndata: {"model": "", "choices": []}\n\ndata: [DONE]\n\n'
    request = wire.ask_for(model="small")
    return _compatible(wire, named, "/v1/chat/completions", answer, lambda provider: provider.generate(request))


@pytest.mark.parametrize("named", ["small", "Small", "small-2409", "alias", "/models/small.gguf", "engine", ""])
def test_a_compatible_server_may_answer_with_a_snapshot_an_alias_a_path_or_an_engines_name(
    wire: Any, named: str
) -> None:
    assert "hi" == _chat(wire, named).text


@pytest.mark.parametrize("named", ["large", "small-mini"])
def test_a_compatible_server_that_answers_as_another_of_its_models_is_refused(wire: Any, named: str) -> None:
    with pytest.raises(ProviderError, match=f"another model, '{named}'") as caught:
        _chat(wire, named)
    assert FailureKind.WRONG_MODEL == caught.value.kind


def test_an_embedding_of_a_compatible_server_is_held_against_its_name_too(wire: Any) -> None:
    answer = json.dumps({"model": "large", "data": [{"embedding": [1.0]}]}).encode()
    with pytest.raises(ProviderError, match="another model, 'large'"):
        _compatible(wire, "large", "/v1/embeddings", answer, lambda provider: provider.embed("small", ["a"]))


def test_a_compatible_server_is_asked_once_about_a_name_that_it_does_not_list(wire: Any) -> None:
    async def twice(provider: Any) -> None:
        for _ in range(2):
            await provider.embed("small", ["a"])

    answer = json.dumps({"model": "engine", "data": [{"embedding": [1.0]}]}).encode()
    _compatible(wire, "engine", "/v1/embeddings", answer, twice)
    assert 1 == [path for path, _ in wire.asked].count("/v1/models")
