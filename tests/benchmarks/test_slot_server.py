import asyncio
import importlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from logical_time import logical_time

SERVER = Path(__file__).with_name("slot_server.py")
PATIENCE_S = 120.0

Start = Callable[..., str]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a server with these options; gives its address."""
    with ExitStack() as stack:

        def started(*options: str) -> str:
            process = stack.enter_context(
                subprocess.Popen([sys.executable, str(SERVER), *options], stdout=subprocess.PIPE, text=True)
            )
            stack.callback(process.kill)
            assert process.stdout is not None
            return process.stdout.readline().strip()

        yield started


def asking(number: int, model: str = "steady:1b", **more: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": f"Take 7. Question {number}?"}]
    return {"model": model, "messages": messages, "stream": False, **more}


def preload(model: str, **more: Any) -> dict[str, Any]:
    return {"model": model, "stream": False, **more}


def get(url: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(url, trust_env=False, timeout=PATIENCE_S).json()
    return found


def post(url: str, body: dict[str, Any] | None = None) -> httpx.Response:
    return httpx.post(url, json=body, trust_env=False, timeout=PATIENCE_S)


def chat(url: str, body: dict[str, Any]) -> httpx.Response:
    return post(f"{url}/api/chat", body)


def stats(url: str) -> dict[str, Any]:
    return get(f"{url}/_stats")


def wait_for(url: str, name: str, value: int) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_S
    while (found := stats(url))[name] != value:
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    return found


async def ask_at_once(url: str, numbers: range) -> list[str]:
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as client:
        answers = await asyncio.gather(*(client.post(f"{url}/api/chat", json=asking(i)) for i in numbers))
    return [answer.json()["message"]["content"] for answer in answers]


def counted(ask: Callable[[str], Awaitable[list[str]]], **how: Any) -> tuple[list[str], Any]:
    """What the clients were answered, and what was counted of it where only waiting takes time."""
    program = importlib.import_module("slot_server")
    slots = program.Slots(**{"latency_s": 0.0, "load_s": 0.0, "max_loaded": 1, **how})

    async def serve_and_ask() -> list[str]:
        connection = partial(program.Connection, slots, ["steady:1b"])
        server = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", 0)
        try:
            return await ask(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        finally:
            server.close()

    with logical_time("slot_server"):
        return asyncio.run(serve_and_ask()), slots.counts


def test_no_more_requests_are_served_at_once_than_there_are_slots_and_all_are_counted() -> None:
    answers, found = counted(lambda url: ask_at_once(url, range(12)), n=3, latency_s=0.2)
    assert [str(i) for i in range(12)] == answers
    assert (12, 12, 3, 12) == (found.requests, found.ok, found.peak, found.demand)
    assert pytest.approx((0.8, 2.4), rel=0.01) == (found.last - found.first, found.busy_s)


def test_a_request_that_waits_alone_leaves_the_other_slots_idle() -> None:
    async def one_after_the_other(url: str) -> list[str]:
        return [answer for number in range(2) for answer in await ask_at_once(url, range(number, number + 1))]

    _, found = counted(one_after_the_other, n=4, latency_s=0.1)
    assert (2, 1, 1) == (found.ok, found.peak, found.demand)
    assert pytest.approx((0.2, 0.2), rel=0.01) == (found.last - found.first, found.busy_s)


def test_the_program_serves_several_at_once(start: Start) -> None:
    url = start("--slots=3", "--latency=0.05")
    assert [str(i) for i in range(6)] == asyncio.run(ask_at_once(url, range(6)))
    found = stats(url)
    assert (6, 6, 3) == (found["requests"], found["ok"], found["slots"])
    assert found["peak"] <= 3
    assert 6 * 0.049 <= found["busy_s"] <= 3 * (found["last"] - found["first"])


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/api/chat", asking(5), lambda answer: answer.json()["message"]["content"]),
        (
            "/api/generate",
            {"model": "steady:1b", "prompt": "1, 2, 5!", "stream": False},
            lambda a: a.json()["response"],
        ),
        ("/v1/chat/completions", asking(5), lambda answer: answer.json()["choices"][0]["message"]["content"]),
    ],
)
def test_every_way_to_ask_answers_with_the_last_number_of_the_prompt(
    start: Start, path: str, body: dict[str, Any], said: Callable[[httpx.Response], str]
) -> None:
    url = start()
    assert "5" == said(post(url + path, body))
    assert 1 == stats(url)["ok"]


def test_a_streamed_answer_ends_with_a_record_that_is_done(start: Start) -> None:
    answer = chat(start(), {**asking(5), "stream": True})
    text, last = [json.loads(line) for line in answer.text.splitlines()]
    assert ("5", False) == (text["message"]["content"], text["done"])
    assert (True, "stop", 1) == (last["done"], last["done_reason"], last["eval_count"])


def test_models_that_alternate_on_a_server_for_one_are_loaded_each_time(start: Start) -> None:
    url = start("--load=0.01")
    for number, model in enumerate(["steady:1b", "other:1b"] * 2):
        chat(url, asking(number, model))
    assert 4 == stats(url)["loads"]


def test_models_that_both_fit_are_loaded_once_each(start: Start) -> None:
    url = start("--load=0.01", "--max-loaded=2")
    for number, model in enumerate(["steady:1b", "other:1b"] * 2):
        chat(url, asking(number, model))
    assert 2 == stats(url)["loads"]


def test_requests_that_wait_for_the_same_load_share_it_and_its_time_is_not_busy() -> None:
    _, found = counted(lambda url: ask_at_once(url, range(4)), n=4, load_s=0.2)
    assert (1, 4) == (found.loads, found.ok)
    assert pytest.approx(0.2, rel=0.01) == found.last - found.first
    assert found.busy_s < 0.001


def test_a_preload_and_a_warm_up_are_no_requests_but_open_the_clock(start: Start) -> None:
    url = start()
    assert "load" == chat(url, preload("steady:1b")).json()["done_reason"]
    chat(url, asking(1, options={"num_predict": 1}))
    found = stats(url)
    assert (0, 1, 1, None) == (found["requests"], found["warmups"], found["loads"], found["first"])
    assert found["opened"] is not None
    assert [] == get(f"{url}/_asked")["asked"]


def test_a_model_is_listed_as_loaded_until_it_is_unloaded(start: Start) -> None:
    url = start()
    chat(url, preload("steady:1b"))
    loaded = [model["name"] for model in get(f"{url}/api/ps")["models"]]
    assert ["steady:1b"] == loaded
    assert "unload" == chat(url, preload("steady:1b", keep_alive=0)).json()["done_reason"]
    assert [] == get(f"{url}/api/ps")["models"]


def test_a_model_that_is_not_there_is_refused(start: Start) -> None:
    url = start()
    assert 404 == chat(url, asking(1, "nowhere:1b")).status_code
    assert 404 == post(f"{url}/api/show", {"model": "nowhere:1b"}).status_code
    assert 0 == stats(url)["requests"]


def test_a_client_that_goes_away_gives_its_slot_to_the_next_and_is_counted(start: Start) -> None:
    url = start("--slots=1", "--latency=3600")
    impatient = httpx.Timeout(PATIENCE_S, read=0.1)
    for n_gone in (1, 2):
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{url}/api/chat", json=asking(n_gone), trust_env=False, timeout=impatient)
        found = wait_for(url, "abandoned", n_gone)
    assert (2, 0, 1) == (found["requests"], found["ok"], found["peak"])
    assert 1 == found["demand"]


def test_what_was_asked_is_listed_in_order_until_a_reset(start: Start) -> None:
    url = start()
    for number in (3, 4):
        chat(url, asking(number))
    asked = get(f"{url}/_asked")["asked"]
    assert [["steady:1b", f"Take 7. Question {n}?", None] for n in (3, 4)] == [row[1:] for row in asked]
    assert asked[0][0] <= asked[1][0]
    post(f"{url}/_reset")
    assert (0, None, 0) == (stats(url)["requests"], stats(url)["first"], stats(url)["loads"])
    assert [] == get(f"{url}/_asked")["asked"]


def test_a_text_to_embed_is_a_request_that_holds_a_slot_and_loading_an_embedder_is_none(start: Start) -> None:
    url = start("--embedders=vectors:1b", "--embedding=0.01")
    first, again = (
        post(f"{url}/api/embed", {"model": "vectors:1b", "input": texts}).json()["embeddings"]
        for texts in (["one", "two"], ["two"])
    )
    post(f"{url}/api/embed", {"model": "vectors:1b", "input": ["Hello"]})
    assert first[1:] == again != first[:1]
    found = stats(url)
    assert (2, 2, 1, 1) == (found["requests"], found["ok"], found["loads"], found["warmups"])
    assert found["busy_s"] >= 0.03
    assert [["vectors:1b", "one\ntwo", None], ["vectors:1b", "two", None]] == [
        row[1:] for row in get(f"{url}/_asked")["asked"]
    ]
    assert 400 == post(f"{url}/api/embed", {"model": "steady:1b", "input": ["one"]}).status_code
    assert ["embedding"] == post(f"{url}/api/show", {"model": "vectors:1b"}).json()["capabilities"]


def test_a_request_that_arrives_in_pieces_is_read_whole(start: Start) -> None:
    url = start()
    body = json.dumps(asking(9)).encode()
    sent = b"POST /api/chat HTTP/1.1\r\nHost: here\r\ncontent-length: %d\r\n\r\n" % len(body) + body
    with socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])), timeout=PATIENCE_S) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start_at in range(0, len(sent), 40):
            connection.sendall(sent[start_at : start_at + 40])
            time.sleep(0.002)
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b'"content": "9"' in answer
