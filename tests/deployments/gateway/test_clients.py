"""The official clients, unchanged, and curl."""

import json
import subprocess
from collections.abc import Iterator
from typing import Any

import httpx
import ollama
import openai
import pytest
from gateways import OLLAMA, OPENAI, TASK, Behind, gateway_over
from pydantic import BaseModel
from scripted_upstream import Fault

from evaluation.store.session import Store

TOOL: Any = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"at": {"type": "string"}}}},
}
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
HELLO: Any = [{"role": "user", "content": "hello"}]


@pytest.fixture(params=[OLLAMA, OPENAI])
def behind(request: pytest.FixtureRequest, store: Store) -> Iterator[Behind]:
    """Asked is whoever stands first: a server of either protocol."""
    is_ollama = request.param == OLLAMA
    right = {"small": 38, "large": 12} if is_ollama else {"small": 12, "large": 38}
    with gateway_over(store, right=right, there_is_ollama=is_ollama) as behind:
        yield behind


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def of_openai(behind: Behind) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{behind.url}/v1", api_key="unused", max_retries=0) as client:
        yield client


@pytest.fixture
def of_ollama(behind: Behind) -> Iterator[ollama.Client]:
    client = ollama.Client(host=behind.url)
    yield client
    client._client.close()


def best(behind: Behind) -> str:
    """The server that has the best candidate."""
    return "here" if behind.there.is_ollama else "there"


def sent(behind: Behind) -> dict[str, Any]:
    """The only body that came to it."""
    upstream = behind.here if best(behind) == "here" else behind.there
    ((_, body),) = upstream.asked
    return body


def test_openais_client_chats(behind: Behind, of_openai: openai.OpenAI) -> None:
    answer = of_openai.chat.completions.create(model="auto", messages=HELLO, max_tokens=7)

    assert f"{best(behind)} word1 word2" == answer.choices[0].message.content
    assert "stop" == answer.choices[0].finish_reason
    assert answer.usage is not None
    assert (5, 3) == (answer.usage.prompt_tokens, answer.usage.completion_tokens)
    assert ["Be brief.", "Q: hello"] == [message["content"] for message in sent(behind)["messages"]]


def test_openais_client_streams_with_counts(behind: Behind, of_openai: openai.OpenAI) -> None:
    options: Any = {"include_usage": True}
    stream = of_openai.chat.completions.create(
        model=f"auto:{TASK}", messages=HELLO, stream=True, stream_options=options
    )
    chunks = list(stream)

    words = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert [best(behind), " word1", " word2"] == words
    assert [3] == [chunk.usage.completion_tokens for chunk in chunks if chunk.usage is not None]


def test_a_client_that_asks_for_no_counts_sees_none_and_they_are_recorded(
    behind: Behind, of_openai: openai.OpenAI
) -> None:
    chunks = list(of_openai.chat.completions.create(model="auto", messages=HELLO, stream=True))

    assert all(chunk.choices for chunk in chunks)
    (call,) = behind.recorded(1)
    assert (5, 3) == (call.prompt_tokens, call.output_tokens)


@pytest.mark.parametrize("stream", [False, True])
def test_openais_client_gets_tool_calls(of_openai: openai.OpenAI, stream: bool) -> None:
    if stream:
        chunks = list(of_openai.chat.completions.create(model="auto", messages=HELLO, tools=[TOOL], stream=True))
        uses = [use for chunk in chunks if chunk.choices for use in chunk.choices[0].delta.tool_calls or []]
    else:
        answer = of_openai.chat.completions.create(model="auto", messages=HELLO, tools=[TOOL])
        uses = answer.choices[0].message.tool_calls or []  # type: ignore[assignment]

    assert [("weather", {"at": "Bern"})] == [(use.function.name, json.loads(use.function.arguments)) for use in uses]
    assert all(use.id for use in uses)


def test_openais_client_sends_images_and_a_schema(behind: Behind, of_openai: openai.OpenAI) -> None:
    class Answer(BaseModel):
        a: int

    content: Any = [
        {"type": "text", "text": "what is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
    ]

    answer = of_openai.chat.completions.parse(
        model="auto", messages=[{"role": "user", "content": content}], response_format=Answer
    )

    assert Answer(a=1) == answer.choices[0].message.parsed
    body = sent(behind)
    if behind.there.is_ollama:
        assert {"role": "user", "content": "Q: what is this?", "images": [PNG]} == body["messages"][-1]
        assert {"a"} == set(body["format"]["properties"])
    else:
        assert f"data:image/png;base64,{PNG}" == body["messages"][-1]["content"][1]["image_url"]["url"]
        assert {"a"} == set(body["response_format"]["json_schema"]["schema"]["properties"])


def test_openais_client_completes_a_prompt(behind: Behind, of_openai: openai.OpenAI) -> None:
    whole = of_openai.completions.create(model="auto", prompt="hello")
    chunks = list(of_openai.completions.create(model="auto", prompt="hello", stream=True))

    assert f"{best(behind)} word1 word2" == whole.choices[0].text
    assert whole.choices[0].text == "".join(chunk.choices[0].text for chunk in chunks if chunk.choices)


def test_openais_client_embeds_by_a_real_name_and_auto_is_refused(of_openai: openai.OpenAI) -> None:
    answer = of_openai.embeddings.create(model="embedder:1b", input=["hello"])

    assert [0.5, 1.0] == answer.data[0].embedding
    with pytest.raises(openai.BadRequestError, match="Name an embedding model"):
        of_openai.embeddings.create(model="auto", input=["hello"])


def test_openais_client_lists_models(of_openai: openai.OpenAI) -> None:
    names = [model.id for model in of_openai.models.list()]

    assert ["auto", f"auto:{TASK}", "embedder:1b", "large:1b", "small:1b"] == names
    assert "small:1b" == of_openai.models.retrieve("small:1b").id
    with pytest.raises(openai.NotFoundError):
        of_openai.models.retrieve("nosuch")


def test_openais_client_raises_its_own_errors(behind: Behind, of_openai: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match=r"unknown model 'smal:1b'; did you mean 'small:1b'"):
        of_openai.chat.completions.create(model="smal:1b", messages=HELLO)
    with pytest.raises(openai.BadRequestError, match="no prompt"):
        of_openai.chat.completions.create(model="auto", messages=[])
    with pytest.raises(openai.BadRequestError, match="nothing was measured on a task 'poetry'"):
        of_openai.chat.completions.create(model="auto:poetry", messages=HELLO)
    for upstream in (behind.here, behind.there):
        upstream.faults.append(Fault(status=500))
    with pytest.raises(openai.InternalServerError, match="no candidate answered"):
        of_openai.chat.completions.create(model="auto", messages=HELLO)


def test_openais_client_raises_where_a_stream_breaks_off(behind: Behind, of_openai: openai.OpenAI) -> None:
    upstream = behind.here if best(behind) == "here" else behind.there
    for fault in (Fault(error_after=1), Fault(cut_after=1)):
        upstream.faults.append(fault)
        with pytest.raises(openai.APIError, match=r"broke|cut"):
            list(of_openai.chat.completions.create(model="auto", messages=HELLO, stream=True))


@pytest.mark.parametrize("stream", [False, True])
def test_ollamas_client_chats(behind: Behind, of_ollama: ollama.Client, stream: bool) -> None:
    if stream:
        pieces = list(of_ollama.chat(model="auto", messages=HELLO, stream=True))
        text, last = "".join(piece.message.content or "" for piece in pieces), pieces[-1]
    else:
        last = of_ollama.chat(model="auto", messages=HELLO)
        text = last.message.content or ""

    assert f"{best(behind)} word1 word2" == text
    assert (True, "stop", 5, 3) == (last.done, last.done_reason, last.prompt_eval_count, last.eval_count)


def test_ollamas_client_generates_with_images_and_a_format(behind: Behind, of_ollama: ollama.Client) -> None:
    answer = of_ollama.generate(model="auto", prompt="hello", system="Speak French.", images=[PNG], format="json")

    assert '{"a": 1}' == answer.response
    body = sent(behind)
    assert "Be brief.\n\nSpeak French." == body["messages"][0]["content"]
    assert "json" == body.get("format") or {"type": "json_object"} == body.get("response_format")


def test_ollamas_client_gets_tool_calls(of_ollama: ollama.Client) -> None:
    answer = of_ollama.chat(model="auto", messages=HELLO, tools=[TOOL])

    (use,) = answer.message.tool_calls or []
    assert ("weather", {"at": "Bern"}) == (use.function.name, use.function.arguments)


def test_ollamas_client_lists_shows_and_embeds(of_ollama: ollama.Client) -> None:
    assert "small:1b" in [model.model for model in of_ollama.list().models]
    assert "auto" in [model.model for model in of_ollama.list().models]
    assert "completion" in (of_ollama.show("auto").capabilities or [])
    assert "tools" in (of_ollama.show("small:1b").capabilities or [])
    assert [[0.5, 1.0]] == of_ollama.embed(model="embedder:1b", input="hello").embeddings


def test_ollamas_client_raises_its_own_errors(behind: Behind, of_ollama: ollama.Client) -> None:
    with pytest.raises(ollama.ResponseError, match="unknown model 'nosuch'") as caught:
        of_ollama.chat(model="nosuch", messages=HELLO)
    assert 404 == caught.value.status_code
    upstream = behind.here if best(behind) == "here" else behind.there
    upstream.faults.append(Fault(error_after=1))
    with pytest.raises(ollama.ResponseError, match="broke the answer off"):
        list(of_ollama.chat(model="auto", messages=HELLO, stream=True))


def test_a_server_of_the_other_protocol_embeds_for_ollamas_client(behind: Behind, of_ollama: ollama.Client) -> None:
    model = "large:1b"

    assert [[0.5, 1.0]] == of_ollama.embed(model=model, input=["hello"]).embeddings
    assert ("/api/embed" if behind.there.is_ollama else "/v1/embeddings") == behind.there.asked[0][0]


def test_a_real_name_is_passed_on_as_it_is_with_fields_that_nobody_here_knows(behind: Behind) -> None:
    body = {"model": "small:1b", "messages": HELLO, "temperature": 1.5, "novel": {"x": [1]}, "n": 2}

    answer = httpx.post(f"{behind.url}/v1/chat/completions", json=body)

    assert 200 == answer.status_code
    assert [("/v1/chat/completions", body)] == behind.here.asked
    assert "small:1b" == answer.headers["x-benchwright-candidate"]
    assert "x-benchwright-recommendation" not in answer.headers


def test_httpx_reads_each_word_as_it_comes(behind: Behind) -> None:
    body = {"model": "auto", "messages": HELLO, "stream": True}
    with httpx.stream("POST", f"{behind.url}/v1/chat/completions", json=body) as answer:
        assert "text/event-stream" == answer.headers["content-type"]
        assert 32 == len(answer.headers["x-benchwright-recommendation"])
        lines = [line for line in answer.iter_lines() if line]

    assert "data: [DONE]" == lines[-1]
    assert all(line.startswith("data: ") for line in lines)


def test_curl_gets_the_explanation_where_it_asks_for_it(behind: Behind) -> None:
    data = json.dumps({"model": "auto", "messages": HELLO, "stream": False})
    command = ["curl", "-sS", "--noproxy", "*", f"{behind.url}/api/chat?explain=1", "-d", data]

    done = subprocess.run(command, capture_output=True, text=True, check=True)

    explanation = json.loads(done.stdout)["benchwright"]
    assert best(behind) == explanation["endpoint"]
    assert "Expected quality" in explanation["explanation"] or "\n" in explanation["explanation"]
