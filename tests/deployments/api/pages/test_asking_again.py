"""A stored request is sent again and stored nowhere, and stands in the words of other programs, letter by letter."""

import ast
import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest
from api_client import BASE, ApiClient
from compared_runs import candidate, cases_of, right_on
from filled_stores import fill_by_copy
from hostile_texts import TEXTS
from scripted_ollama import Chat, Reply, ScriptedOllama, scripted_ollama
from seen_pages import SeenPage
from stored_runs import store_run

from deployments.api.app import create_app
from deployments.api.pages import asking_again, prefect_links
from deployments.api.pages.open_elsewhere import snippets
from deployments.api.stored_calls import StoredCall
from evaluation.case import Message
from evaluation.generation import GenerationRequest
from evaluation.records.access import Scope
from evaluation.records.candidates import EndpointRecord
from evaluation.store.api_keys import create_key
from evaluation.store.audit import list_changes
from evaluation.store.registry import save_endpoint
from evaluation.store.runs import find_run
from evaluation.store.session import KeptStore, Store, info, keep_open

HOSTILE = " ".join((*TEXTS, "-- $(touch /tmp/x) `id` ${HOME} !! \"'\\ \u202e\x1b[31m")).replace("\0", "")


def _fill(store: Store) -> None:
    cases = cases_of(3)
    answers = candidate("good:1b", right_on(cases, range(3)), options={"temperature": 0.25})
    store_run(store, answers, cases=cases, run_id="mixed", flow_run_ids=("0a1b2c3d-1111", "../../x", "4e5f6a7b-2222"))


@pytest.fixture
def store(sqlite_url: str) -> Iterator[KeptStore]:
    fill_by_copy(sqlite_url, _fill)
    store = keep_open(sqlite_url)
    yield store
    store.close()


@pytest.fixture
def pages(store: KeptStore) -> ApiClient:
    return ApiClient(create_app(store))


@pytest.fixture
def server(store: KeptStore) -> Iterator[ScriptedOllama]:
    with serving(store, lambda chat: Reply(text=f"<b>{chat.prompt}</b> anew")) as server:
        yield server


@contextmanager
def serving(store: Store, script: Callable[[Chat], Reply]) -> Iterator[ScriptedOllama]:
    """Serve the candidate's model where the run's endpoint is now."""
    with scripted_ollama() as server:
        server.add("good:1b", script)
        save_endpoint(store, EndpointRecord(name="here", url=server.url, provider="ollama"))
        yield server


def again(pages: ApiClient, store: KeptStore, *, key: str | None = None, **fields: str) -> httpx.Response:
    (asked,) = find_run(store, "mixed").candidates
    sent = {"case": "c01", "fingerprint": asked.plan.candidate_fingerprint} | fields
    headers = {"origin": BASE} | ({} if key is None else {"authorization": f"Bearer {key}"})
    return pages.send("POST", "/runs/mixed/asked-again", data=sent, headers=headers)


def test_the_same_request_is_sent_and_both_answers_stand_side_by_side(
    pages: ApiClient, store: KeptStore, server: ScriptedOllama
) -> None:
    before = info(store.url).n_rows

    answer = again(pages, store)

    assert 200 == answer.status_code
    (chat,) = server.chats
    assert ("good:1b", 0.25, True) == (chat.model, chat.options["temperature"], "seed" in chat.options)
    seen = SeenPage(answer.text)
    assert [] == seen.problems
    assert {"ins", "del"} & set(seen.elements)
    assert "<b>" not in answer.text
    assert "It is stored nowhere." in seen.text
    changed = {name: n for name, n in info(store.url).n_rows.items() if n != before.get(name, 0)}
    assert {"audit_entry": 1} == changed
    assert ["/runs/mixed/asked-again"] == [each.path for each in list_changes(store)]


def test_an_answer_that_is_equal_says_so(pages: ApiClient, store: KeptStore) -> None:
    stored = pages.get("/api/v1/runs/mixed/cases/c01").json()["candidates"][0]["outcomes"][0]["text"]
    with serving(store, lambda chat: Reply(text=stored)):
        assert "Letter by letter the stored answer." in again(pages, store).text


def test_a_server_that_is_away_or_fails_is_said_beside_the_stored_answer(pages: ApiClient, store: KeptStore) -> None:
    away = again(pages, store)
    with serving(store, lambda chat: Reply(status=404, error="model <i>gone</i>")):
        gone = again(pages, store)
    for answer in (away, gone):
        assert (200, True) == (answer.status_code, "Asked again, just now" in answer.text)
        assert "<i>gone" not in answer.text


@pytest.mark.parametrize(
    "fields", [{"case": "c99"}, {"fingerprint": "nobody"}, {"case": ""}, {"url": "http://evil.example"}]
)
def test_what_is_not_stored_is_not_asked(
    pages: ApiClient, store: KeptStore, server: ScriptedOllama, fields: dict[str, str]
) -> None:
    assert again(pages, store, **fields).status_code in (404, 422)
    assert [] == list(server.chats)


def test_who_may_read_alone_asks_nothing_and_more_than_two_wait(
    pages: ApiClient, store: KeptStore, server: ScriptedOllama, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = create_key(store, name="reader", scopes=[Scope.READ])[1]
    assert 403 == again(pages, store, key=key).status_code
    for _ in range(asking_again.MOST_AT_ONCE):
        assert asking_again._turns.acquire(blocking=False)
    try:
        busy = again(pages, store)
    finally:
        for _ in range(asking_again.MOST_AT_ONCE):
            asking_again._turns.release()
    assert (503, []) == (busy.status_code, list(server.chats))


def _call(prompt: str, *, provider: str = "ollama", key_variable: str | None = None) -> StoredCall:
    return StoredCall(
        label="x",
        fingerprint="f",
        provider=provider,
        url="http://127.0.0.1:9",
        key_variable=key_variable,
        allow_remote=False,
        request=GenerationRequest(
            model=f"m'{prompt[:20]}",
            messages=(Message(role="system", content="s"), Message(role="user", content=prompt)),
            options={"seed": 7, "temperature": 0.5, "num_ctx": 2048},
        ),
        has_pipeline=False,
        answer=None,
    )


@pytest.mark.parametrize("provider", ["ollama", "openai_compatible"])
def test_a_shell_reads_in_each_command_exactly_what_was_asked(provider: str) -> None:
    texts = {each.title: each.text for each in snippets(_call(HOSTILE, provider=provider), own_address=f"{BASE}/")}
    for title in ("curl", "gateway"):
        words = _words(texts[title])
        body = json.loads(words[-1])
        assert HOSTILE == body["messages"][-1]["content"]
        assert body["stream"] is False
        assert words[0].startswith(f"{BASE}/v1/chat" if title == "gateway" else "http://127.0.0.1:9/")
    assert ("ollama run" in texts) is (provider == "ollama")
    if provider == "ollama":
        assert ["run", "--", f"m'{HOSTILE[:20]}", HOSTILE] == _words(texts["ollama run"])


def _words(command: str) -> list[str]:
    """Return the words that a shell passes to a program."""
    _, _, rest = command.partition(" ")
    printed = subprocess.run(["/bin/sh", "-c", f"printf '%s\\0' {rest}"], capture_output=True, check=True, timeout=60)
    return printed.stdout.decode().split("\0")[:-1]


def test_the_program_sends_exactly_what_was_asked() -> None:
    (text,) = [
        each.text
        for each in snippets(_call(HOSTILE, key_variable="MY_KEY"), own_address=BASE)
        if each.title == "Python"
    ]
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    bodies = [ast.literal_eval(each.args[0]) for each in calls if ast.unparse(each.func) == "json.dumps"]
    assert [HOSTILE] == [body["messages"][-1]["content"] for body in bodies]
    assert "os.environ['MY_KEY']" in ast.unparse(ast.parse(text))


def test_a_name_of_a_variable_that_is_none_stands_in_no_command() -> None:
    texts = snippets(_call("x", key_variable="A$(id)"), own_address=BASE)
    assert "$(id)" not in next(each.text for each in texts if each.title == "curl")


def test_a_run_leads_to_its_flow_runs_where_a_prefect_server_is_named(
    pages: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prefect_links, "prefect_pages", lambda: "http://127.0.0.1:4200")
    for path in ("/runs/mixed", "/runs/mixed/case?id=c01"):
        text = pages.get(path).text
        assert 'href="http://127.0.0.1:4200/runs/flow-run/0a1b2c3d-1111"' in text
        assert "flow-run/.." not in text
    monkeypatch.setattr(prefect_links, "prefect_pages", lambda: None)
    assert "flow-run" not in pages.get("/runs/mixed").text
