"""Two servers with faults: no request is answered twice, and none is lost."""

import asyncio
import json
import socket
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from gateways import TASK, Behind, gateway_over
from scripted_upstream import Fault
from served import eventually
from served_asgi import served_asgi

from deployments.gateway.upstream import _blame
from evaluation.errors import FailureKind, ProviderError, TransientProviderError
from evaluation.records.traffic_calls import TrafficCall
from evaluation.store.session import Store

BODY: dict[str, Any] = {"model": f"auto:{TASK}", "messages": [{"role": "user", "content": "hello"}]}
TIED = {"small": 30, "large": 29}
SMALL, LARGE = "small:1b profile=brief", "large:1b profile=brief"


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def behind(store: Store) -> Iterator[Behind]:
    with gateway_over(store) as behind:
        yield behind


def ask(behind: Behind, **more: Any) -> httpx.Response:
    return httpx.post(f"{behind.url}/v1/chat/completions", json=BODY | more, timeout=30)


def who(answer: httpx.Response) -> str:
    return answer.headers["x-benchwright-candidate"]


def words(answer: httpx.Response) -> str:
    return answer.json()["choices"][0]["message"]["content"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500),
        Fault(status=503, error="server busy, please try again.  maximum pending requests exceeded"),
        Fault(status=404, error="model 'small:1b' not found"),
        Fault(error_after=0),
        Fault(cut_after=0),
    ],
)
def test_the_next_in_rank_answers_where_the_first_fails_before_its_first_byte(
    behind: Behind, fault: Fault, stream: bool
) -> None:
    behind.here.faults.append(fault)

    answer = ask(behind, stream=stream)

    assert (200, LARGE) == (answer.status_code, who(answer))
    assert f"{SMALL} on here failed" in answer.headers["x-benchwright-reason"]
    assert (1, 1) == behind.n_asked
    (call,) = behind.recorded(1)
    assert (LARGE, TASK, True, 5, 3) == (call.candidate, call.task, call.ok, call.prompt_tokens, call.output_tokens)
    assert 2 == behind.finished[0].n_asked


def test_nobody_else_is_asked_after_the_first_byte(behind: Behind) -> None:
    behind.here.faults += [Fault(error_after=1), Fault(cut_after=2)]

    answers = [ask(behind, stream=True) for _ in range(2)]

    assert [SMALL, SMALL] == [who(answer) for answer in answers]
    for answer in answers:
        *_, last = [line for line in answer.text.split("\n\n") if line]
        assert "error" in json.loads(last.removeprefix("data: "))
    assert (2, 0) == behind.n_asked
    assert [(False, True), (False, True)] == [
        (call.ok, "TransientProviderError" in str(call.error_type)) for call in behind.recorded(2)
    ]


def test_a_request_that_is_itself_at_fault_is_not_asked_elsewhere(behind: Behind) -> None:
    behind.here.faults.append(Fault(status=400, error="time: invalid duration"))

    answer = ask(behind)

    assert 400 == answer.status_code
    assert (1, 0) == behind.n_asked
    behind.recorded(1)
    assert "refused" == behind.finished[0].outcome


MALFORMED = json.dumps({"error": {"code": 400, "message": "Missing tool", "type": "invalid_request_error"}})


def test_requests_that_a_server_calls_malformed_with_500_open_no_breaker(behind: Behind) -> None:
    behind.here.faults += 9 * [Fault(status=500, error=MALFORMED)]

    assert 9 * [400] == [ask(behind).status_code for _ in range(9)]
    assert (9, 0) == behind.n_asked
    assert SMALL == who(ask(behind))


def test_another_model_is_asked_where_the_first_ones_template_refuses_the_messages_and_no_breaker_opens(
    behind: Behind,
) -> None:
    behind.here.faults += 4 * [Fault(status=500, error="Jinja Exception: roles must alternate")]

    assert 4 * [LARGE] == [who(ask(behind)) for _ in range(4)]
    assert SMALL == who(ask(behind))


def test_a_server_that_is_away_is_left_alone_for_a_while_and_comes_back(behind: Behind) -> None:
    behind.servers["here"].stop()
    answers = [ask(behind) for _ in range(5)]

    assert 5 * [LARGE] == [who(answer) for answer in answers]
    assert "failed lately on here and is left alone for a while" in answers[-1].headers["x-benchwright-reason"]
    behind.recorded(5)
    assert [2, 2, 2, 1, 1] == [call.n_asked for call in behind.finished]
    with served_asgi(behind.here, port=behind.servers["here"].port):
        assert eventually(lambda: who(ask(behind)) == SMALL)


def test_where_all_are_left_alone_the_client_hears_when_to_come_back(behind: Behind) -> None:
    behind.here.faults += 9 * [Fault(status=500)]
    behind.there.faults += 9 * [Fault(status=500)]

    answers = [ask(behind) for _ in range(4)]

    assert [502, 502, 502, 503] == [answer.status_code for answer in answers]
    assert "left alone" in answers[-1].json()["error"]["message"]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert (3, 3) == behind.n_asked


def test_a_model_that_fails_leaves_the_other_models_of_its_server_in_service(behind: Behind) -> None:
    behind.here.faults += 3 * [Fault(status=500, error="llama runner process has terminated")]

    assert [502, 502, 502, 503] == [ask(behind, model="small:1b").status_code for _ in range(4)]
    assert 200 == ask(behind, model="embedder:1b").status_code


def test_a_model_whose_answers_break_off_leaves_the_other_models_in_service_and_shows_nothing_of_the_server(
    behind: Behind,
) -> None:
    behind.here.faults += 3 * [Fault(cut_after=0)]

    assert [502, 502, 502, 503] == [ask(behind, model="small:1b", stream=True).status_code for _ in range(4)]
    assert 200 == ask(behind, model="embedder:1b").status_code


def test_a_server_whose_every_model_falls_silent_is_left_alone(behind: Behind) -> None:
    behind.here.models["third:1b"] = "digest-of-third"
    behind.here.faults += 6 * [Fault(cut_after=0)]

    for model in ("small:1b", "embedder:1b"):
        assert 3 * [502] == [ask(behind, model=model, stream=True).status_code for _ in range(3)]
    assert 503 == ask(behind, model="third:1b").status_code
    assert (6, 0) == behind.n_asked


@pytest.mark.parametrize(
    ("kind", "blame"),
    [
        (FailureKind.SERVER_DOWN, "server"),
        (FailureKind.TIMED_OUT, "silence"),
        (FailureKind.LOADING_TIMED_OUT, "silence"),
        (FailureKind.CUT_STREAM, "silence"),
        (FailureKind.RUNNER_CRASHED, "model"),
        (FailureKind.OUT_OF_MEMORY, "model"),
        (FailureKind.QUEUE_FULL, "nobody"),
    ],
)
def test_whose_failure_it_was_is_told_by_its_kind(kind: FailureKind, blame: str) -> None:
    assert blame == _blame(TransientProviderError("x", kind))


def test_a_refusal_in_words_shows_that_the_server_answers() -> None:
    assert "request" == _blame(ProviderError("x", FailureKind.BAD_OPTION))
    assert "nobody" == _blame(ProviderError("x", FailureKind.UNREADABLE_ANSWER)) == _blame(asyncio.CancelledError())


def test_who_failed_and_who_was_left_alone_are_both_named(behind: Behind) -> None:
    behind.here.faults += 3 * [Fault(status=500)]
    assert 3 * [200] == [ask(behind).status_code for _ in range(3)]
    behind.there.faults += [Fault(status=500)]

    message = ask(behind).json()["error"]["message"]
    assert f"{LARGE} on there: " in message
    assert f"{SMALL} on here: failed lately and is left alone" in message


def test_a_full_queue_sends_the_rest_to_the_next_in_rank(behind: Behind) -> None:
    # Answers take half a second by their evaluation, one at a time: whoever would wait longer goes elsewhere.
    behind.here.pace_s = 0.3
    answers: list[httpx.Response] = []

    async def ask_all() -> None:
        async with httpx.AsyncClient(timeout=60) as client:
            posts = (client.post(f"{behind.url}/v1/chat/completions", json=BODY) for _ in range(6))
            answers.extend(await asyncio.gather(*posts))

    ask(behind)  # how long an answer takes is known now
    asyncio.run(ask_all())

    assert 6 * [200] == [answer.status_code for answer in answers]
    counts = Counter(who(answer) for answer in answers)
    assert {SMALL, LARGE} == set(counts)
    reasons = [answer.headers["x-benchwright-reason"] for answer in answers if who(answer) == LARGE]
    assert all("has a queue of" in reason for reason in reasons)


def test_a_loaded_candidate_that_is_tied_answers_instead_of_a_swap(store: Store) -> None:
    with gateway_over(store, right=TIED) as behind:
        behind.there.loaded.append("large:1b")
        answer = ask(behind)

        assert LARGE == who(answer)
        assert "is not loaded" in answer.headers["x-benchwright-reason"]


def test_the_rule_can_be_turned_off(store: Store) -> None:
    with gateway_over(store, right=TIED, prefer_loaded=False) as behind:
        behind.there.loaded.append("large:1b")

        assert SMALL == who(ask(behind))


def test_a_candidate_whose_weights_changed_is_not_served(behind: Behind) -> None:
    behind.here.models["small:1b"] = "other"

    answer = ask(behind)

    assert LARGE == who(answer)
    assert "holds other weights now" in answer.headers["x-benchwright-reason"]
    assert (0, 1) == behind.n_asked


@pytest.mark.no_cover
def test_under_faults_of_all_kinds_every_request_gets_one_answer_and_one_row(behind: Behind) -> None:
    kinds = [
        Fault(status=500),
        Fault(error_after=0),
        Fault(cut_after=1),
        Fault(error_after=2),
        Fault(),
        Fault(),
        Fault(),
    ]
    behind.here.faults += 12 * kinds
    behind.there.faults += 12 * kinds[::-1]
    outcomes: Counter[str] = Counter()

    async def ask_one(client: httpx.AsyncClient, number: int) -> None:
        body = BODY | {"stream": number % 2 == 0}
        answer = await client.post(f"{behind.url}/v1/chat/completions", json=body)
        outcomes[_outcome(answer)] += 1

    async def ask_all() -> None:
        async with httpx.AsyncClient(timeout=60) as client:
            for first in range(0, 60, 6):
                await asyncio.gather(*(ask_one(client, first + i) for i in range(6)))

    asyncio.run(ask_all())

    assert 60 == sum(outcomes.values())
    assert set(outcomes) <= {"whole", "broken off", "refused"}
    rows = behind.recorded(60)
    assert (60, outcomes["whole"]) == (len(rows), sum(row.ok for row in rows))
    assert 60 == len({row.call_id for row in rows})
    n_asked = sum(behind.n_asked)
    assert n_asked == sum(call.n_asked for call in behind.finished)


def _outcome(answer: httpx.Response) -> str:
    """What a client makes of an answer; a mixture of two is none of these."""
    if answer.status_code in (502, 503):
        return "refused"
    if "text/event-stream" not in answer.headers["content-type"]:
        return "whole" if words(answer) in ("here word1 word2", "there word1 word2") else f"mixed: {answer.text}"
    events = [event.removeprefix("data: ") for event in answer.text.split("\n\n") if event]
    records = [json.loads(event) for event in events if event != "[DONE]"]
    text = "".join(record["choices"][0]["delta"].get("content", "") for record in records if record.get("choices"))
    if events[-1] == "[DONE]":
        return "whole" if text in ("here word1 word2", "there word1 word2") else f"mixed: {text}"
    is_beginning = any(whole.startswith(text) for whole in ("here word1 word2", "there word1 word2"))
    return "broken off" if "error" in records[-1] and is_beginning else f"mixed: {answer.text}"


def test_each_word_is_passed_on_before_the_next_one_comes(behind: Behind) -> None:
    behind.here.pace_s = 0.05
    behind.here.n_words = 200
    body = BODY | {"stream": True}
    with httpx.stream("POST", f"{behind.url}/v1/chat/completions", json=body, timeout=30) as answer:
        first = next(answer.iter_lines())

    assert "here" in first
    assert 0 == behind.here.n_finished


def test_a_client_that_leaves_ends_the_servers_work(behind: Behind) -> None:
    behind.here.pace_s, behind.here.n_words = 0.05, 2000
    body = BODY | {"stream": True}
    with httpx.stream("POST", f"{behind.url}/v1/chat/completions", json=body, timeout=30) as answer:
        next(answer.iter_lines())

    assert eventually(lambda: behind.here.n_cancelled == 1)
    (call,) = behind.recorded(1)
    assert (False, "CancelledError") == (call.ok, str(call.error_type).rpartition(".")[2])
    assert "cancelled" == behind.finished[0].outcome


def test_a_client_that_leaves_before_the_first_byte_does_so_too_and_nobody_else_is_asked(behind: Behind) -> None:
    behind.here.faults.append(Fault(delay_s=60.0))
    address, content = httpx.URL(behind.url), json.dumps(BODY).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {address.netloc.decode()}\r\nContent-Length: {len(content)}"
    with socket.create_connection((address.host, address.port or 80)) as client:
        client.sendall(f"{head}\r\nContent-Type: application/json\r\n\r\n".encode() + content)
        assert eventually(lambda: behind.n_asked == (1, 0))

    assert eventually(lambda: behind.here.n_cancelled == 1)
    assert (1, 0) == behind.n_asked
    behind.recorded(1)


def test_texts_are_stored_where_that_is_allowed_and_nowhere_else(store: Store) -> None:
    with gateway_over(store) as behind:
        ask(behind)
        (call,) = behind.recorded(1)
    assert (None, None) == (call.input, call.output)

    with gateway_over(store, keep_texts=True) as behind:
        ask(behind)
        calls: list[TrafficCall] = behind.recorded(1)
    assert ("hello", "here word1 word2") == (calls[-1].input, calls[-1].output)


def test_of_long_texts_the_beginning_is_stored_with_length_and_hash_of_the_whole(store: Store) -> None:
    with gateway_over(store, keep_texts=True) as behind:
        behind.here.n_words = 30_000
        ask(behind, messages=[{"role": "user", "content": "hello " * 50_000}])
        (call,) = behind.recorded(1)

    assert call.input is not None
    assert call.output is not None
    assert call.served is not None
    assert 100_000 == len(call.input) == len(call.output)
    assert call.input.endswith(f"300,000 characters in all, sha256 {call.served.prompt_hash}]")
    assert "characters in all, sha256 " in call.output[-120:]


def test_the_task_of_a_named_model_is_that_of_the_header(behind: Behind) -> None:
    body = BODY | {"model": "small:1b"}

    httpx.post(f"{behind.url}/v1/chat/completions", json=body, headers={"x-benchwright-task": "letters"})

    assert ["letters"] == [call.task for call in behind.recorded(1)]


def test_the_clients_key_stays_here(behind: Behind) -> None:
    httpx.post(f"{behind.url}/v1/chat/completions", json=BODY, headers={"authorization": "Bearer secret"})

    assert [""] == behind.here.keys


def test_a_body_that_is_too_long_is_refused(store: Store) -> None:
    with gateway_over(store, max_body_bytes=100) as behind:
        answer = ask(behind, user="x" * 200)

        assert 413 == answer.status_code
        assert "longer than 100 bytes" in answer.json()["error"]["message"]


@pytest.mark.parametrize("content", [b"", b"[1]", b'{"model": 3}', b'{"model": ["auto"]}', b"\xff"])
@pytest.mark.parametrize("path", ["/v1/chat/completions", "/api/chat", "/api/generate", "/v1/embeddings", "/api/show"])
def test_a_body_that_cannot_be_read_is_an_error_in_the_clients_protocol(
    behind: Behind, content: bytes, path: str
) -> None:
    answer = httpx.post(behind.url + path, content=content)

    assert answer.status_code in (400, 404)
    error = answer.json()["error"]
    assert "Next: " in (error["message"] if path.startswith("/v1/") else error)
