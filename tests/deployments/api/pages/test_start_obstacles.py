"""What cannot be started says so before somebody tries, with the next step, and can be once the server is there."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from api_client import ApiClient
from page_posts import post_form
from prefect_by_script import OURS, PrefectByScript
from scripted_ollama import scripted_ollama
from seen_pages import SeenPage
from served import eventually

from deployments.api import flow_runs, start_obstacles
from deployments.api.app import create_app
from evaluation.records.candidates import EndpointRecord
from evaluation.store.registry import save_endpoint
from evaluation.store.session import KeptStore

CASE = "/runs/mixed/case?id=c01"
NOT_NAMED = "Nothing can be started from here: no Prefect server is named."


@pytest.fixture(autouse=True)
def _no_model_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", "http://127.0.0.1:9")


@pytest.fixture(autouse=True)
def _always_looking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each page look at the servers anew."""
    monkeypatch.setattr(start_obstacles, "EVERY_S", 0.0)


@pytest.fixture
def pages(served_store: KeptStore) -> ApiClient:
    return ApiClient(create_app(served_store))


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A Prefect server at which nobody answers, with the times that it was asked."""
    asked: list[int] = []

    @contextmanager
    def client(**_: object) -> Iterator[None]:
        asked.append(1)
        with flow_runs.errors_as_problems():
            raise httpx.ConnectError("refused")
        yield

    monkeypatch.setattr(flow_runs, "prefect_client", client)
    monkeypatch.setattr(flow_runs, "prefect_api", lambda: "http://prefect/api")
    return asked


def _button(text: str, words: str) -> str:
    """Return the start tag of the button with these words."""
    match = re.search(rf"<button([^>]*)>{words}</button>", text)
    assert match is not None, words
    return match[1]


@pytest.mark.parametrize("path", ["/", "/start", "/start/evaluate", "/start/monitor", "/first-steps", "/work"])
def test_a_page_says_that_no_prefect_server_is_named_and_what_to_do(
    pages: ApiClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(flow_runs, "prefect_api", lambda: None)
    text = pages.get(path).text
    seen = SeenPage(text)
    assert [] == seen.problems
    assert NOT_NAMED in seen.text
    assert "<code>benchwright serve</code>" in text


@pytest.mark.parametrize(("path", "words"), [("/start/evaluate", "Start"), ("/", "Run again")])
def test_a_button_is_disabled_with_the_reason_until_the_server_is_there(
    pages: ApiClient, prefect: PrefectByScript, monkeypatch: pytest.MonkeyPatch, path: str, words: str
) -> None:
    with monkeypatch.context() as without:
        without.setattr(flow_runs, "prefect_api", lambda: None)
        tag = _button(pages.get(path).text, words)
        assert f' disabled title="{NOT_NAMED}"' in tag
        assert 'aria-describedby="obstacle"' in tag
    assert eventually(lambda: " disabled" not in _button(pages.get(path).text, words))
    assert NOT_NAMED not in pages.get(path).text


def test_what_asks_nobody_can_be_used_without_a_prefect_server(
    pages: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow_runs, "prefect_api", lambda: None)
    assert " disabled" not in _button(pages.get("/start/evaluate").text, "Preview the cost")


def test_a_part_tells_pages_that_are_open(
    pages: ApiClient, prefect: PrefectByScript, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as without:
        without.setattr(flow_runs, "prefect_api", lambda: None)
        assert NOT_NAMED in pages.get("/parts/obstacle?deployment=evaluate").text
    assert eventually(lambda: not pages.get("/parts/obstacle?deployment=evaluate").text.strip())


def test_a_deployment_that_is_not_there_is_named(pages: ApiClient, prefect: PrefectByScript) -> None:
    assert eventually(lambda: "&#39;monitor&#39; is not on the Prefect server" in pages.get("/start/monitor").text)
    assert " disabled" in _button(pages.get("/start/monitor").text, "Start")
    assert " disabled" not in _button(pages.get("/start/evaluate").text, "Start")


def test_a_server_that_is_away_is_said_and_asked_for_no_page(pages: ApiClient, away: list[int]) -> None:
    assert eventually(lambda: "the Prefect server is away: ConnectError." in pages.get("/start/evaluate").text)
    assert " disabled" in _button(pages.get("/start/evaluate").text, "Start")
    work = pages.get("/work")
    assert (200, True) == (work.status_code, "the Prefect server is away: ConnectError." in work.text)
    assert "Flow runs</h2>" not in work.text
    assert 503 == pages.get(f"/work/{PrefectByScript().add(OURS)}").status_code


def test_no_page_waits_for_a_server_that_does_not_answer(pages: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    answers, n_asked = threading.Event(), list[int]()

    def hang() -> frozenset[str]:
        n_asked.append(1)
        answers.wait(60)
        return frozenset({"evaluate"})

    monkeypatch.setattr(flow_runs, "prefect_api", lambda: "http://prefect/api")
    monkeypatch.setattr(flow_runs, "deployed", hang)
    try:
        for _ in range(3):
            assert "the Prefect server has not answered yet" in pages.get("/start/evaluate").text
        assert 1 == len(n_asked)
    finally:
        answers.set()
    assert eventually(lambda: " disabled" not in _button(pages.get("/start/evaluate").text, "Start"))


def test_a_case_is_not_asked_again_while_its_server_is_away(pages: ApiClient, served_store: KeptStore) -> None:
    save_endpoint(served_store, EndpointRecord(name="here", url="http://127.0.0.1:9", provider="ollama"))
    assert eventually(lambda: " disabled" in _button(pages.get(CASE).text, "Ask again"))
    text = pages.get(CASE).text
    assert "the model server at http://127.0.0.1:9 does not answer." in SeenPage(text).text
    part = "/parts/obstacle?server=http://127.0.0.1:9"
    assert "does not answer" in pages.get(part).text
    with scripted_ollama() as server:
        save_endpoint(served_store, EndpointRecord(name="here", url=server.url, provider="ollama"))
        assert " disabled" not in _button(pages.get(CASE).text, "Ask again")
        assert eventually(lambda: not pages.get("/parts/obstacle", params={"server": server.url}).text.strip())
        assert server.url in SeenPage(pages.get("/parts/obstacle?server=http://127.0.0.1:8").text).text


def test_only_servers_that_a_page_has_shown_are_looked_at(pages: ApiClient) -> None:
    assert 422 == pages.get("/parts/obstacle?server=http://127.0.0.1:8/secret").status_code


def test_a_form_that_is_sent_all_the_same_is_refused_with_the_next_step(
    pages: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow_runs, "prefect_api", lambda: None)
    answer = post_form(pages, "/start/monitor", {"do": "start"})
    assert (503, True) == (answer.status_code, "no Prefect server is named" in answer.text)
