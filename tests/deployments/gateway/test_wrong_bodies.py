"""A client's mistake is told to it in its own protocol, before any server is asked, and is nobody else's failure."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from gateways import TASK, Behind, gateway_over
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluation.store.session import Store

CHAT, COMPLETION, VECTORS = "/v1/chat/completions", "/v1/completions", "/v1/embeddings"
NATIVE, GENERATE, EMBED, SHOW = "/api/chat", "/api/generate", "/api/embed", "/api/show"
HELLO = [{"role": "user", "content": "hello"}]
SOUND: dict[str, dict[str, Any]] = {
    CHAT: {"messages": HELLO},
    COMPLETION: {"prompt": "hello"},
    VECTORS: {"input": "hello"},
    NATIVE: {"messages": HELLO, "stream": False},
    GENERATE: {"prompt": "hello", "stream": False},
    EMBED: {"input": "hello"},
    SHOW: {},
}


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    from evaluation.store.session import open_store

    with (
        open_store(str(tmp_path_factory.mktemp("gateway") / "results.db")) as store,
        gateway_over(store) as gateway,
    ):
        yield gateway


def post(behind: Behind, path: str, more: dict[str, Any], model: str = "small:1b") -> httpx.Response:
    return httpx.post(behind.url + path, json=SOUND[path] | {"model": model} | more, timeout=30)


def message_of(answer: httpx.Response, path: str) -> str:
    error = answer.json()["error"]
    return str(error["message"] if path.startswith("/v1/") else error)


OPENAI_WRONG = [
    {"max_tokens": "many"},
    {"max_tokens": -5},
    {"max_tokens": 2.5},
    {"max_tokens": True},
    {"temperature": "hot"},
    {"temperature": -1},
    {"top_p": 2},
    {"stop": 3},
    {"stop": ["a", 3]},
    {"stream": "yes"},
    {"stream_options": True},
    {"n": 0},
    {"n": "two"},
    {"seed": "x"},
    {"seed": 2**70},
    {"presence_penalty": 9},
    {"logit_bias": {"5": "much"}},
]
CHAT_WRONG = [
    {"logprobs": 3},
    {"top_logprobs": 99},
    {"messages": "hello"},
    {"messages": [3]},
    {"messages": [{"role": 3, "content": "x"}]},
    {"tools": {}},
    {"tools": [{"type": "function"}]},
    {"tools": [{"type": "function", "function": {"name": ""}}]},
    {"tools": [{"type": "function", "function": {"name": "f", "parameters": "none"}}]},
    {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"properties": {"a": 3}}}}]},
    {"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": 3}}]}]},
]
OLLAMA_WRONG = [
    {"options": 3},
    {"options": {"temperature": "hot"}},
    {"options": {"num_predict": "many"}},
    {"options": {"num_predict": -5}},
    {"options": {"num_predict": 2.5}},
    {"options": {"stop": 3}},
    {"options": {"stop": "x"}},
    {"options": {"seed": []}},
    {"options": {"top_p": 2}},
    {"options": {"use_mmap": 1}},
    {"stream": "yes"},
    {"keep_alive": []},
    {"think": 3},
    {"format": "yaml"},
    {"truncate": "no"},
]
WRONG = [
    *[(CHAT, each) for each in [*OPENAI_WRONG, *CHAT_WRONG, {"messages": [{"role": "user", "content": 3}]}]],
    (CHAT, {"messages": [{"role": "user", "content": [{"type": "text", "text": 3}]}]}),
    (CHAT, {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": 3}}]}]}),
    (CHAT, {"response_format": "json"}),
    (CHAT, {"response_format": {"type": 3}}),
    *[(COMPLETION, each) for each in [*OPENAI_WRONG, {"logprobs": True}, {"prompt": 3}, {"suffix": 3}]],
    *[(NATIVE, each) for each in [*OLLAMA_WRONG, *CHAT_WRONG, {"messages": [{"role": "user", "content": ["x"]}]}]],
    (NATIVE, {"messages": [{"role": "user", "content": "x", "images": [3]}]}),
    *[(GENERATE, each) for each in [*OLLAMA_WRONG, {"prompt": ["x"]}, {"raw": 1}, {"context": ["x"]}]],
    *[(VECTORS, each) for each in [{"input": 3}, {"input": [{}]}, {"dimensions": 0}, {"encoding_format": "hex"}]],
    *[(EMBED, each) for each in [{"input": 3}, {"input": [3]}, {"dimensions": "x"}, {"options": {"num_ctx": "x"}}]],
    *[(SHOW, each) for each in [{"verbose": 3}, {"system": 3}, {"options": 3}]],
]


@pytest.mark.parametrize(("path", "more"), WRONG)
def test_a_field_of_a_wrong_kind_is_refused_before_anybody_is_asked(
    behind: Behind, path: str, more: dict[str, Any]
) -> None:
    before = behind.n_asked

    answer = post(behind, path, more)

    assert 400 == answer.status_code
    (field,) = more
    message = message_of(answer, path)
    assert f"the field '{field}" in message
    assert "Next: Give " in message
    assert before == behind.n_asked


@pytest.mark.parametrize("model", ["auto", f"auto:{TASK}", "small:1b"])
def test_a_refused_request_is_no_call_of_a_candidate(behind: Behind, model: str) -> None:
    n_before = len(behind.finished)

    assert 400 == post(behind, CHAT, {"max_tokens": "many"}, model).status_code
    recorded = behind.recorded(n_before + 1)[-1]

    call = behind.finished[-1]
    assert ("", "refused", 0) == (call.candidate, call.outcome, call.n_asked)
    assert "invalid request" == recorded.refusal


def test_what_a_server_cannot_be_told_is_no_call_of_a_candidate_either(behind: Behind) -> None:
    n_before = len(behind.finished)
    image = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}

    answer = post(behind, CHAT, {"messages": [{"role": "user", "content": [image]}]}, f"auto:{TASK}")

    assert 400 == answer.status_code
    behind.recorded(n_before + 1)
    assert ("", "refused") == (behind.finished[-1].candidate, behind.finished[-1].outcome)


@pytest.mark.parametrize("path", [CHAT, COMPLETION, VECTORS, NATIVE, GENERATE, EMBED, SHOW])
def test_our_own_field_goes_to_no_server(behind: Behind, path: str) -> None:
    before = behind.n_asked
    bodies: list[dict[str, Any]] = [{"benchwright": {"choices": ["a", "b"]}}]
    bodies += [] if path.startswith("/v1/") else [{"options": {"benchwright": {"choices": ["a", "b"]}}}]

    for more in bodies:
        answer = post(behind, path, more)
        assert 400 == answer.status_code
        assert "'benchwright'" in message_of(answer, path)
    assert before == behind.n_asked


@pytest.mark.parametrize(
    ("path", "more"),
    [
        (
            CHAT,
            {"unknown": {"a": [1]}, "max_tokens": None, "stop": None, "n": 1, "seed": -1, "max_completion_tokens": -1},
        ),
        (CHAT, {"tools": [{"type": "web_search"}], "tool_choice": {"type": "web_search"}}),
        (CHAT, {"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}]}),
        (COMPLETION, {"prompt": [1, 2], "logprobs": 2, "top_k": 5}),
        (
            NATIVE,
            {"unknown": 3, "options": {"mirostat": "x", "seed": 3.0, "temperature": 0, "stop": [], "top_k": None}},
        ),
        (GENERATE, {"think": "low", "format": {"type": "object"}, "keep_alive": "5m", "context": [1]}),
    ],
)
def test_what_a_server_may_know_is_passed_on(behind: Behind, path: str, more: dict[str, Any]) -> None:
    assert 200 == post(behind, path, more).status_code
    asked = dict(behind.here.asked[-1][1])
    assert {name: asked.get(name) for name in more} == more


@pytest.mark.parametrize("path", [CHAT, NATIVE, EMBED])
def test_a_number_that_no_json_can_say_is_refused(behind: Behind, path: str) -> None:
    body = json.dumps(SOUND[path] | {"model": "small:1b"}).replace("{", '{"unknown": 1e999, ', 1)

    answer = httpx.post(behind.url + path, content=body)

    assert 400 == answer.status_code
    assert "1e999" in message_of(answer, path)


NAMES = [
    *("messages", "prompt", "input", "tools", "tool_choice", "options", "stream", "stop", "n", "format", "think"),
    *("max_tokens", "temperature", "response_format", "stream_options", "images", "system", "keep_alive", "context"),
    *("logprobs", "top_logprobs", "seed", "benchwright", "suffix", "template", "reasoning_effort", "verbose"),
]
INNER = ["role", "content", "type", "text", "function", "name", "arguments", "tool_calls", "parameters", "properties"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*INNER, *NAMES]) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=8,
)
BODIES = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), VALUES, max_size=5)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(list(SOUND)),
    model=st.sampled_from(["small:1b", "auto", f"auto:{TASK}", "auto:nothing", "large:1b", "nobody:1b"]) | VALUES,
    more=BODIES,
)
def test_whatever_clients_send_nothing_breaks_and_no_breaker_opens(
    behind: Behind, path: str, model: Any, more: dict[str, Any]
) -> None:
    before = sum(behind.n_asked)

    answer = httpx.post(behind.url + path, json=SOUND[path] | {"model": model} | more, timeout=30)

    assert answer.status_code in (200, 400, 404), answer.text
    assert 200 == answer.status_code or before == sum(behind.n_asked)
    if answer.status_code != 200:
        assert "Next: " in message_of(answer, path)
    for upstream in behind.gateway._directory.known:
        for name in ("small:1b", "large:1b", "embedder:1b"):
            assert upstream.breakers.is_closed(name)


def test_texts_are_kept_where_they_hold_what_no_database_takes(store: Store) -> None:
    with gateway_over(store, keep_texts=True) as behind:
        hostile = "a\x00b\ud800"
        body = {"model": "small:1b", "messages": [{"role": "user", "content": hostile}], "stream": False}
        assert 200 == httpx.post(behind.url + NATIVE, content=json.dumps(body)).status_code
        (call,) = behind.recorded(1)
        assert call.ok
