"""Equal answers of earlier runs are taken where that was asked for, marked, and only the rest is asked."""

from collections.abc import Callable
from typing import Any

from looking_back import outcomes, results
from scripted_ollama import Chat, Reply, ScriptedOllama, right

from evaluation.generation import Generation
from evaluation.store.session import Store

Evaluate = Callable[..., Any]
Benchmarks = Callable[..., str]


def test_equal_answers_are_taken_and_marked_and_the_rest_is_asked(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    def fails_on_three(chat: Chat) -> Reply:
        return Reply(status=500, error="crashed") if chat.prompt == "What is 3?" else right(chat)

    ollama_by_script.add("model", fails_on_three, digest="d" * 64)
    path = benchmark_file(8)
    evaluate(path, models=["model"], limit=6, max_failures="100%", invocation_id="one")
    before = {found.row.case_id for found in outcomes(store) if isinstance(found.row.outcome, Generation)}
    assert 0 < len(before) < 8
    ollama_by_script.chats.clear()
    ollama_by_script.add("model", digest="d" * 64)

    state = evaluate(path, models=["model"], reuse=True, invocation_id="two")

    assert state.is_completed()
    assert {f"What is {n}?": 1 for n in range(8) if f"c{n}" not in before} == ollama_by_script.asked("model")
    taken = {
        found.row.case_id
        for found in outcomes(store, "two")
        if isinstance(found.row.outcome, Generation) and found.row.outcome.reused
    }
    assert before == taken
    found = results(store, "two")["model"]
    assert (8, len(before), 1.0) == (found.n_ok, found.n_reused, found.metrics["exact_match"].value)
    assert 8 - len(before) == found.metrics["latency_s"].mean.n_cases


def test_a_run_that_another_one_answers_whole_loads_nothing(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("model")
    path = benchmark_file(4)
    evaluate(path, models=["model"], invocation_id="one")
    ollama_by_script.chats.clear()
    ollama_by_script.loads.clear()

    assert evaluate(path, models=["model"], reuse=True, invocation_id="two").is_completed()

    assert ([], []) == (ollama_by_script.chats, ollama_by_script.loads)
    found = results(store, "two")["model"]
    assert (4, 4, 1.0) == (found.n_ok, found.n_reused, found.metrics["exact_match"].value)
    assert "latency_s" not in found.metrics


def test_nothing_is_taken_that_was_asked_in_another_way(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("model")
    path = benchmark_file(3)
    evaluate(path, models=["model"], invocation_id="one")
    changes: dict[str, tuple[dict[str, Any], str]] = {
        "another seed": ({"seed": 1}, "0.33.0"),
        "another option": ({"options": ["top_k=3"]}, "0.33.0"),
        "another version of the server": ({}, "0.34.0"),
        "not asked for": ({"reuse": False}, "0.33.0"),
    }
    for name, (change, server_version) in changes.items():
        ollama_by_script.chats.clear()
        ollama_by_script.version = server_version

        evaluate(path, models=["model"], invocation_id=name, **{"reuse": True, **change})

        assert {f"What is {n}?": 1 for n in range(3)} == ollama_by_script.asked("model"), name
        assert 0 == sum(found.n_reused for found in results(store, name).values()), name
