"""The embedded server over a real port, with the baselines as its models: quick, and on the real wire."""

import asyncio
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from deployments.helper_process import start_embedded
from evaluation.baselines import BASELINES

LEAD = "baseline-lead"
DOCUMENT = "Document:\nA first sentence. A second one. A third one.\n\nSummarize the document."


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with start_embedded(slots=2, baselines_only=True, test_faults=True) as server:
        yield server.url


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
        client.request("DELETE", "/test/faults")
        yield client


def chat(client: httpx.Client, prompt: str = DOCUMENT, model: str = LEAD, **fields: Any) -> httpx.Response:
    body = {"model": model, "messages": [{"role": "user", "content": prompt}], "stream": False} | fields
    return client.post("/api/chat", json=body)


def error_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]


def records(response: httpx.Response) -> list[dict[str, Any]]:
    return [json.loads(line) for line in response.content.split(b"\n") if line]


def loads(client: httpx.Client) -> int:
    return int(client.get("/test/faults").json()["n_loads"])


def loaded(client: httpx.Client) -> list[dict[str, Any]]:
    models: list[dict[str, Any]] = client.get("/api/ps").json()["models"]
    return models


def test_the_server_says_that_it_is_embedded(client: httpx.Client) -> None:
    assert "Ollama is running" == client.get("/").text
    assert client.get("/api/version").json()["version"].endswith("-embedded")
    assert b"" == client.head("/api/version").content


def test_all_baselines_are_listed_as_baselines_with_a_digest_each(client: httpx.Client) -> None:
    models = client.get("/api/tags").json()["models"]
    names = {f"{name}:latest" for name in [*BASELINES, "baseline-embed"]}
    assert names == {model["name"] for model in models}
    assert len(names) == len({model["digest"] for model in models})
    assert {"baseline"} == {model["details"]["family"] for model in models}


def test_an_answer_carries_its_counts_and_times(client: httpx.Client) -> None:
    answer = chat(client).json()
    assert "A first sentence. A second one." == answer["message"]["content"]
    assert (True, "stop") == (answer["done"], answer["done_reason"])
    assert (len(DOCUMENT.split()), 6) == (answer["prompt_eval_count"], answer["eval_count"])
    parts = ("load_duration", "prompt_eval_duration", "eval_duration")
    assert answer["total_duration"] >= sum(answer[part] for part in parts) > 0
    assert abs(datetime.fromisoformat(answer["created_at"]) - datetime.now(UTC)).total_seconds() < 60


def test_a_stream_comes_in_pieces_and_ends_with_done(client: httpx.Client) -> None:
    response = chat(client, stream=True)
    *pieces, last = records(response)
    assert "application/x-ndjson" == response.headers["content-type"]
    assert "A first sentence. A second one." == "".join(piece["message"]["content"] for piece in pieces)
    assert [False] * 6 == [piece["done"] for piece in pieces]
    assert (True, "") == (last["done"], last["message"]["content"])


def test_num_predict_ends_an_answer_with_the_reason_length(client: httpx.Client) -> None:
    answer = chat(client, options={"num_predict": 3}).json()
    assert ("A first sentence.", "length", 3) == (
        answer["message"]["content"],
        answer["done_reason"],
        answer["eval_count"],
    )


@pytest.mark.parametrize("stop", [" A second", ["nowhere", " A second"]])
def test_a_stop_string_is_not_in_the_answer(client: httpx.Client, stop: Any) -> None:
    assert "A first sentence." == chat(client, options={"stop": stop}).json()["message"]["content"]


def test_the_seed_decides_what_is_drawn(client: httpx.Client) -> None:
    def text(seed: int) -> str:
        answer = chat(client, "Go on.", "baseline-ngram", options={"seed": seed}).json()
        return str(answer["message"]["content"])

    assert text(1) == text(1)
    assert len({text(seed) for seed in range(4)}) > 1


def test_a_server_reads_the_last_user_message(client: httpx.Client) -> None:
    messages = [{"role": "user", "content": "Old."}, {"role": "assistant", "content": "Yes."}]
    messages += [{"role": "user", "content": "New."}, {"role": "system", "content": "Be brief."}]
    assert "New." == chat(client, messages=messages).json()["message"]["content"]


def test_generate_answers_like_chat_with_token_ids_unless_raw(client: httpx.Client) -> None:
    body = {"model": LEAD, "prompt": "One. Two. Three.", "stream": False}
    answer = client.post("/api/generate", json=body).json()
    assert ("One. Two.", 5) == (answer["response"], len(answer["context"]))
    assert "context" not in client.post("/api/generate", json=body | {"raw": True}).json()


def test_an_empty_prompt_loads_and_keep_alive_zero_unloads(client: httpx.Client) -> None:
    for path, empty in (("/api/generate", {"prompt": ""}), ("/api/chat", {"messages": []})):
        body = {"model": LEAD, **empty, "options": {"num_ctx": 512}}
        assert "load" == client.post(path, json=body | {"keep_alive": "10m"}).json()["done_reason"]
        (entry,) = loaded(client)
        assert ("baseline-lead:latest", 512, 0) == (entry["name"], entry["context_length"], entry["size_vram"])
        left_s = (datetime.fromisoformat(entry["expires_at"]) - datetime.now(UTC)).total_seconds()
        assert 500 < left_s <= 600
        assert "unload" == client.post(path, json=body | {"keep_alive": 0}).json()["done_reason"]
        assert [] == loaded(client)


def test_a_model_leaves_when_its_time_is_over_and_stays_when_told_so(client: httpx.Client) -> None:
    chat(client, keep_alive=-1)
    assert loaded(client)[0]["expires_at"].startswith("2319")
    chat(client, keep_alive="50ms")
    deadline = time.monotonic() + 30
    while loaded(client) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [] == loaded(client)


def test_one_model_at_a_time_is_held_and_load_options_reload_it(client: httpx.Client) -> None:
    chat(client, options={"num_ctx": 1024})
    before = loads(client)
    chat(client, options={"num_ctx": 1024, "temperature": 0.3, "seed": 9})
    assert before == loads(client)
    chat(client, options={"num_ctx": 2048})
    chat(client, model="baseline-random", options={"num_ctx": 2048})
    chat(client, options={"num_ctx": 2048}, shift=False)
    assert before + 3 == loads(client)
    assert ["baseline-lead:latest"] == [model["name"] for model in loaded(client)]


def test_more_requests_than_slots_are_all_answered(client: httpx.Client) -> None:
    with ThreadPoolExecutor(12) as pool:
        models = ["baseline-lead", "baseline-ngram"] * 6
        answers = list(pool.map(lambda model: chat(client, model=model), models))
    assert [200] * 12 == [answer.status_code for answer in answers]


def test_an_overlong_prompt_is_refused_or_cut_as_asked(client: httpx.Client) -> None:
    long = " ".join(f"w{i}" for i in range(400))
    status, text = error_of(chat(client, long, options={"num_ctx": 100}, truncate=False, shift=False))
    inner = json.loads(text)["error"]
    assert (400, "exceed_context_size_error", 400, 100) == (
        status,
        inner["type"],
        inner["n_prompt_tokens"],
        inner["n_ctx"],
    )
    assert 52 == chat(client, long, options={"num_ctx": 100}).json()["prompt_eval_count"]
    status, text = error_of(chat(client, long, options={"num_ctx": 100}, shift=False))
    assert 400 == status
    assert text.startswith("the prompt is longer than the context length currently available")


@pytest.mark.parametrize(
    ("fields", "status", "text"),
    [
        ({"model": "nosuch:1b"}, 404, "model 'nosuch:1b' not found"),
        ({"model": ""}, 400, "model is required"),
        ({"options": {"seed": "x"}}, 500, 'option "seed" must be of type integer'),
        ({"options": {"temperature": "hot"}}, 500, 'option "temperature" must be of type float32'),
        ({"options": {"stop": [1]}}, 500, 'option "stop" must be of type array'),
        ({"keep_alive": "soon"}, 400, 'time: invalid duration "soon"'),
        ({"format": "yaml"}, 500, 'invalid format: "\\"yaml\\""; expected "json" or a valid JSON Schema object'),
        ({"think": True}, 400, '"baseline-lead" does not support thinking'),
        ({"top_logprobs": 21}, 400, "top_logprobs must be between 0 and 20"),
        ({"tools": [{"type": "function"}]}, 400, "baseline-lead:latest does not support tools"),
    ],
)
def test_a_mistake_is_refused_in_the_real_words(
    client: httpx.Client, fields: dict[str, Any], status: int, text: str
) -> None:
    assert (status, text) == error_of(chat(client, **fields))


def test_wrong_bodies_methods_and_paths_are_told_apart(client: httpx.Client) -> None:
    assert (400, "missing request body") == error_of(client.post("/api/chat"))
    assert 400 == client.post("/api/chat", content=b"{").status_code
    assert 400 == client.post("/api/chat", content=b"[]").status_code
    assert 400 == chat(client, messages="hello").status_code
    assert (405, "405 method not allowed") == ((r := client.get("/api/chat")).status_code, r.text)
    assert (404, "404 page not found", "text/plain") == (
        (r := client.get("/api/no")).status_code,
        r.text,
        r.headers["content-type"],
    )


@pytest.mark.parametrize("fields", [{"options": {"temprature": 1}}, {"think": False}, {"format": ""}, {"nonsense": 1}])
def test_what_the_real_server_ignores_is_ignored(client: httpx.Client, fields: dict[str, Any]) -> None:
    assert 200 == chat(client, **fields).status_code


def test_a_baseline_cannot_write_json_and_says_so(client: httpx.Client) -> None:
    status, text = error_of(chat(client, format="json"))
    assert (400, True) == (status, "does not support format" in text)


def test_an_answer_that_only_repeats_one_word_is_broken_off_without_done(client: httpx.Client) -> None:
    answer = chat(client, "ha " * 100).json()
    assert (False, 31) == (answer["done"], len(answer["message"]["content"].split()))
    assert "done_reason" not in answer


def test_names_need_no_tag_and_no_case(client: httpx.Client) -> None:
    assert ["Baseline-LEAD", "baseline-lead:latest"] == [
        chat(client, model=name).json()["model"] for name in ("Baseline-LEAD", "baseline-lead:latest")
    ]


def test_show_tells_what_a_baseline_is(client: httpx.Client) -> None:
    shown = client.post("/api/show", json={"model": "baseline-textrank"}).json()
    assert (["completion"], "baseline") == (shown["capabilities"], shown["details"]["family"])
    assert "damping=0.85" in shown["model_info"]["baseline.options"]


FIELDS = (
    "model",
    "messages",
    "prompt",
    "input",
    "stream",
    "options",
    "format",
    "images",
    "tools",
    "think",
    "keep_alive",
    "system",
    "template",
    "max_tokens",
    "stop",
    "seed",
    "temperature",
    "stream_options",
    "response_format",
)


def test_only_the_embedding_model_embeds_and_it_does_nothing_else(client: httpx.Client) -> None:
    texts = ["red boat", "red boats", "tax law"]
    answer = client.post("/api/embed", json={"model": "baseline-embed", "input": texts}).json()
    a, b, c = answer["embeddings"]
    assert 6 == answer["prompt_eval_count"]
    assert pytest.approx(1.0) == sum(x * x for x in a)
    assert sum(x * y for x, y in zip(a, b, strict=True)) > sum(x * y for x, y in zip(a, c, strict=True))
    assert 501 == client.post("/api/embed", json={"model": LEAD, "input": "x"}).status_code
    assert 404 == client.post("/api/embed", json={"model": "nosuch", "input": "x"}).status_code
    assert (400, '"baseline-embed" does not support chat') == error_of(chat(client, model="baseline-embed"))
    one = client.post("/v1/embeddings", json={"model": "baseline-embed", "input": "red boat"}).json()
    assert pytest.approx(a) == one["data"][0]["embedding"]


@pytest.mark.parametrize("path", ["/api/chat", "/api/generate", "/api/embed", "/api/embeddings", "/api/show"])
@pytest.mark.parametrize("field", FIELDS)
def test_a_field_of_a_wrong_kind_is_refused_or_ignored(client: httpx.Client, path: str, field: str) -> None:
    _send_wrong_kinds(client, path, field)


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/embeddings", "/api/pull"])
@pytest.mark.parametrize("field", FIELDS)
def test_a_field_of_a_wrong_kind_is_refused_or_ignored_by_the_compatible_layer(
    client: httpx.Client, path: str, field: str
) -> None:
    _send_wrong_kinds(client, path, field)


def _send_wrong_kinds(client: httpx.Client, path: str, field: str) -> None:
    model = "baseline-embed" if "embed" in path else LEAD
    right = {"model": model, "messages": [{"role": "user", "content": "One."}], "prompt": "One.", "input": "One."}
    for value in (None, 5, -1.5, True, "x", [], [5], [None], [[]], {}, {"a": 1}, [{"role": 5, "content": 5}], 10**30):
        answer = client.post(path, json=right | {"stream": False, field: value})
        # As Ollama does, it answers some of them with 500; what nobody foresaw has no error in words.
        assert answer.status_code < 400 or answer.json()["error"], (field, value, answer.text)


def test_a_pull_of_something_else_fails_inside_a_good_stream(client: httpx.Client) -> None:
    response = client.post("/api/pull", json={"model": "llama3.2:3b"})
    first, second = records(response)
    assert (200, "pulling manifest") == (response.status_code, first["status"])
    assert "cannot pull" in second["error"]
    assert "success" == records(client.post("/api/pull", json={"model": LEAD}))[-1]["status"]
    assert 501 == client.request("DELETE", "/api/delete", json={"model": LEAD}).status_code


def test_the_compatible_layer_answers_whole_and_in_events(client: httpx.Client) -> None:
    body: dict[str, Any] = {"model": LEAD, "messages": [{"role": "user", "content": "One. Two. Three."}]}
    whole = client.post("/v1/chat/completions", json=body).json()
    assert ("One. Two.", "stop") == (whole["choices"][0]["message"]["content"], whole["choices"][0]["finish_reason"])
    assert {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5} == whole["usage"]
    streamed = body | {"stream": True, "stream_options": {"include_usage": True}, "max_tokens": 1}
    *events, done = client.post("/v1/chat/completions", json=streamed).text.strip().split("\n\n")
    chunks = [json.loads(event.removeprefix("data: ")) for event in events]
    assert "data: [DONE]" == done
    assert {"role": "assistant", "content": "One."} == chunks[0]["choices"][0]["delta"]
    assert "length" == chunks[1]["choices"][0]["finish_reason"]
    assert 1 == chunks[2]["usage"]["completion_tokens"]
    refused = client.post("/v1/chat/completions", json=body | {"model": "nosuch"})
    assert (404, "not_found_error") == (refused.status_code, refused.json()["error"]["type"])
    assert 7 == len(client.get("/v1/models").json()["data"])


ASKED = {"model": LEAD, "messages": [{"role": "user", "content": "x"}]}


def wait_for_requests(client: httpx.Client, n: int) -> None:
    """Returns when the server has so many questions in hand, or had them."""
    deadline = time.monotonic() + 60
    while (found := client.get("/test/faults").json())["requests"].get("/api/chat", 0) < n:
        assert time.monotonic() < deadline, found
        time.sleep(0.02)


def test_clients_that_leave_harm_nobody(client: httpx.Client) -> None:
    client.post("/test/faults", json={"delay_s": 600, "count": 3})
    impatient = httpx.Timeout(60, read=0.1)
    for n_left in range(1, 4):
        with pytest.raises(httpx.ReadTimeout):
            client.post("/api/chat", json=ASKED, timeout=impatient)
        wait_for_requests(client, n_left)
    assert 200 == chat(client).status_code


class TestFaults:
    """What goes wrong on request, and with how many requests."""

    def test_a_status_hits_the_next_requests_and_no_more(self, client: httpx.Client) -> None:
        fault = {"status": 503, "body": '{"error":"server busy"}', "count": 2, "retry_after": "7"}
        client.post("/test/faults", json=fault)
        answers = [chat(client) for _ in range(3)]
        assert [503, 503, 200] == [answer.status_code for answer in answers]
        assert "7" == answers[0].headers["retry-after"]

    def test_faults_can_skip_requests_and_other_paths_are_unharmed(self, client: httpx.Client) -> None:
        client.post("/test/faults", json={"faults": [{"status": 500, "skip": 1}]})
        assert 200 == client.get("/api/tags").status_code
        assert [200, 500, 200] == [chat(client).status_code for _ in range(3)]

    def test_a_delay_is_waited(self, client: httpx.Client) -> None:
        client.post("/test/faults", json={"delay_s": 0.2})
        started = time.monotonic()
        chat(client)
        assert time.monotonic() - started >= 0.2

    def test_a_clean_cut_ends_without_done(self, client: httpx.Client) -> None:
        client.post("/test/faults", json={"cut": "clean", "cut_after": 2})
        found = records(chat(client, stream=True))
        assert [False, False] == [record["done"] for record in found]

    def test_an_error_line_comes_inside_a_200(self, client: httpx.Client) -> None:
        client.post("/test/faults", json={"cut": "error_line", "cut_after": 1, "error": "boom"})
        response = chat(client, stream=True)
        assert (200, {"error": "boom"}) == (response.status_code, records(response)[-1])

    @pytest.mark.parametrize("stream", [True, False])
    def test_an_aborted_connection_is_a_protocol_error(self, client: httpx.Client, stream: bool) -> None:
        client.post("/test/faults", json={"cut": "abort", "cut_after": 1})
        with pytest.raises(httpx.RemoteProtocolError):
            chat(client, stream=stream)
        assert 200 == chat(client).status_code

    def test_requests_are_counted(self, client: httpx.Client) -> None:
        client.post("/test/faults", json={"delay_s": 600, "count": 3})

        async def ask_three_and_leave() -> None:
            async with httpx.AsyncClient(base_url=client.base_url, trust_env=False, timeout=None) as asking:
                asked = [asyncio.create_task(asking.post("/api/chat", json=ASKED)) for _ in range(3)]
                await asyncio.to_thread(wait_for_requests, client, 3)
                for work in asked:
                    work.cancel()
                await asyncio.gather(*asked, return_exceptions=True)

        asyncio.run(ask_three_and_leave())
        report = client.get("/test/faults").json()
        assert (3, 3) == (report["requests"]["/api/chat"], report["max_active"])

    def test_an_unknown_fault_is_refused(self, client: httpx.Client) -> None:
        assert 400 == client.post("/test/faults", json={"colour": "red"}).status_code
        assert 400 == client.post("/test/faults", json={"cut": "sideways"}).status_code


def test_faults_are_not_offered_unless_asked_for() -> None:
    with start_embedded(baselines_only=True) as server:
        assert (
            404
            == httpx.post(f"{server.url}/test/faults", json={"status": 500}, trust_env=False, timeout=60).status_code
        )
