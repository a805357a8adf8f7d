"""A sweep asks every combination the same cases, says what it found, and never asks twice what is stored."""

from collections.abc import Callable
from typing import Any

from ending_early import HangsAtFive, press_ctrl_c
from looking_back import only_run
from scripted_ollama import Chat, Reply, ScriptedOllama, right

from evaluation.records.status import Status
from evaluation.results.as_json import as_json
from evaluation.run_results.sweep_result import sweep_outcome
from evaluation.store.session import Store
from evaluation.store.sweeps import find_sweep

Sweep = Callable[..., Any]
Benchmarks = Callable[..., str]


def cold_is_right(chat: Chat) -> Reply:
    """Right at temperature 0, never at 1."""
    return right(chat) if chat.options["temperature"] == 0 else Reply(text="no idea")


def times_asked(server: ScriptedOllama) -> dict[tuple[str, float, int], int]:
    found: dict[tuple[str, float, int], int] = {}
    for chat in server.chats:
        key = (chat.prompt, chat.options["temperature"], chat.options["num_ctx"])
        found[key] = found.get(key, 0) + 1
    return found


def test_every_combination_is_asked_every_case_once_and_what_matters_is_found(
    sweep: Sweep, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("model", cold_is_right)

    state = sweep(benchmark_file(10), "temperature=0,1", "num_ctx=1024,2048")

    assert state.is_completed()
    asked = times_asked(ollama_by_script)
    assert (40, {1}) == (len(asked), set(asked.values()))
    assert [("model", 1024), ("model", 2048)] == ollama_by_script.loads
    stored = find_sweep(store, "one")
    assert stored is not None
    assert stored.result == as_json(sweep_outcome(store, "one"))
    effects = {effect["name"]: effect for effect in stored.result["metrics"][0]["effects"]}
    assert (True, {"low": 0.0, "high": 0.0}) == (
        effects["temperature"]["is_shown"],
        effects["temperature"]["recommended"],
    )
    assert not effects["num_ctx"]["is_shown"]
    assert Status.COMPLETED is only_run(store).status


def test_a_sweep_that_was_cancelled_asks_only_what_is_missing(
    sweep: Sweep, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    script = HangsAtFive(press_ctrl_c)
    ollama_by_script.add("model", script, digest="1" * 64)
    path = benchmark_file(12)
    words = ("temperature=0,0.5,1",)

    first = sweep(path, *words, evaluation={"slots": 2})
    n_kept = only_run(store)
    script.may_go_on.set()
    stored_before = _n_stored(store)
    ollama_by_script.chats.clear()
    ollama_by_script.add("model", digest="1" * 64)
    second = sweep(path, *words, evaluation={"slots": 2})

    assert (True, True) == (first.is_cancelled(), second.is_completed())
    assert Status.CANCELLED is n_kept.status
    assert 0 < stored_before < 36
    assert 36 - stored_before == len(ollama_by_script.chats)
    assert 36 == _n_stored(store)
    assert {12} == {one.n_units for one in sweep_outcome(store, "one").metrics[0].combinations}


def _n_stored(store: Store) -> int:
    from looking_back import outcomes

    return sum(len(outcomes(store, candidate=place)) for place in range(3))


def test_a_judge_is_asked_once_of_each_answer_and_at_the_end(
    sweep: Sweep, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("model", cold_is_right)
    ollama_by_script.add("judge", lambda _: Reply(text='{"rationale": "fine", "rating": 4}'))

    state = sweep(benchmark_file(25), "temperature=0,1", evaluation={"metrics": ["judge_rubric"], "judges": ["judge"]})

    assert state.is_completed()
    models = [chat.model for chat in ollama_by_script.chats]
    assert 50 == models.count("model")
    assert "judge" not in models[:50]
    assert models.count("judge") in (2, 50)  # equal answers to equal cases are judged once
    assert ["model", "judge"] == [name for name, _ in ollama_by_script.loads]


def test_a_combination_that_is_given_up_leaves_the_others_their_results(
    sweep: Sweep, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("model", cold_is_right)
    ollama_by_script.add("broken", load_error=(500, "no such file"))

    state = sweep(benchmark_file(8), "temperature=0,1", evaluation={"models": ["model", "broken"]})

    assert state.is_failed()
    (metric,) = sweep_outcome(store, "one").metrics
    values = {(one.combination["model"], one.combination["temperature"]): one.value for one in metric.combinations}
    assert {("model", 0.0): 1.0, ("model", 1.0): 0.0, ("broken", 0.0): None, ("broken", 1.0): None} == values
    assert ["temperature"] == [effect.name for effect in metric.effects]
    assert ("model",) == metric.constant


def test_a_single_prompt_is_swept_without_a_reference(
    sweep: Sweep, store: Store, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("model", lambda chat: Reply(text=f"The sea is wide. It is deep and blue {chat.n_before}."))

    state = sweep(None, "temperature=0,1", prompt="Tell me of the sea.", evaluation={"repeats": 3})

    assert state.is_completed()
    found = sweep_outcome(store, "one")
    assert ("Tell me of the sea.", "overall_quality", 1) == (found.prompt, found.headline, found.n_cases)
    assert {("answer", 6)} == {(metric.unit, metric.n_units) for metric in found.metrics}
    assert 6 == len(ollama_by_script.chats)


def test_two_names_of_the_same_weights_are_refused_before_anything_is_asked(
    sweep: Sweep, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("model", digest="1" * 64)
    ollama_by_script.add("model:latest", digest="1" * 64)

    state = sweep(benchmark_file(4), evaluation={"models": ["model", "model:latest"]})

    assert state.is_failed()
    assert "only 1 differ" in state.message
    assert [] == ollama_by_script.chats
