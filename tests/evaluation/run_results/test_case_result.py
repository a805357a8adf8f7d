import pytest
from stored_runs import MOMENT, Asked, answer, asked, numbers, right, store_run

from evaluation.candidate import Candidate, PromptProfile, WorkedExample
from evaluation.case import Case, Message, PromptTemplate
from evaluation.errors import FailureKind, StoreError, UnknownNameError
from evaluation.generation import Failure, Generation
from evaluation.metrics.parsing import parse_metric
from evaluation.records.status import Status
from evaluation.results.as_json import as_json
from evaluation.results.cases import FailureTimings, MissingOutcome, OutcomeFailure
from evaluation.run_results.case_result import case_result
from evaluation.scoring.candidate_scoring import score_candidate
from evaluation.store.runs import find_run
from evaluation.store.session import Store


def test_a_case_shows_what_came_back_with_scores_timings_and_where_from(store: Store) -> None:
    cases = numbers(3)
    given = answer("<b>1</b>", answer="1", thinking="hm", n_attempts=3, cold=True)
    run_id = store_run(store, asked("a:1b", right(cases) | {"c1": given}), cases=cases)

    found = case_result(store, run_id, "c1")

    assert ("run-1", "completed", "numbers", 7, 1) == (
        found.run_id,
        found.status,
        found.benchmark,
        found.seed,
        found.n_repeats,
    )
    assert ("c1", "What is 1?", ("1",)) == (found.case.case_id, found.case.prompt, found.case.references)
    (candidate,) = found.candidates
    assert ("a:1b", "digest-of-a:1b", "plain", None) == (
        candidate.label,
        candidate.digest,
        candidate.profile,
        candidate.think,
    )
    (outcome,) = candidate.outcomes
    signature = parse_metric("exact_match").signature
    assert {
        "repeat": 0,
        "outcome": "answer",
        "failure": None,
        "answer": "1",
        "text": "<b>1</b>",
        "thinking": "hm",
        "finish_reason": "stop",
        "prompt_tokens": 12,
        "output_tokens": 1300,
        "cached_tokens": None,
        "timings": {
            "total_s": 1.5,
            "ttft_s": 0.25,
            "queue_s": 0.5,
            "load_s": 0.125,
            "prompt_s": 0.0625,
            "generate_s": 0.75,
        },
        "cold": True,
        "reused": False,
        "prompt_state": "fresh",
        "cut": None,
        "scores": {"exact_match": as_json(outcome.scores["exact_match"])},
        "n_attempts": 3,
        "seed": 99,
        "endpoint": "here",
        "effective_context": 4096,
        "vram_share": 0.75,
        "energy_j": None,
        "stages": [],
        "trace": None,
        "started_at": MOMENT.isoformat(),
        "finished_at": MOMENT.isoformat(),
    } == as_json(outcome)
    assert (1.0, signature) == (
        outcome.scores["exact_match"].value,
        outcome.scores["exact_match"].signature,
    )


def test_the_prompt_is_the_one_that_each_candidate_was_sent(store: Store) -> None:
    cases = numbers(1, context=("It is zero.",))
    profile = PromptProfile(
        name="terse", system="Be brief.", template="{prompt} Now.", examples=(WorkedExample(prompt="2?", answer="2"),)
    )
    plain = asked("a:1b")
    terse = Asked(candidate=Candidate(model="b:1b", digest="d", profile=profile, think=True))
    run_id = store_run(
        store,
        plain,
        terse,
        cases=cases,
        prompt=PromptTemplate(system="Answer.", template="{context} {prompt}"),
    )

    first, second = case_result(store, run_id, "c0").candidates

    assert (
        Message(role="system", content="Answer."),
        Message(role="user", content="It is zero. What is 0?"),
    ) == first.messages
    assert (
        Message(role="system", content="Be brief.\n\nAnswer."),
        Message(role="user", content="2? Now."),
        Message(role="assistant", content="2"),
        Message(role="user", content="It is zero. What is 0? Now."),
    ) == second.messages
    assert ("terse", True) == (second.profile, second.think)


def test_a_conversation_stays_one(store: Store) -> None:
    turns = (
        Message(role="user", content="Hi"),
        Message(role="assistant", content="Yes?"),
        Message(role="user", content="2?"),
    )
    cases = (Case(case_id="talk", messages=turns, references=("2",)),)
    found = case_result(store, store_run(store, asked("a:1b"), cases=cases), "talk")

    assert turns == found.case.messages == found.candidates[0].messages


def test_repeats_failures_and_what_is_missing_stand_in_order(store: Store) -> None:
    cases = numbers(2)
    down = Failure(kind=FailureKind.SERVER_DOWN, message="nobody listens", n_attempts=8, seed=5, total_s=2.0)
    silent = Failure(kind=FailureKind.TIMED_OUT, message="too late")
    empty = Generation(text=" ", answer="", own_failure=FailureKind.EMPTY_ANSWER, message="not a word")
    run_id = store_run(
        store,
        asked("a:1b", {"c0": [answer("0"), down, empty, silent]}),
        asked("b:1b"),
        cases=cases,
        n_repeats=5,
        status=Status.CANCELLED,
    )

    first, second = case_result(store, run_id, "c0").candidates

    assert ["answer", "server_failure", "own_failure", "server_failure", "missing"] == [
        outcome.outcome for outcome in first.outcomes
    ]
    good, failed, own, late, _ = first.outcomes
    assert OutcomeFailure(kind=FailureKind.SERVER_DOWN, message="nobody listens") == failed.failure
    assert (FailureTimings(total_s=2.0), None) == (failed.came_back.timings, late.came_back.timings)
    assert ({}, 8, 5) == (failed.scores, failed.n_attempts, failed.seed)
    assert OutcomeFailure(kind=FailureKind.EMPTY_ANSWER, message="not a word") == own.failure
    assert (1.0, 0.0) == (good.scores["exact_match"].value, own.scores["exact_match"].value)
    assert None is own.came_back.timings
    assert tuple(MissingOutcome(repeat=repeat) for repeat in range(5)) == second.outcomes


def test_every_metric_that_ever_scored_the_case_is_there_and_the_runs_own_first(store: Store) -> None:
    cases = numbers(3)
    run_id = store_run(
        store, asked("a:1b", right(cases)), cases=cases, metrics=("regex(pattern='1')",), headline="regex"
    )
    later = parse_metric("regex(pattern='.')")
    score_candidate(store, run_id, find_run(store, run_id).candidates[0].run_candidate_id, [later])

    (outcome,) = case_result(store, run_id, "c1").candidates[0].outcomes

    assert ["regex", later.signature] == list(outcome.scores)
    assert "matched '1'" == outcome.scores["regex"].rationale
    assert "matched '.'" == outcome.scores[later.signature].rationale


def test_an_unknown_case_is_answered_with_those_written_alike(store: Store) -> None:
    cases = tuple(Case(case_id=f"alpha-{n:03}", prompt="?", references=("x",)) for n in range(60))
    run_id = store_run(store, asked("a:1b"), cases=cases)

    with pytest.raises(
        UnknownNameError, match=r"unknown case of run run-1 'alpha-59'; did you mean 'alpha-059'\?"
    ) as said:
        case_result(store, run_id, "alpha-59")

    assert "alpha-059" == said.value.known[0]
    assert {case.case_id for case in cases} == set(said.value.known)
    assert said.value.next_step is not None
    assert "benchwright show run-1 --json" in said.value.next_step


def test_a_case_that_the_limit_left_out_is_said_to_be(store: Store) -> None:
    run_id = store_run(store, asked("a:1b"), cases=numbers(5), limit=2)

    with pytest.raises(UnknownNameError) as said:
        case_result(store, run_id, "c4")

    assert "It is a case of 'numbers', but this run asked only 2 of them." == said.value.next_step


def test_a_store_that_lost_a_candidate_says_so(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = store_run(store, asked("a:1b"), cases=numbers(1))
    monkeypatch.setattr("evaluation.run_results.case_result.find_candidates", lambda *_: {})

    with pytest.raises(StoreError, match="does not hold candidate"):
        case_result(store, run_id, "c0")
