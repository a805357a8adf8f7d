"""Candidates of one loaded model are asked in turn, and what the server's prompt cache gave them is told apart."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from scripted_ollama import ScriptedOllama, keeping_prompts

from evaluation.comparisons.comparison_result import compare_and_store
from evaluation.requests.comparison_request import ComparisonRequest
from evaluation.results.runs import CandidateResult
from evaluation.run_results.run_result import invocation_result
from evaluation.store.runs import runs_of_invocation
from evaluation.store.session import Store

Evaluate = Callable[..., Any]
Sweep = Callable[..., Any]
Benchmarks = Callable[..., str]
TWO = {"candidates": ["keeps temperature=0", "keeps temperature=0.1"], "slots": 1}


def first_asked(fake: ScriptedOllama) -> Counter[float]:
    """How often each temperature was the first to be asked a prompt."""
    first: dict[str, float] = {}
    for chat in fake.chats:
        first.setdefault(chat.prompt, chat.options["temperature"])
    return Counter(first.values())


def candidates(store: Store, invocation_id: str) -> tuple[CandidateResult, ...]:
    """The candidates of the invocation's one run."""
    (run,) = invocation_result(store, invocation_id).runs
    return run.candidates


def test_each_reads_as_many_prompts_and_the_model_is_loaded_once(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("keeps", keeping_prompts)

    evaluate(benchmark_file(12), **TWO, invocation_id="one")

    assert Counter({0: 6, 0.1: 6}) == first_asked(ollama_by_script)
    assert 1 == len(ollama_by_script.loads)
    for found in candidates(store, "one"):
        assert (12, 6) == (found.n_ok, found.n_cached)
        latency = found.metrics["latency_s"]
        assert (6, 6) == (latency.mean.n_cases, latency.quantities["cached_prompts"].n_cases)
    (run,) = runs_of_invocation(store, "one")
    (compared,) = compare_and_store(store, ComparisonRequest(runs=[run.plan.run_id]))
    pairs = {pair.metric: pair for pair in compared.pairs}
    assert ("balanced", 6) == (pairs["latency_s"].prompts, pairs["latency_s"].n_pairs)
    assert any("6 sets of 2 cases" in note for note in compared.notes)


def test_repeats_are_read_once_and_told_apart(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("keeps", keeping_prompts)

    evaluate(benchmark_file(6), **TWO, repeats=3, invocation_id="one")

    assert Counter({0: 3, 0.1: 3}) == first_asked(ollama_by_script)
    assert [15, 15] == [found.n_cached for found in candidates(store, "one")]


def test_a_second_run_with_kept_prompts_is_not_held_against_the_first(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("keeps", keeping_prompts)
    path = benchmark_file(12)
    for name in ("before", "after"):
        evaluate(path, models=["keeps"], slots=1, seed=1, invocation_id=name)

    assert [0] == [found.n_cached for found in candidates(store, "before")]
    (after,) = candidates(store, "after")
    assert 12 == after.n_cached
    assert after.metrics["latency_s"].mean is None
    run_ids = [runs_of_invocation(store, name)[0].plan.run_id for name in ("before", "after")]
    (compared,) = compare_and_store(store, ComparisonRequest(runs=run_ids))
    assert not {"latency_s", "ttft_s"} & {pair.metric for pair in compared.pairs}
    assert any("latency_s, ttft_s: timing cannot be compared" in note for note in compared.notes)


def test_combinations_of_a_sweep_read_as_many_prompts_and_the_model_is_loaded_once(
    sweep: Sweep, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("keeps", keeping_prompts)

    state = sweep(
        benchmark_file(30), "temperature=0,0.1,0.2,0.3", evaluation={"models": ["keeps"], "slots": 1, "limit": 22}
    )

    assert state.is_completed()
    assert 88 == len(ollama_by_script.chats)
    first = first_asked(ollama_by_script)
    assert [5, 5, 6, 6] == sorted(first.values())
    assert 1 == len(ollama_by_script.loads)
    asked = candidates(store, "one")
    assert [16, 16, 17, 17] == sorted(found.n_cached for found in asked)
    assert [5, 5, 6, 6] == sorted(found.metrics["latency_s"].mean.n_cases for found in asked)
    (run,) = runs_of_invocation(store, "one")
    (compared,) = compare_and_store(store, ComparisonRequest(runs=[run.plan.run_id]))
    timing = [pair for pair in compared.pairs if pair.metric in ("latency_s", "ttft_s")]
    assert timing
    # Of each two, those cases are compared of which both found the prompt kept.
    assert {"cached"} == {pair.prompts for pair in timing}
