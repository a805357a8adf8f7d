"""What a run says and keeps when a candidate, a server or the store gives way in mid-run."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from ending_early import room_for
from looking_back import only_run, outcomes
from scripted_ollama import Chat, Reply, ScriptedOllama, right

from evaluation.errors import ConfigurationError, FailureKind, StoreError
from evaluation.generation import Failure
from evaluation.records.status import Status
from evaluation.results.runs import CandidateResult
from evaluation.run_results.run_result import invocation_result
from evaluation.store.outcomes import count_outcomes
from evaluation.store.runs import runs_of_invocation
from evaluation.store.session import Store

Evaluate = Callable[..., Any]
Benchmarks = Callable[..., str]


def test_a_candidate_over_its_failure_budget_is_given_up_and_the_others_go_on(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("broken", lambda _: Reply(status=400, error='option "x" must be of type int'))
    ollama_by_script.add("cuts", lambda _: Reply(text="half", is_cut=True))
    ollama_by_script.add("good")

    state = evaluate(
        benchmark_file(20), models=["broken", "cuts", "good"], slots=1, case_timeout_s=0.05, invocation_id="one"
    )

    assert state.is_failed()
    run = only_run(store)
    assert [("broken", Status.FAILED), ("cuts", Status.FAILED), ("good", Status.COMPLETED)] == [
        (found.plan.label, found.status) for found in run.candidates
    ]
    broken, cuts, good = (found.given_up_reason for found in run.candidates)
    assert broken is not None
    assert "bad_option" in broken
    assert cuts is not None
    assert "more than the 2 allowed (--max-failures)" in cuts
    assert "cut_stream" in cuts
    assert good is None
    assert Status.FAILED is run.status
    assert run.reason is not None
    assert "broken was given up" in run.reason
    assert 1 == len(ollama_by_script.asked("broken"))
    assert len(ollama_by_script.asked("cuts")) < 10
    counts = {item.label: (item.n_ok, item.n_failed) for item in _candidates(store)}
    assert {"broken": (0, 1), "cuts": (0, 3), "good": (20, 0)} == counts
    assert 1.0 == _candidates(store)[2].metrics["exact_match"].value


def _candidates(store: Store) -> tuple[CandidateResult, ...]:
    (run,) = invocation_result(store, "one").runs
    return run.candidates


@pytest.mark.parametrize(("allowed", "ends"), [("3", Status.COMPLETED), ("2", Status.FAILED)])
def test_the_failure_budget_may_be_a_number_of_cases(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    allowed: str,
    ends: Status,
) -> None:
    hit = {f"What is {n}?" for n in (1, 4, 7)}
    ollama_by_script.add("model", lambda chat: Reply(text="h", is_cut=True) if chat.prompt in hit else right(chat))

    evaluate(
        benchmark_file(9), models=["model"], slots=1, max_failures=allowed, case_timeout_s=0.05, invocation_id="one"
    )

    assert ends is only_run(store).status


def test_a_model_that_is_removed_in_mid_run_is_given_up_at_once_and_the_others_go_on(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    def goes_away(chat: Chat) -> Reply:
        if chat.prompt in {"What is 0?", "What is 1?"}:
            return right(chat)
        return Reply(status=404, error="model 'gone' not found")

    ollama_by_script.add("gone", goes_away)
    ollama_by_script.add("good")

    evaluate(benchmark_file(12), models=["gone", "good"], slots=1, max_failures="100%", invocation_id="one")

    gone, good = only_run(store).candidates
    assert (Status.FAILED, Status.COMPLETED) == (gone.status, good.status)
    assert gone.given_up_reason is not None
    assert "model_not_pulled" in gone.given_up_reason
    # Shards in flight may overtake one another, so that the first refusal comes with the first to the third question.
    assert sum(ollama_by_script.asked("gone").values()) in {1, 2, 3}


def test_a_model_that_cannot_be_loaded_is_given_up_with_the_servers_reason(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("huge", load_error=(500, "model requires more system memory (90 GiB) than is available"))
    ollama_by_script.add("good")

    evaluate(benchmark_file(3), models=["huge", "good"], invocation_id="one")

    huge, good = only_run(store).candidates
    assert (Status.FAILED, Status.COMPLETED) == (huge.status, good.status)
    assert huge.given_up_reason is not None
    assert "huge could not be loaded: out_of_memory" in huge.given_up_reason
    assert 0 == sum(ollama_by_script.asked("huge").values())


def test_where_every_prompt_is_too_long_one_error_names_the_longest_num_ctx_and_the_option(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    def too_long(chat: Chat) -> Reply:
        n_tokens = 900 if chat.prompt == "What is 2?" else 300
        return Reply(status=400, error=f"request ({n_tokens} tokens) exceeds the available context size (256 tokens)")

    ollama_by_script.add("small", too_long)
    ollama_by_script.add("good")

    state = evaluate(benchmark_file(4), candidates=["small num_ctx=256", "good"], invocation_id="one")

    assert state.is_failed()
    run = only_run(store)
    small, good = run.candidates
    assert (Status.FAILED, Status.COMPLETED) == (small.status, good.status)
    assert small.given_up_reason is not None
    for words in ("every prompt is too long", "num_ctx is 256", "has 900 tokens", "--option num_ctx=2048"):
        assert words in small.given_up_reason
    (counts, _) = count_outcomes(store, run.plan.run_id)
    assert (0, {FailureKind.PROMPT_TOO_LONG: 4}) == (counts.n_failed, dict(counts.own_failures))


def test_one_overlong_prompt_is_an_outcome_and_ends_nothing(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    said = "request (900 tokens) exceeds the available context size (256 tokens)"
    ollama_by_script.add(
        "small", lambda chat: Reply(status=400, error=said) if chat.prompt == "What is 2?" else right(chat)
    )

    assert evaluate(benchmark_file(4), models=["small"], max_failures="0", invocation_id="one").is_completed()

    (small,) = _candidates(store)
    assert (4, {"prompt_too_long": 1}, 0.75) == (
        small.n_ok,
        small.own_failures,
        small.metrics["exact_match"].value,
    )


def test_a_server_that_goes_away_in_mid_run_ends_its_candidates_and_what_was_answered_stays(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    def leaves(chat: Chat) -> Reply:
        if chat.prompt == "What is 5?":
            ollama_by_script.stop()  # nobody is let in from here on; this answer still goes out
        return right(chat)

    ollama_by_script.add("first", leaves)
    ollama_by_script.add("second")

    state = evaluate(benchmark_file(40), models=["first", "second"], slots=2, invocation_id="one")

    assert state.is_failed()
    first, second = only_run(store).candidates
    assert (Status.FAILED, Status.FAILED) == (first.status, second.status)
    assert first.given_up_reason is not None
    assert "server_down" in first.given_up_reason
    found = _candidates(store)[0]
    assert found.n_ok >= 1
    assert 1.0 == found.metrics["exact_match"].value


def test_a_disk_that_is_full_in_mid_run_fails_the_run_with_the_next_step_and_keeps_what_was_stored(
    evaluate: Evaluate, store: Store, store_url: str, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("chatty", lambda _: Reply(text="word " * 4000))
    path = benchmark_file(40)

    with room_for(store_url, 60):
        state = evaluate(path, models=["chatty"], slots=2, invocation_id="one")

    with pytest.raises(StoreError, match="the disk is full") as caught:
        state.result()
    assert caught.value.next_step is not None
    run = only_run(store)
    assert Status.FAILED is run.status
    assert run.reason is not None
    assert "the disk is full" in run.reason
    (counts,) = count_outcomes(store, run.plan.run_id)
    assert 0 < counts.n_ok < 40


def test_a_run_of_which_nothing_can_be_asked_is_refused_before_a_token_is_spent(
    evaluate: Evaluate, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks, store: Store
) -> None:
    ollama_by_script.add("good")
    path = benchmark_file(2)
    for request, words in (
        ({"models": ["godo"]}, "unknown model 'godo'; did you mean 'good'"),
        ({"models": ["good"], "metrics": ["exact_mach"]}, "unknown metric 'exact_mach'"),
        ({"candidates": ["good think=true"]}, "has no thinking mode"),
        ({"models": ["good"], "fail_under": ["bleu=3"]}, "bleu"),
    ):
        state = evaluate(path, invocation_id="one", **request)
        with pytest.raises(ConfigurationError, match=words):
            state.result()
    assert ([], []) == (ollama_by_script.chats, ollama_by_script.loads)
    assert () == runs_of_invocation(store, "one")


def test_an_odd_record_fails_its_own_case_and_no_other(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    odd: dict[str, tuple[dict[str, Any], FailureKind]] = {
        "1": ({"eval_count": 10**30}, FailureKind.UNREADABLE_ANSWER),
        "3": ({"total_duration": 10**400}, FailureKind.UNREADABLE_ANSWER),
        "4": ({"model": "other:70b"}, FailureKind.WRONG_MODEL),
    }
    replies = {f"What is {n}?": Reply(text="one", final=final) for n, (final, _) in odd.items()}
    ollama_by_script.add("model", lambda chat: replies.get(chat.prompt) or right(chat))

    evaluate(benchmark_file(6), models=["model"], max_failures="100%", invocation_id="one")

    rows = [stored.row for stored in outcomes(store)]
    failed = {row.case_id: row.outcome.kind for row in rows if isinstance(row.outcome, Failure)}
    assert {f"c{n}": kind for n, (_, kind) in odd.items()} == failed
    (counts,) = count_outcomes(store, only_run(store).plan.run_id)
    assert (3, dict(Counter(failed.values()))) == (counts.n_ok, counts.failures)
    assert Status.COMPLETED is only_run(store).status
