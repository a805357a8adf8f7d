import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.chat_protocols import ollama_requests, openai_requests
from evaluation.chat_protocols.calls import ChatCall, Image, ToolUse, Turn
from evaluation.chat_protocols.fields import read_body
from evaluation.errors import ConfigurationError

TEXT = st.text(max_size=12)
NAME = st.text("abc_", min_size=1, max_size=6)
VALUES = st.recursive(st.none() | st.booleans() | st.integers() | TEXT, lambda inner: st.lists(inner, max_size=2))
USES = st.builds(
    ToolUse, name=NAME, arguments=st.dictionaries(NAME, VALUES, max_size=2), call_id=NAME.map(lambda text: "id" + text)
)
USER = st.builds(
    Turn,
    role=st.just("user"),
    text=TEXT,
    images=st.lists(st.builds(Image, base64=st.just("aGk="), media_type=st.just("image/png")), max_size=2).map(tuple),
)
ASSISTANT = st.builds(
    Turn,
    role=st.just("assistant"),
    text=TEXT,
    thinking=TEXT,
    tool_uses=st.lists(USES, max_size=2, unique_by=lambda use: use.call_id).map(tuple),
)
SYSTEM = st.builds(Turn, role=st.just("system"), text=TEXT)
TOOL = st.builds(Turn, role=st.just("tool"), text=TEXT, tool_name=NAME, call_id=NAME.map(lambda text: "no" + text))
TURNS = st.lists(USER | ASSISTANT | SYSTEM | TOOL, min_size=1, max_size=5).map(tuple)
SCHEMA = st.just({"type": "object", "properties": {"a": {"type": "integer"}}})
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "temperature": st.floats(0, 2),
        "top_p": st.floats(0, 1),
        "top_k": st.integers(0, 99),
        "seed": st.integers(0, 9),
        "num_predict": st.integers(1, 99),
        "stop": st.lists(TEXT, min_size=1, max_size=2),
    },
)
CALLS = st.builds(
    ChatCall,
    model=NAME,
    turns=TURNS,
    tools=st.just(()) | st.just(({"type": "function", "function": {"name": "f", "parameters": {}}},)),
    format=st.none() | st.just("json") | SCHEMA,
    options=OPTIONS,
    stream=st.booleans(),
    logprobs=st.booleans(),
)


@given(CALLS)
def test_what_is_written_for_openai_is_read_back_as_the_same_call(call: ChatCall) -> None:
    body = json.loads(json.dumps(openai_requests.chat_body(call)))

    assert replace(call, counts_in_stream=call.stream) == openai_requests.read_chat(body)


@given(CALLS, st.booleans(), st.none() | st.booleans() | st.just("low"))
def test_what_is_written_for_ollama_is_read_back_as_the_same_call(
    call: ChatCall, refuses_overlong: bool, think: bool | str | None
) -> None:
    call = replace(
        call,
        options=call.options | {"num_ctx": 8192},
        refuses_overlong=refuses_overlong,
        think=think,
        turns=tuple(replace(turn, images=tuple(Image(base64=i.base64) for i in turn.images)) for turn in call.turns),
    )

    body = json.loads(json.dumps(ollama_requests.chat_body(call)))

    assert replace(call, counts_in_stream=True) == ollama_requests.read_chat(body)


@given(CALLS)
def test_a_call_survives_the_way_from_openai_to_ollama(call: ChatCall) -> None:
    read = openai_requests.read_chat(openai_requests.chat_body(call))

    body = ollama_requests.chat_body(read)

    assert [turn.text for turn in call.turns] == [message["content"] for message in body["messages"]]
    assert [[image.base64 for image in turn.images] for turn in call.turns] == [
        message.get("images", []) for message in body["messages"]
    ]
    assert dict(call.options) == body["options"]


@given(st.dictionaries(st.sampled_from(["model", "messages", "tools", "options", "stop", "stream", "n"]), VALUES))
def test_a_body_of_any_shape_is_read_or_refused_with_a_next_step(body: dict[str, object]) -> None:
    for read in (
        openai_requests.read_chat,
        openai_requests.read_completion,
        ollama_requests.read_chat,
        ollama_requests.read_generate,
    ):
        refused = None
        try:
            read(body)
        except ConfigurationError as error:
            refused = error
        assert refused is None or refused.next_step


def test_a_functions_result_gets_the_name_that_ollama_needs_from_the_call_that_it_answers() -> None:
    call = openai_requests.read_chat(
        {
            "model": "m",
            "messages": [
                {"role": "user", "content": "weather?"},
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {
                            "id": "call_7",
                            "type": "function",
                            "function": {"name": "weather", "arguments": '{"at":"Bern"}'},
                        }
                    ],
                },
                {"role": "tool", "tool_call_id": "call_7", "content": "sunny"},
            ],
        }
    )

    messages = ollama_requests.chat_body(call)["messages"]

    assert [{"id": "call_7", "function": {"name": "weather", "arguments": {"at": "Bern"}}}] == messages[1]["tool_calls"]
    assert {"role": "tool", "content": "sunny", "tool_call_id": "call_7", "tool_name": "weather"} == messages[2]


def test_an_image_by_address_is_not_fetched_for_ollama_and_the_error_says_what_to_send() -> None:
    part = {"type": "image_url", "image_url": {"url": "http://example.com/cat.png"}}
    call = openai_requests.read_chat({"model": "m", "messages": [{"role": "user", "content": [part]}]})

    with pytest.raises(ConfigurationError, match=r"http://example\.com/cat\.png.*data:image"):
        ollama_requests.chat_body(call)


def test_an_image_without_a_type_is_named_by_its_first_bytes() -> None:
    call = ollama_requests.read_chat(
        {"model": "m", "messages": [{"role": "user", "content": "", "images": ["/9j/4A"]}]}
    )

    (part,) = openai_requests.chat_body(call)["messages"][0]["content"]

    assert "data:image/jpeg;base64,/9j/4A" == part["image_url"]["url"]


def test_a_rewritten_body_keeps_the_fields_that_nobody_here_knows() -> None:
    body = {
        "model": "auto",
        "user": "u",
        "max_completion_tokens": 5,
        "temperature": 1.5,
        "messages": [{"role": "user", "content": "hi", "name": "bob", "x": 1}],
    }
    call = replace(openai_requests.read_chat(body), model="small", options={"temperature": 0.0})

    changed = openai_requests.rewritten(body, call)

    assert "small" == changed["model"]
    assert 0.0 == changed["temperature"]
    assert "max_completion_tokens" not in changed
    assert "u" == changed["user"]
    assert {"role": "user", "content": "hi", "name": "bob", "x": 1} == changed["messages"][0]


def test_a_rewritten_body_for_ollama_keeps_them_too() -> None:
    body = {"model": "auto", "new": 1, "options": {"top_k": 3}, "messages": [{"role": "user", "content": "hi", "x": 1}]}

    changed = ollama_requests.rewritten(body, ollama_requests.read_chat(body))

    assert {**body, "stream": True} == changed


def test_generate_becomes_messages_and_what_chat_cannot_say_is_refused() -> None:
    call = ollama_requests.read_generate({"model": "m", "system": "Be brief.", "prompt": "hi"})

    assert (Turn(role="system", text="Be brief."), Turn(role="user", text="hi")) == call.turns
    with pytest.raises(ConfigurationError, match="raw"):
        ollama_requests.read_generate({"model": "m", "prompt": "hi", "raw": True})


@pytest.mark.parametrize(
    ("body", "match"),
    [
        ({"messages": []}, "names no model"),
        ({"model": "m", "n": 2}, "n=2"),
        ({"model": "m", "messages": "hi"}, "'messages'"),
        ({"model": "m", "stream": "yes"}, "'stream'"),
        ({"model": "m", "response_format": {"type": "xml"}}, "xml"),
        ({"model": "m", "messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}, "input_audio"),
    ],
)
def test_what_is_wrong_with_a_request_is_named(body: dict[str, object], match: str) -> None:
    with pytest.raises(ConfigurationError, match=match):
        openai_requests.read_chat(body)


@pytest.mark.parametrize("content", [b"", b"[]", b"nonsense", b"[" * 100_000, b'{"a": \xff}', b'{"temperature": NaN}'])
def test_a_body_that_is_no_object_is_refused(content: bytes) -> None:
    with pytest.raises(ConfigurationError, match="body of the request"):
        read_body(content)


def test_what_a_call_needs_is_told_by_its_images_and_tools() -> None:
    call = ChatCall(model="m", turns=(Turn(role="user", images=(Image(base64="x"),)),), tools=({},))

    assert ("vision", "tools") == call.capabilities
