import asyncio
import json
from typing import Any

import httpx
import pytest

from evaluation.errors import CandidateFailureError, FailureKind, ProviderError, TransientProviderError
from evaluation.model_info import ModelInfo
from evaluation.providers.openai_compatible import OpenAICompatibleProvider
from evaluation.providers.request_phase import Phase
from evaluation.providers.streamed_answer import Draft

CHAT = "/v1/chat/completions"
DONE = "data: [DONE]\n\n"


def event(**fields: Any) -> str:
    return f"data: {json.dumps(fields, ensure_ascii=False)}\n\n"


def delta(finish: str | None = None, **words: Any) -> str:
    return event(choices=[{"index": 0, "delta": words, "finish_reason": finish}])


USAGE = event(choices=[], usage={"prompt_tokens": 12, "completion_tokens": 6})


def stream(wire: Any, *events: str, request: Any = None, **given: Any) -> Any:
    headers = {"content-type": "text/event-stream"}
    wire.on(CHAT, httpx.Response(200, content="".join(events).encode(), headers=headers))
    return wire.compatible(lambda provider: provider.generate(request or wire.ask_for()), **given)


def refused(wire: Any, status: int, **given: Any) -> ProviderError:
    wire.on(CHAT, httpx.Response(status, **given))
    with pytest.raises(ProviderError) as caught:
        wire.compatible(lambda provider: provider.generate(wire.ask_for()))
    return caught.value


def test_a_stream_of_events_becomes_one_generation(wire: Any) -> None:
    generation = stream(
        wire, ": hello\n\n", delta(role="assistant", content="Hel"), delta(content="lo."), delta("stop"), USAGE, DONE
    )
    assert ("Hello.", "Hello.", "stop", 12, 6, 7) == (
        generation.text,
        generation.answer,
        generation.finish_reason,
        generation.prompt_tokens,
        generation.output_tokens,
        generation.seed,
    )
    timing = generation.timing
    assert 0 < timing.ttft_s <= timing.total_s
    assert (None, None, None, None) == (timing.queue_s, timing.load_s, timing.prompt_s, timing.generate_s)
    assert not generation.cold


def test_options_are_sent_under_the_protocols_names(wire: Any) -> None:
    options = {
        "temperature": 0.1,
        "top_p": 0.9,
        "seed": 3,
        "num_predict": 9,
        "stop": ["x"],
        "presence_penalty": 0.5,
        "frequency_penalty": 0.25,
        "num_ctx": 2048,
        "top_k": 40,
    }
    stream(wire, delta("stop", content="ok"), DONE, request=wire.ask_for(options=options, format={"type": "object"}))
    expected = {
        "model": "tiny:latest",
        "messages": [{"role": "user", "content": "Say hello."}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.1,
        "top_p": 0.9,
        "seed": 3,
        "max_tokens": 9,
        "stop": ["x"],
        "presence_penalty": 0.5,
        "frequency_penalty": 0.25,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": {"type": "object"}, "strict": True},
        },
    }
    assert [(CHAT, expected)] == wire.asked
    assert {"num_ctx", "top_k"} == set(options) - set(OpenAICompatibleProvider.sent_options(options))


def test_an_empty_list_of_stop_words_is_not_sent_and_json_is_asked_for_plainly(wire: Any) -> None:
    stream(wire, delta("stop", content="{}"), DONE, request=wire.ask_for(options={"stop": []}, format="json"))
    body = wire.asked[0][1]
    assert "stop" not in body
    assert {"type": "json_object"} == body["response_format"]


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_reasoning_is_kept_apart(wire: Any, field: str) -> None:
    draft = Draft()
    body = delta(**{field: "Let me see."}) + delta(content="42") + delta("stop") + DONE
    wire.on(CHAT, httpx.Response(200, content=body.encode()))
    generation = wire.compatible(lambda provider: provider.answer(wire.ask_for(), draft))
    assert ("42", "Let me see.") == (generation.answer, generation.thinking)
    assert draft.phase is Phase.GENERATING


def test_reasoning_that_used_up_the_budget_is_the_candidates_failure(wire: Any) -> None:
    generation = stream(wire, delta(reasoning="on and on"), delta("length"), USAGE, DONE)
    assert (FailureKind.THINKING_USED_UP_THE_BUDGET, 6) == (generation.own_failure, generation.output_tokens)


def test_an_empty_answer_is_the_candidates_failure(wire: Any) -> None:
    assert FailureKind.EMPTY_ANSWER == stream(wire, delta("stop"), DONE).own_failure


@pytest.mark.parametrize(
    ("end", "finish"),
    [(delta("length") + USAGE, "length"), (DONE, None), (delta("stop").replace("\n\n", "\r\n\r\n"), "stop")],
)
def test_either_a_finish_reason_or_the_closing_word_completes_an_answer(
    wire: Any, end: str, finish: str | None
) -> None:
    generation = stream(wire, delta(content="ok\u2028"), end)
    assert ("ok\u2028", finish) == (generation.text, generation.finish_reason)


def test_a_whole_answer_instead_of_a_stream_is_read(wire: Any) -> None:
    whole = {"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 3}}
    assert ("Hi.", 3) == (lambda g: (g.answer, g.prompt_tokens))(stream(wire, json.dumps(whole)))


@pytest.mark.parametrize(
    "end",
    [
        "",
        event(model="", choices=[{"delta": {"content": ""}, "finish_reason": None}]),
        delta("abort"),
        "data: {bro",
    ],
)
def test_an_answer_without_a_proper_end_is_cut(wire: Any, end: str) -> None:
    with pytest.raises(TransientProviderError) as caught:
        stream(wire, delta(content="Hel"), end)
    assert FailureKind.CUT_STREAM == caught.value.kind


def test_equal_chunks_before_a_cut_are_the_candidates_failure(wire: Any) -> None:
    with pytest.raises(CandidateFailureError) as caught:
        stream(wire, *[delta(content="ha")] * 31)
    assert (FailureKind.REPEATED_ITSELF, "ha" * 31) == (caught.value.kind, caught.value.text)


@pytest.mark.parametrize(
    "line",
    [
        event(error={"message": "runner died", "type": "api_error", "code": 500}),
        event(object="error", message="runner died", code=500),
        'error: {"code":500,"message":"runner died"}\n\n',
        '{"error":"runner died"}\n',
    ],
)
def test_an_error_inside_a_stream_is_an_error(wire: Any, line: str) -> None:
    with pytest.raises(TransientProviderError, match="runner died") as caught:
        stream(wire, delta(content="Hel"), line)
    assert FailureKind.RUNNER_CRASHED == caught.value.kind


LLAMA_CPP = {
    "error": {
        "code": 400,
        "message": "request (900 tokens) exceeds the available context size (512 tokens), try increasing it",
        "type": "exceed_context_size_error",
        "n_prompt_tokens": 900,
        "n_ctx": 512,
    }
}
VLLM = {
    "object": "error",
    "message": "This model's maximum context length is 4096 tokens. However, you requested 5100 tokens (5000 in the "
    "messages, 100 in the completion). Please reduce the length of the messages or completion.",
    "type": "BadRequestError",
    "code": 400,
}
CODE = {"error": {"message": "Too much.", "type": "invalid_request_error", "code": "context_length_exceeded"}}
LM_STUDIO = {"error": "The number of tokens to keep from the initial prompt is greater than the context length."}


@pytest.mark.parametrize(
    ("body", "shown"),
    [(LLAMA_CPP, "900 tokens, but num_ctx is 512"), (VLLM, "5000 tokens"), (CODE, "too long"), (LM_STUDIO, "too long")],
)
def test_a_prompt_beyond_the_context_is_the_candidates_failure(wire: Any, body: Any, shown: str) -> None:
    error = refused(wire, 400, json=body)
    assert isinstance(error, CandidateFailureError)
    assert FailureKind.PROMPT_TOO_LONG == error.kind
    assert shown in error.message
    assert "Start the server with a larger context" in str(error.next_step)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": {"message": "bad temperature"}}, FailureKind.BAD_OPTION),
        (401, {"error": {"message": "no key"}}, FailureKind.REFUSED_BY_POLICY),
        (403, {"error": {"message": "not allowed"}}, FailureKind.REFUSED_BY_POLICY),
        (404, {"error": {"message": "model 'x' not found", "type": "not_found_error"}}, FailureKind.MODEL_NOT_PULLED),
        (404, {"detail": "Not Found"}, FailureKind.BAD_OPTION),
        (429, {"error": {"message": "slow down"}}, FailureKind.QUEUE_FULL),
        (500, {"error": {"message": "CUDA out of memory"}}, FailureKind.OUT_OF_MEMORY),
        (503, {"error": {"message": "Loading model", "type": "unavailable_error"}}, FailureKind.QUEUE_FULL),
    ],
)
def test_refusals_are_sorted_by_whether_asking_again_may_help(
    wire: Any, status: int, body: Any, kind: FailureKind
) -> None:
    error = refused(wire, status, json=body)
    assert kind == error.kind
    assert kind.is_transient is isinstance(error, TransientProviderError)


def test_models_are_listed_with_what_their_servers_add(wire: Any) -> None:
    data = [
        {"id": "a.gguf", "meta": {"n_params": 9, "size": 8, "n_ctx_train": 2048}},
        {"id": "b", "max_model_len": 4096},
        {"object": "model"},
    ]
    wire.on("/v1/models", httpx.Response(200, json={"data": data}))
    expected = (
        ModelInfo(name="a.gguf", digest=None, n_parameters=9, size_bytes=8, context_length=2048),
        ModelInfo(name="b", digest=None, context_length=4096),
    )
    assert expected == wire.compatible(OpenAICompatibleProvider.models)
    assert expected[1] == wire.compatible(lambda provider: provider.show("b"))
    with pytest.raises(ProviderError, match=r"'c' is not served; it serves: a\.gguf, b"):
        wire.compatible(lambda provider: provider.show("c"))


def test_what_the_protocol_lacks_is_said_and_does_nothing(wire: Any) -> None:
    async def lacking(provider: OpenAICompatibleProvider) -> Any:
        await provider.load("a", {}, keep_alive=0, timeout_s=1)
        await provider.unload("a")
        return await provider.loaded()

    assert () == wire.compatible(lacking)
    assert [] == wire.asked
    assert any("digest" in limit for limit in OpenAICompatibleProvider.limits)
    assert {"seed": 1} == OpenAICompatibleProvider(wire.url).sent_options({"seed": 1, "num_ctx": 5})


def test_pulling_is_refused(wire: Any) -> None:
    async def pull(provider: OpenAICompatibleProvider) -> None:
        async for _ in provider.pull("a"):
            pass

    with pytest.raises(ProviderError, match="cannot pull 'a'"):
        wire.compatible(pull)


def test_the_version_is_asked_for_and_may_be_missing(wire: Any) -> None:
    assert wire.compatible(OpenAICompatibleProvider.version) is None
    wire.on("/version", httpx.Response(200, json={"version": "0.11.0"}))
    assert "0.11.0" == wire.compatible(OpenAICompatibleProvider.version)


def test_a_version_that_cannot_be_asked_is_an_error(wire: Any) -> None:
    wire.on("/version", httpx.Response(502, text="bad gateway"))
    with pytest.raises(TransientProviderError):
        wire.compatible(OpenAICompatibleProvider.version)


def test_texts_are_embedded(wire: Any) -> None:
    wire.on("/v1/embeddings", httpx.Response(200, json={"data": [{"index": 0, "embedding": [0.5, 1]}]}))
    (embedded,) = wire.compatible(lambda provider: provider.embed("e5", ["a"]))
    assert ((0.5, 1.0), None) == (embedded.vector, embedded.prompt_tokens)
    wire.answers["/v1/embeddings"] = [httpx.Response(200, json={"data": []})]
    with pytest.raises(ProviderError, match="no usable embedding"):
        wire.compatible(lambda provider: provider.embed("e5", ["a"]))


def test_a_remote_model_is_refused_here_too_unless_it_is_allowed(wire: Any) -> None:
    request = wire.ask_for(model="x:cloud")
    with pytest.raises(ProviderError, match="leave this machine"):
        wire.compatible(lambda provider: provider.generate(request))
    assert "ok" == stream(wire, delta("stop", content="ok"), request=request, allow_remote=True).text


def test_an_empty_prompt_is_refused_here_too(wire: Any) -> None:
    with pytest.raises(ProviderError, match="prompt is empty"):
        stream(wire, DONE, request=wire.ask_for(" "))


def test_the_key_goes_to_the_server_alone(wire: Any) -> None:
    stream(wire, delta("stop", content="ok"), api_key="s3cret")
    assert "Bearer s3cret" == wire.headers[0]["authorization"]
    assert f"OpenAICompatibleProvider({wire.url!r})" == repr(OpenAICompatibleProvider(wire.url, api_key="s3cret"))


def test_a_server_too_slow_for_its_attempt_times_out(raw: Any, wire: Any) -> None:
    async def handler(reader: Any, writer: Any) -> None:
        await asyncio.sleep(60)

    async def run() -> None:
        async with raw.server(handler) as url, OpenAICompatibleProvider(f"{url}/v1") as provider:
            await provider.generate(wire.ask_for(timeout_s=0.1))

    with pytest.raises(TransientProviderError, match="waiting for the first token") as caught:
        asyncio.run(run())
    assert FailureKind.TIMED_OUT == caught.value.kind


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [({"prompt_tokens": 5, "total_tokens": 5}, 5), ({"prompt_tokens": 0}, None), (None, None), ([], None)],
)
def test_tokens_of_an_embedding_are_those_of_its_usage(wire: Any, usage: Any, tokens: int | None) -> None:
    reply = {"data": [{"embedding": [0.5, 1.0]}], "usage": usage}
    wire.on("/v1/embeddings", httpx.Response(200, json=reply))
    (embedded,) = wire.compatible(lambda provider: provider.embed("e5", ["a"]))
    assert tokens == embedded.prompt_tokens


@pytest.mark.parametrize("count", [-1, "3", 1e30])
def test_an_impossible_number_of_tokens_is_an_error_that_names_the_server(wire: Any, count: Any) -> None:
    wire.on("/tokenize", httpx.Response(200, json={"count": count}))
    wire.on(
        "/v1/embeddings", httpx.Response(200, json={"data": [{"embedding": [1]}], "usage": {"prompt_tokens": count}})
    )
    for do in (lambda provider: provider.count_tokens("e5", ["a"]), lambda provider: provider.embed("e5", ["a"])):
        with pytest.raises(ProviderError, match="cannot be read"):
            wire.compatible(do)
