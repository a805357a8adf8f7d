"""Several servers share the work of a run: whichever is free is asked, and one that dies loses nothing."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from looking_back import only_run, outcomes, results
from scripted_ollama import Chat, Reply, ScriptedOllama, right

from evaluation.records.status import Status
from evaluation.run_results.run_result import invocation_result
from evaluation.store.session import Store
from flows import serving

Evaluate = Callable[..., Any]
Benchmarks = Callable[..., str]
PATIENCE_S = 120.0
"""So much longer than anything should take that no slow machine fails a test."""
ONCE = {f"What is {n}?": 1 for n in range(40)}


def _until(condition: Callable[[], bool]) -> None:
    """Returns as soon as it holds, or patience ends: what a test asserts then says more."""
    give_up_at = time.monotonic() + PATIENCE_S
    while not condition() and time.monotonic() < give_up_at:
        time.sleep(0.005)


def answered_at(store: Store) -> Counter[str]:
    """How many outcomes name which endpoint."""
    return Counter(found.row.endpoint for found in outcomes(store))


def test_two_servers_share_one_run_and_the_slower_gets_less(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    other_ollama: ScriptedOllama,
    benchmark_file: Benchmarks,
) -> None:
    slow_is_busy, fast_has_done_most = threading.Event(), threading.Event()

    def fast(chat: Chat) -> Reply:
        slow_is_busy.wait(PATIENCE_S)
        if len(ollama_by_script.chats) >= 28:
            fast_has_done_most.set()
        return right(chat)

    def slow(chat: Chat) -> Reply:
        if other_ollama.max_active >= 2:
            slow_is_busy.set()
        fast_has_done_most.wait(PATIENCE_S)
        return right(chat)

    ollama_by_script.add("model", fast, digest="d" * 64)
    other_ollama.add("model", slow, digest="d" * 64)
    urls = [ollama_by_script.url, other_ollama.url]

    state = evaluate(benchmark_file(40), models=["model"], endpoints=urls, slots=2, invocation_id="one")

    assert state.is_completed()
    asked = [ollama_by_script.asked("model"), other_ollama.asked("model")]
    assert ONCE == asked[0] + asked[1]
    assert 2 <= sum(asked[1].values()) <= 12
    assert {ollama_by_script.name: sum(asked[0].values()), other_ollama.name: sum(asked[1].values())} == answered_at(
        store
    )
    assert {f"c{n}" for n in range(40) if f"What is {n}?" in asked[1]} == {
        found.row.case_id for found in outcomes(store) if found.row.endpoint == other_ollama.name
    }
    (candidate,) = invocation_result(store, "one").runs[0].candidates
    assert answered_at(store) == candidate.endpoints
    assert 2 == other_ollama.max_active >= ollama_by_script.max_active
    assert 4 == only_run(store).candidates[0].plan.slots


def test_the_other_takes_over_from_a_server_that_dies_and_nobody_waits_for_that_one_at_the_end(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    other_ollama: ScriptedOllama,
    benchmark_file: Benchmarks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serving, "FIRST_LOOK_BACK_S", 10_000.0)
    both_are_at_it, has_died = threading.Event(), threading.Event()

    def dies(chat: Chat) -> Reply:
        both_are_at_it.wait(PATIENCE_S)
        if len(other_ollama.chats) >= 3:
            other_ollama.stop()
            has_died.set()
        return right(chat)

    def survives(chat: Chat) -> Reply:
        both_are_at_it.set()
        has_died.wait(PATIENCE_S)
        return right(chat)

    ollama_by_script.add("model", survives, digest="d" * 64)
    other_ollama.add("model", dies, digest="d" * 64)
    urls = [ollama_by_script.url, other_ollama.url]

    state = evaluate(
        benchmark_file(40), models=["model"], endpoints=urls, slots=2, max_failures="0", invocation_id="one"
    )

    assert state.is_completed()
    found = results(store)["model"]
    assert (40, 0, 1.0) == (found.n_ok, found.n_failed, found.metrics["exact_match"].value)
    assert ONCE == ollama_by_script.asked("model") + other_ollama.asked("model")
    assert {ollama_by_script.name, other_ollama.name} == set(answered_at(store))


def test_a_server_that_comes_back_is_used_again(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    other_ollama: ScriptedOllama,
    benchmark_file: Benchmarks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serving, "FIRST_LOOK_BACK_S", 0.05)
    monkeypatch.setattr(serving, "LAST_LOOK_BACK_S", 0.1)
    said: list[str] = []
    monkeypatch.setattr(serving, "log_info", lambda message, *words: said.append(message % words))
    monkeypatch.setattr(serving, "log_warning", lambda message, *words: said.append(message % words))
    both_are_at_it, has_died, is_back = threading.Event(), threading.Event(), threading.Event()

    def dies_once(chat: Chat) -> Reply:
        both_are_at_it.wait(PATIENCE_S)
        if has_died.is_set():
            is_back.set()
        elif len(other_ollama.chats) >= 3:
            other_ollama.stop()
            has_died.set()
        return right(chat)

    def sees_it_come_back(chat: Chat) -> Reply:
        both_are_at_it.set()
        has_died.wait(PATIENCE_S)
        if has_died.is_set():
            _until(lambda: any("is not used for now" in line for line in said))
            other_ollama.start()
            is_back.wait(PATIENCE_S)
        return Reply(text=right(chat).text, delay_s=0.02)

    ollama_by_script.add("model", sees_it_come_back, digest="d" * 64)
    other_ollama.add("model", dies_once, digest="d" * 64)
    urls = [ollama_by_script.url, other_ollama.url]

    state = evaluate(benchmark_file(200), models=["model"], endpoints=urls, slots=2, invocation_id="one")

    assert state.is_completed()
    assert is_back.is_set()
    assert any(f"endpoint {other_ollama.name} ({other_ollama.url}) answers again" == line for line in said)
    assert (200, 0) == (results(store)["model"].n_ok, results(store)["model"].n_failed)
    asked = ollama_by_script.asked("model") + other_ollama.asked("model")
    assert {f"What is {n}?": 1 for n in range(200)} == asked


def test_a_server_that_is_back_unnoticed_takes_over_from_the_last_one(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    other_ollama: ScriptedOllama,
    benchmark_file: Benchmarks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serving, "FIRST_LOOK_BACK_S", 10_000.0)
    said: list[str] = []
    monkeypatch.setattr(serving, "log_warning", lambda message, *words: said.append(message % words))
    both_are_at_it, has_died = threading.Event(), threading.Event()

    def dies_first(chat: Chat) -> Reply:
        both_are_at_it.wait(PATIENCE_S)
        if not has_died.is_set() and len(other_ollama.chats) >= 3:
            other_ollama.stop()
            has_died.set()
        return right(chat)

    def dies_when_the_other_is_back(chat: Chat) -> Reply:
        both_are_at_it.set()
        has_died.wait(PATIENCE_S)
        if has_died.is_set():
            _until(lambda: any(f"endpoint {other_ollama.name} " in line for line in said))
            other_ollama.start()
            ollama_by_script.stop()
        return Reply(text=right(chat).text, delay_s=0.02)

    ollama_by_script.add("model", dies_when_the_other_is_back, digest="d" * 64)
    other_ollama.add("model", dies_first, digest="d" * 64)
    urls = [ollama_by_script.url, other_ollama.url]

    state = evaluate(benchmark_file(200), models=["model"], endpoints=urls, slots=2, invocation_id="one")

    assert state.is_completed(), only_run(store).reason
    assert any(f"endpoint {ollama_by_script.name} " in line for line in said)
    found = results(store)["model"]
    assert 200 == found.n_ok + found.n_failed
    assert found.n_failed <= 20


def test_where_both_servers_die_the_candidate_is_given_up_and_an_endpoint_is_named(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    other_ollama: ScriptedOllama,
    benchmark_file: Benchmarks,
) -> None:
    meet = threading.Barrier(2, timeout=PATIENCE_S)

    def dies(server: ScriptedOllama) -> Callable[[Chat], Reply]:
        def reply(chat: Chat) -> Reply:
            if len(server.chats) == 1:
                meet.wait()
            elif len(server.chats) >= 3:
                server.stop()
            return right(chat)

        return reply

    urls = []
    for server in (ollama_by_script, other_ollama):
        server.add("model", dies(server), digest="d" * 64)
        urls.append(server.url)

    state = evaluate(
        benchmark_file(40), models=["model"], endpoints=urls, slots=1, max_failures="100%", invocation_id="one"
    )

    assert state.is_failed()
    run = only_run(store)
    assert (Status.FAILED, Status.FAILED) == (run.status, run.candidates[0].status)
    reason = run.candidates[0].given_up_reason or ""
    assert "server_down" in reason
    assert any(server.url in reason for server in (ollama_by_script, other_ollama))
    assert 1 < results(store)["model"].n_ok < 40


def test_one_of_two_servers_keeps_the_model_until_the_last_case_has_its_answer(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    other_ollama: ScriptedOllama,
    benchmark_file: Benchmarks,
) -> None:
    asked: Counter[str] = Counter()

    def fails_late(chat: Chat) -> Reply:
        asked[chat.prompt] += 1
        is_late = chat.prompt in {"What is 10?", "What is 11?"} and asked[chat.prompt] == 1
        return Reply(text="half", is_cut=True, delay_s=0.5) if is_late else right(chat)

    urls = []
    for server in (ollama_by_script, other_ollama):
        server.add("model", fails_late, digest="d" * 64)
        urls.append(server.url)

    state = evaluate(benchmark_file(12), models=["model"], endpoints=urls, slots=1, invocation_id="one")

    assert state.is_completed()
    assert 12 == results(store)["model"].n_ok
    assert len(ollama_by_script.loads) <= 1
    assert len(other_ollama.loads) <= 1


def test_two_models_on_two_servers_are_loaded_once_at_each_at_most(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    other_ollama: ScriptedOllama,
    benchmark_file: Benchmarks,
) -> None:
    urls = []
    for server in (ollama_by_script, other_ollama):
        for model in ("small", "large"):
            server.add(model, lambda chat: Reply(text=right(chat).text, delay_s=0.01), digest=model[0] * 64)
        urls.append(server.url)

    state = evaluate(
        benchmark_file(20), benchmark_file(20, "more"), models=["small", "large"], endpoints=urls, slots=2,
        invocation_id="one",
    )  # fmt: skip

    assert state.is_completed()
    loads = ollama_by_script.loads + other_ollama.loads
    assert {("small", 4096), ("large", 4096)} == set(loads)
    assert all(len(set(server.loads)) == len(server.loads) for server in (ollama_by_script, other_ollama))
    for model in ("small", "large"):
        asked = ollama_by_script.asked(model) + other_ollama.asked(model)
        assert {f"What is {n}?": 2 for n in range(20)} == asked


def test_a_server_whose_model_still_loads_at_the_last_answer_does_not_keep_it(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    other_ollama: ScriptedOllama,
    benchmark_file: Benchmarks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loading, is_over = threading.Event(), threading.Event()
    load_at_once = other_ollama.load

    def load(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        answer = load_at_once(body)
        if body.get("keep_alive") != 0:  # in memory, and not ready before everything is over
            loading.set()
            is_over.wait(PATIENCE_S)
        return answer

    def once_the_other_loads(chat: Chat) -> Reply:
        assert loading.wait(PATIENCE_S)
        return right(chat)

    monkeypatch.setattr(other_ollama, "load", load)
    ollama_by_script.add("model", once_the_other_loads, digest="d" * 64)
    other_ollama.add("model", digest="d" * 64)
    urls = [ollama_by_script.url, other_ollama.url]
    try:
        state = evaluate(benchmark_file(12), models=["model"], endpoints=urls, slots=2, invocation_id="one")
        left = [server.answer("/api/ps", {}) for server in (ollama_by_script, other_ollama)]
    finally:
        is_over.set()

    assert state.is_completed()
    assert {ollama_by_script.name: 12} == answered_at(store)
    assert [{"models": []}] * 2 == left


def test_what_one_server_alone_has_is_asked_there(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    other_ollama: ScriptedOllama,
    benchmark_file: Benchmarks,
) -> None:
    ollama_by_script.add("here", digest="1" * 64)
    other_ollama.add("there", digest="2" * 64)
    urls = [ollama_by_script.url, other_ollama.url]

    state = evaluate(benchmark_file(6), models=["here", "there"], endpoints=urls, slots=2, invocation_id="one")

    assert state.is_completed()
    assert ([("here", 4096)], [("there", 4096)]) == (ollama_by_script.loads, other_ollama.loads)
    assert [ollama_by_script.name, other_ollama.name] == [
        candidate.plan.endpoint_name for candidate in only_run(store).candidates
    ]
