"""Why a candidate is given up: its own failures, its servers', or a context into which no prompt fits."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from stored_runs import Asked, answer, asked, numbers, right, store_run

from evaluation.candidate import PLAIN_PROFILE
from evaluation.errors import FailureKind
from evaluation.generation import Failure, Generation
from evaluation.planning.plan import Group, Plan, PlannedCandidate
from evaluation.settings import Settings
from evaluation.store.runs import find_run
from evaluation.store.session import Store
from tasks.generation.giving_up import longest_prompt, why_given_up
from tasks.generation.workbench import Workbench

CASES = numbers(3)


@pytest.fixture
def store_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def benches() -> Iterator[list[Workbench]]:
    opened: list[Workbench] = []
    yield opened
    for bench in opened:
        bench.writer.close()


def a_bench(
    store: Store, candidate: Asked, benches: list[Workbench], **options: Any
) -> tuple[Workbench, PlannedCandidate]:
    run_id = store_run(store, candidate, cases=CASES, scored=False)
    (record,) = find_run(store, run_id).candidates
    planned = PlannedCandidate(
        run_id=run_id,
        run_candidate_id=record.run_candidate_id,
        benchmark_version="v",
        benchmark_name="numbers",
        label="a:1b",
        model="a:1b",
        options=options,
        load_options={},
        think=None,
        profile=PLAIN_PROFILE,
        seed=0,
        n_cases=3,
        n_repeats=1,
        failure_budget=1,
        endpoints=("here",),
    )
    group = Group(model="a:1b", load_options={}, planned=(planned,))
    plan = Plan(invocation_id="one", runs=(), lanes=(), groups=(group,), notes=(), timeout_s=1.0, case_timeout_s=1.0)
    bench = Workbench(store, Settings(), plan)
    benches.append(bench)
    return bench, planned


def test_a_larger_context_than_the_model_was_trained_for_is_not_advised(store: Store, benches: list[Workbench]) -> None:
    outcomes = dict.fromkeys([case.case_id for case in CASES], overlong(900))
    bench, planned = a_bench(store, asked("a:1b", outcomes), benches, num_ctx=256, num_predict=100)

    assert "trained for 256 tokens" in (why_given_up(bench, replace(planned, trained_context=256)) or "")
    assert "num_ctx=800, all that this model was trained for" in (
        why_given_up(bench, replace(planned, trained_context=800)) or ""
    )


def overlong(n_tokens: int) -> Generation:
    said = f"the prompt has {n_tokens} tokens and num_ctx is 256" if n_tokens else "the prompt is too long"
    return Generation(text="", answer="", own_failure=FailureKind.PROMPT_TOO_LONG, message=said)


def test_a_candidate_with_all_its_answers_is_not_given_up(store: Store, benches: list[Workbench]) -> None:
    assert why_given_up(*a_bench(store, asked("a:1b", right(CASES)), benches)) is None


def test_more_failures_than_allowed_are_the_reason(store: Store, benches: list[Workbench]) -> None:
    bench, planned = a_bench(store, asked("a:1b"), benches)
    for _ in range(2):
        bench.watches[planned.run_candidate_id].saw(FailureKind.CUT_STREAM, "the stream ended early")

    reason = why_given_up(bench, planned) or ""
    assert "more than the 1 allowed (--max-failures); the last: cut_stream: the stream ended early" in reason


def test_servers_that_are_gone_are_the_reason_only_where_something_is_missing(
    store: Store, benches: list[Workbench]
) -> None:
    outcomes = {**right(CASES[:2]), "c2": Failure(kind=FailureKind.SERVER_DOWN, message="no server answers")}
    bench, planned = a_bench(store, asked("a:1b", outcomes), benches)
    bench.works[0].refuse("here", "endpoint here is gone")

    assert "endpoint here is gone" == why_given_up(bench, planned)


def test_servers_that_went_after_the_last_answer_are_no_reason(store: Store, benches: list[Workbench]) -> None:
    bench, planned = a_bench(store, asked("a:1b", right(CASES)), benches)
    bench.works[0].refuse("here", "endpoint here is gone")

    assert why_given_up(bench, planned) is None


def test_servers_that_are_gone_are_no_reason_where_the_cases_that_are_asked_now_are_answered(
    store: Store, benches: list[Workbench]
) -> None:
    bench, planned = a_bench(store, asked("a:1b", right(CASES[1:])), benches)
    bench.works[0].refuse("here", "endpoint here is gone")

    assert why_given_up(bench, replace(planned, only_cases=frozenset({"c1", "c2"}))) is None
    assert "endpoint here is gone" == why_given_up(bench, replace(planned, only_cases=frozenset({"c0", "c1"})))


@pytest.mark.parametrize(
    ("options", "n_tokens", "step"),
    [
        ({"num_ctx": 256, "num_predict": 100}, 900, "--option num_ctx=1024"),
        ({"num_ctx": 256, "num_predict": 200}, 900, "--option num_ctx=2048"),
        ({"num_ctx": 256}, 0, "--option num_ctx=512"),
        ({}, 900, "Start the server with a larger context"),
    ],
    ids=["room for the answer", "more room for the answer", "not counted", "no such option"],
)
def test_where_every_prompt_is_too_long_the_longest_is_named_and_the_option_that_has_room_for_it(
    store: Store, benches: list[Workbench], options: dict[str, int], n_tokens: int, step: str
) -> None:
    outcomes = {"c0": overlong(n_tokens and 300), "c1": overlong(n_tokens), "c2": overlong(n_tokens and 30)}
    bench, planned = a_bench(store, asked("a:1b", outcomes), benches, **options)

    reason = why_given_up(bench, planned) or ""

    assert reason.startswith("every prompt is too long; the longest: the prompt ")
    assert step in reason
    assert n_tokens == longest_prompt(store, planned.run_candidate_id)[1]


def test_one_answer_among_overlong_prompts_is_no_reason(store: Store, benches: list[Workbench]) -> None:
    outcomes = {"c0": overlong(300), "c1": overlong(900), "c2": answer("2")}

    assert why_given_up(*a_bench(store, asked("a:1b", outcomes), benches, num_ctx=256)) is None
