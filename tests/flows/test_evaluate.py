"""The flow from a request to numbers in the store, on a real Prefect server and a server that answers by script."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from scripted_ollama import Chat, Reply, ScriptedOllama, right

from evaluation.fingerprint import derived_seed
from evaluation.generation import Failure, Generation
from evaluation.records.outcomes import StoredOutcome
from evaluation.records.status import Status
from evaluation.results.as_json import as_json
from evaluation.results.runs import CandidateResult
from evaluation.run_results.run_result import invocation_result
from evaluation.store.holders import holders_of
from evaluation.store.outcomes import iterate_outcomes, load_outcomes
from evaluation.store.plans import find_invocation, run_flows
from evaluation.store.run_cases import run_case_ids
from evaluation.store.runs import runs_of_invocation
from evaluation.store.session import Store
from tasks.generation import attempt

Evaluate = Callable[..., Any]
Benchmarks = Callable[..., str]
PATIENCE_S = 120.0
"""So much longer than anything should take that no slow machine fails a test."""


def wrong(_chat: Chat) -> Reply:
    return Reply(text="I do not know")


def outcomes(store: Store, invocation_id: str, candidate: int = 0) -> list[StoredOutcome]:
    (run,) = runs_of_invocation(store, invocation_id)
    row_id = run.candidates[candidate].run_candidate_id
    return [found for page in iterate_outcomes(store, row_id) for found in page]


def candidates_of(store: Store, invocation_id: str) -> dict[str, CandidateResult]:
    (run,) = invocation_result(store, invocation_id).runs
    return {candidate.label: candidate for candidate in run.candidates}


@pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
def test_every_case_is_asked_once_scored_and_aggregated_on_both_databases(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("good")
    ollama_by_script.add("bad", wrong)

    state = evaluate(benchmark_file(6), models=["good", "bad"], invocation_id="one")

    assert state.is_completed()
    for model in ("good", "bad"):
        assert {f"What is {n}?": 1 for n in range(6)} == ollama_by_script.asked(model)
    (run,) = invocation_result(store, "one").runs
    said = [
        (item.label, item.status, item.n_ok, item.n_failed, item.metrics["exact_match"].value)
        for item in run.candidates
    ]
    assert [("good", "completed", 6, 0, 1.0), ("bad", "completed", 6, 0, 0.0)] == said
    assert "completed" == run.status
    assert 6 == run.candidates[0].metrics["exact_match"].mean.n_cases
    assert {"latency_s", "ttft_s"} <= run.candidates[0].metrics.keys()


def test_every_number_can_be_followed_to_its_run_case_digest_options_and_code_version_and_the_run_is_let_go(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("good", digest="d" * 64)

    state = evaluate(benchmark_file(2), models=["good"], options=["num_predict=7"], seed=5, invocation_id="one")

    (run,) = runs_of_invocation(store, "one")
    (candidate,) = run.candidates
    assert "d" * 64 == candidate.plan.digest
    assert (7, 0.0, 4096, ["<|end|>"]) == tuple(
        candidate.plan.options[name] for name in ("num_predict", "temperature", "num_ctx", "stop")
    )
    assert run.plan.code_version
    assert (str(state.state_details.flow_run_id),) == run_flows(store, run.plan.run_id)
    invocation = find_invocation(store, "one")
    assert invocation is not None
    assert ["good"] == invocation.request["models"]
    (first,) = load_outcomes(store, candidate.run_candidate_id, ["c0"])
    assert isinstance(first.row.outcome, Generation)
    assert ("0", derived_seed(5, "c0", 0), 4096, 1.0) == (
        first.row.outcome.answer,
        first.row.outcome.seed,
        first.row.effective_context,
        first.row.vram_share,
    )
    (holder,) = holders_of(store, run.plan.run_id)
    assert holder.ended_at is not None


def test_what_is_sent_is_what_is_stored(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("good")

    evaluate(
        benchmark_file(2, prompt={"system": "Be brief."}),
        candidates=["good temperature=0.5 num_ctx=1024 profile=concise"],
        seed=3,
        invocation_id="one",
    )

    (run,) = runs_of_invocation(store, "one")
    stored = dict(run.candidates[0].plan.options)
    sent = {chat.prompt: chat for chat in ollama_by_script.chats}["What is 1?"]
    assert {**stored, "seed": derived_seed(3, "c1", 0)} == sent.options
    assert (0.5, 1024) == (sent.options["temperature"], sent.options["num_ctx"])
    assert [("good", 1024)] == ollama_by_script.loads
    assert {
        "role": "system",
        "content": "Answer as briefly as possible, without any explanation.\n\nBe brief.",
    } == sent.body["messages"][0]
    assert (False, False) == (sent.body["truncate"], sent.body["shift"])


def test_two_benchmarks_and_two_models_make_two_loads_and_two_runs(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("good")
    ollama_by_script.add("bad", wrong)

    evaluate(benchmark_file(5, "first"), benchmark_file(6, "second"), models=["good", "bad"], invocation_id="one")

    assert [("good", 4096), ("bad", 4096)] == ollama_by_script.loads
    assert ["good"] * 11 + ["bad"] * 11 == [chat.model for chat in ollama_by_script.chats]
    runs = invocation_result(store, "one").runs
    assert [("first", 5), ("second", 6)] == [(run.benchmark, run.n_cases) for run in runs]


def test_one_model_with_two_contexts_is_loaded_twice_and_with_two_temperatures_once(
    evaluate: Evaluate, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("good")

    evaluate(
        benchmark_file(3),
        candidates=["good", "good num_ctx=1024", "good temperature=0.5", "good num_ctx=1024 temperature=0.5"],
    )

    assert {("good", 4096): 1, ("good", 1024): 1} == Counter(ollama_by_script.loads)


def test_every_repeat_is_asked_with_a_seed_of_its_own_and_n_counts_cases(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("good")

    evaluate(benchmark_file(3), models=["good"], options=["temperature=0.7"], repeats=3, seed=4, invocation_id="one")

    assert {f"What is {n}?": 3 for n in range(3)} == ollama_by_script.asked("good")
    seeds = {(found.row.case_id, found.row.repeat): found.row.outcome.seed for found in outcomes(store, "one")}
    assert {(f"c{n}", k): derived_seed(4, f"c{n}", k) for n in range(3) for k in range(3)} == seeds
    assert 9 == len(set(seeds.values()))
    (candidate,) = candidates_of(store, "one").values()
    assert (3, 9, 3) == (candidate.n_cases, candidate.n_ok, candidate.metrics["exact_match"].mean.n_cases)


def test_a_limit_takes_the_same_cases_for_the_same_seed_and_others_for_another(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("good")
    chosen = {}

    for invocation_id, seed in (("one", 1), ("two", 1), ("three", 2)):
        evaluate(benchmark_file(40), models=["good"], limit=3, seed=seed, invocation_id=invocation_id)
        (run,) = runs_of_invocation(store, invocation_id)
        chosen[invocation_id] = {case_id for page in run_case_ids(store, run.plan.run_id) for case_id in page}

    assert 3 == len(chosen["one"])
    assert chosen["one"] == chosen["two"]
    assert chosen["one"] != chosen["three"]


def _without_times(found: Any) -> Any:
    timed = {"latency_s", "ttft_s", "tpot_s", "tokens_per_s", "load_s"}
    own = {"run_id", "invocation_id", "flow_run_ids", "started_at", "finished_at"}
    if isinstance(found, dict):
        return {key: _without_times(value) for key, value in found.items() if key not in timed | own}
    if isinstance(found, list):
        return [_without_times(value) for value in found]
    return found


def test_two_runs_with_the_same_inputs_and_seed_give_the_same_numbers(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    def by_seed(chat: Chat) -> Reply:
        return right(chat) if chat.options["seed"] % 2 else wrong(chat)

    ollama_by_script.add("model", by_seed)
    path = benchmark_file(24, metrics=["exact_match", "bleu"])
    found = []
    for invocation_id in ("one", "two"):
        evaluate(path, models=["model"], options=["temperature=0.9"], seed=8, invocation_id=invocation_id)
        found.append(_without_times(as_json(invocation_result(store, invocation_id))))

    assert found[0] == found[1]
    (candidate,) = candidates_of(store, "one").values()
    assert 0 < candidate.metrics["exact_match"].value < 1
    assert candidate.metrics["bleu"].low < candidate.metrics["bleu"].high


def test_the_slots_are_kept_busy_and_never_exceeded(
    evaluate: Evaluate, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    all_are_busy = threading.Event()

    def once_all_are_busy(chat: Chat) -> Reply:
        if ollama_by_script.max_active >= 5:
            all_are_busy.set()
        all_are_busy.wait(PATIENCE_S)
        return Reply(text=right(chat).text, delay_s=0.02)

    ollama_by_script.add("slow", once_all_are_busy)

    evaluate(benchmark_file(40), models=["slow"], slots=5)

    assert all_are_busy.is_set()
    assert 5 == ollama_by_script.max_active


def test_a_retry_of_the_same_invocation_asks_only_what_is_missing_and_one_that_is_finished_nothing(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    def fails_once(chat: Chat) -> Reply:
        if chat.prompt == "What is 2?" and chat.n_before == 0:
            return Reply(status=400, error='option "top_k" must be of type int')
        return right(chat)

    ollama_by_script.add("model", fails_once)
    path = benchmark_file(6)

    first = evaluate(path, models=["model"], slots=1, invocation_id="one")
    asked_before = sum(ollama_by_script.asked("model").values())
    second = evaluate(path, models=["model"], slots=1, invocation_id="one")

    assert (True, True) == (first.is_failed(), second.is_completed())
    assert asked_before < 6
    assert {f"What is {n}?": 2 if n == 2 else 1 for n in range(6)} == ollama_by_script.asked("model")
    (run,) = runs_of_invocation(store, "one")
    assert (Status.COMPLETED, None) == (run.status, run.reason)
    assert (Status.COMPLETED, None) == (run.candidates[0].status, run.candidates[0].given_up_reason)
    assert 6 == candidates_of(store, "one")["model"].metrics["exact_match"].mean.n_cases
    assert 2 == len(run_flows(store, run.plan.run_id))

    ollama_by_script.chats.clear()
    ollama_by_script.loads.clear()
    assert evaluate(path, models=["model"], slots=1, invocation_id="one").is_completed()
    assert ([], []) == (ollama_by_script.chats, ollama_by_script.loads)


def test_thinking_is_off_unless_asked_for_and_is_kept_apart_from_the_answer(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    def thinks(chat: Chat) -> Reply:
        return Reply(text=right(chat).text, thinking="Let me see." if chat.body["think"] else "")

    ollama_by_script.add("thinker", thinks, capabilities=("completion", "thinking"))
    ollama_by_script.add("plain")

    evaluate(
        benchmark_file(1),
        models=["plain"],
        candidates=["thinker", "thinker think=true", "thinker think=low"],
        invocation_id="one",
    )

    modes = [chat.body.get("think", "not sent") for chat in ollama_by_script.chats]
    assert {"not sent": 1, False: 1, True: 1, "low": 1} == Counter(modes)
    found = candidates_of(store, "one")
    assert {"plain", "thinker think=false", "thinker think=true", "thinker think=low"} == found.keys()
    (with_thoughts,) = outcomes(store, "one", candidate=2)
    assert isinstance(with_thoughts.row.outcome, Generation)
    assert ("0", "Let me see.") == (with_thoughts.row.outcome.answer, with_thoughts.row.outcome.thinking)


def test_a_model_on_somebody_elses_machine_is_refused_unless_allowed(
    evaluate: Evaluate, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    from evaluation.errors import ConfigurationError

    ollama_by_script.add("big:cloud", remote_host="https://elsewhere.example")
    path = benchmark_file(2)

    refused = evaluate(path, models=["big:cloud"])
    with pytest.raises(ConfigurationError, match="'big:cloud' runs on another machine"):
        refused.result()
    assert [] == ollama_by_script.chats
    assert evaluate(path, models=["big:cloud"], allow_remote=True).is_completed()
    assert 2 == len(ollama_by_script.chats)


def test_a_failure_of_the_servers_is_counted_and_never_scored(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    def crashes_on_three(chat: Chat) -> Reply:
        return Reply(status=500, error="runner crashed") if chat.prompt == "What is 3?" else right(chat)

    ollama_by_script.add("model", crashes_on_three)

    state = evaluate(benchmark_file(10), models=["model"], invocation_id="one")

    assert state.is_completed()
    assert 8 == ollama_by_script.asked("model")["What is 3?"]
    found = candidates_of(store, "one")["model"]
    assert (9, 1, {"runner_crashed": 1}) == (found.n_ok, found.n_failed, found.failures)
    numbers = found.metrics["exact_match"]
    as_zero = numbers.quantities["mean_with_failures_as_zero"]
    assert (1.0, 9, 0.9, 10) == (
        numbers.value,
        numbers.mean.n_cases,
        as_zero.value,
        as_zero.n_cases,
    )
    (failed,) = (item for item in outcomes(store, "one") if isinstance(item.row.outcome, Failure))
    assert ("c3", 8, derived_seed(0, "c3", 0)) == (
        failed.row.case_id,
        failed.row.outcome.n_attempts,
        failed.row.outcome.seed,
    )


def test_an_empty_answer_is_scored_labelled_and_no_failure_of_the_servers(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("silent", lambda chat: Reply(text="") if chat.prompt == "What is 1?" else right(chat))

    state = evaluate(benchmark_file(4), models=["silent"], max_failures="0", invocation_id="one")

    assert state.is_completed()
    found = candidates_of(store, "one")["silent"]
    assert (4, 0, {}, {"empty_answer": 1}) == (
        found.n_ok,
        found.n_failed,
        found.failures,
        found.own_failures,
    )
    assert (0.75, 4) == (found.metrics["exact_match"].value, found.metrics["exact_match"].mean.n_cases)


def test_what_may_be_gone_when_asked_again_is_asked_again_and_marked(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    troubles = {
        "What is 0?": Reply(status=503, error="server busy", retry_after="0"),
        "What is 1?": Reply(status=500, error="model runner has unexpectedly stopped"),
        "What is 2?": Reply(text="half an ans", is_cut=True),
    }
    ollama_by_script.add("model", lambda chat: troubles[chat.prompt] if chat.n_before < 2 else right(chat))

    assert evaluate(benchmark_file(3), models=["model"], invocation_id="one").is_completed()

    assert dict.fromkeys(troubles, 3) == ollama_by_script.asked("model")
    assert [(str(n), 3) for n in range(3)] == sorted(
        (found.row.outcome.answer, found.row.outcome.n_attempts)
        for found in outcomes(store, "one")
        if isinstance(found.row.outcome, Generation)
    )


def test_an_attempt_that_takes_too_long_is_ended_and_so_is_a_case(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attempt, "ASK_S", 60.0)  # this process may be too busy to say in two seconds that it lives
    is_over = threading.Event()

    def hangs(chat: Chat) -> Reply:
        if chat.prompt == "What is 1?":
            is_over.wait(600)
        return right(chat)

    ollama_by_script.add("model", hangs)

    evaluate(
        benchmark_file(3), models=["model"], timeout_s=4.0, case_timeout_s=6.0, max_failures="1", invocation_id="one"
    )

    assert not is_over.is_set()
    is_over.set()
    assert {"timed_out": 1} == candidates_of(store, "one")["model"].failures
    (failed,) = (item.row.outcome for item in outcomes(store, "one") if isinstance(item.row.outcome, Failure))
    assert failed.n_attempts in (1, 2)
