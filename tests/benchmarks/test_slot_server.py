import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

SERVER = Path(__file__).with_name("slot_server.py")

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


def chat(url: str, body: dict[str, Any]) -> httpx.Response:
    return httpx.post(f"{url}/api/chat", json=body, trust_env=False, timeout=30)


def stats(url: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{url}/_stats", trust_env=False).json()
    return found


def wait_for(url: str, name: str, value: int) -> dict[str, Any]:
    deadline = time.monotonic() + 30
    while (found := stats(url))[name] != value:
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    return found


async def ask_at_once(url: str, numbers: range) -> list[str]:
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        answers = await asyncio.gather(*(client.post(f"{url}/api/chat", json=asking(i)) for i in numbers))
    return [answer.json()["message"]["content"] for answer in answers]


def test_no_more_requests_are_served_at_once_than_there_are_slots_and_all_are_counted(start: Start) -> None:
    url = start("--slots=3", "--latency=0.2")
    answers = asyncio.run(ask_at_once(url, range(12)))
    assert [str(i) for i in range(12)] == answers
    found = stats(url)
    assert (12, 12, 3, 3) == (found["requests"], found["ok"], found["peak"], found["slots"])
    assert 3 < found["demand"] <= 12
    span_s = found["last"] - found["first"]
    assert span_s >= 4 * 0.199
    assert 12 * 0.199 <= found["busy_s"] <= 3 * span_s


def test_a_request_that_waits_alone_leaves_the_other_slots_idle(start: Start) -> None:
    url = start("--slots=4", "--latency=0.1")
    for number in range(2):
        chat(url, asking(number))
    found = stats(url)
    assert (1, 1) == (found["peak"], found["demand"])
    assert found["busy_s"] < 0.5 * found["slots"] * (found["last"] - found["first"])


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
    assert "5" == said(httpx.post(url + path, json=body, trust_env=False))
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


def test_requests_that_wait_for_the_same_load_share_it_and_its_time_is_not_busy(start: Start) -> None:
    url = start("--slots=4", "--load=0.2")
    asyncio.run(ask_at_once(url, range(4)))
    found = stats(url)
    assert (1, 4) == (found["loads"], found["ok"])
    assert found["last"] - found["first"] >= 0.199
    assert found["busy_s"] < 0.2


def test_a_preload_and_a_warm_up_are_no_requests_but_open_the_clock(start: Start) -> None:
    url = start()
    assert "load" == chat(url, preload("steady:1b")).json()["done_reason"]
    chat(url, asking(1, options={"num_predict": 1}))
    found = stats(url)
    assert (0, 1, 1, None) == (found["requests"], found["warmups"], found["loads"], found["first"])
    assert found["opened"] is not None
    assert [] == httpx.get(f"{url}/_asked", trust_env=False).json()["asked"]


def test_a_model_is_listed_as_loaded_until_it_is_unloaded(start: Start) -> None:
    url = start()
    chat(url, preload("steady:1b"))
    loaded = [model["name"] for model in httpx.get(f"{url}/api/ps", trust_env=False).json()["models"]]
    assert ["steady:1b"] == loaded
    assert "unload" == chat(url, preload("steady:1b", keep_alive=0)).json()["done_reason"]
    assert [] == httpx.get(f"{url}/api/ps", trust_env=False).json()["models"]


def test_a_model_that_is_not_there_is_refused(start: Start) -> None:
    url = start()
    assert 404 == chat(url, asking(1, "nowhere:1b")).status_code
    assert 404 == httpx.post(f"{url}/api/show", json={"model": "nowhere:1b"}, trust_env=False).status_code
    assert 0 == stats(url)["requests"]


def test_a_client_that_goes_away_gives_its_slot_to_the_next_and_is_counted(start: Start) -> None:
    url = start("--slots=1", "--latency=60")
    for n_gone in (1, 2):
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{url}/api/chat", json=asking(n_gone), trust_env=False, timeout=0.3)
        found = wait_for(url, "abandoned", n_gone)
    assert (2, 0, 1) == (found["requests"], found["ok"], found["peak"])
    assert 1 == found["demand"]


def test_what_was_asked_is_listed_in_order_until_a_reset(start: Start) -> None:
    url = start()
    for number in (3, 4):
        chat(url, asking(number))
    asked = httpx.get(f"{url}/_asked", trust_env=False).json()["asked"]
    assert [["steady:1b", "Take 7. Question 3?"], ["steady:1b", "Take 7. Question 4?"]] == [row[1:] for row in asked]
    assert asked[0][0] <= asked[1][0]
    httpx.post(f"{url}/_reset", trust_env=False)
    assert (0, None, 0) == (stats(url)["requests"], stats(url)["first"], stats(url)["loads"])
    assert [] == httpx.get(f"{url}/_asked", trust_env=False).json()["asked"]


def test_a_request_that_arrives_in_pieces_is_read_whole(start: Start) -> None:
    url = start()
    body = json.dumps(asking(9)).encode()
    sent = b"POST /api/chat HTTP/1.1\r\nHost: here\r\ncontent-length: %d\r\n\r\n" % len(body) + body
    with socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start_at in range(0, len(sent), 40):
            connection.sendall(sent[start_at : start_at + 40])
            time.sleep(0.002)
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b'"content": "9"' in answer
