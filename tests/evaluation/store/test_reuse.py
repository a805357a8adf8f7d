"""Outcomes of earlier runs serve a new one where it would ask in exactly the same way, and nowhere else."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from reusable_runs import BENCHMARK, CANDIDATE, CASES, MOMENT, AskedRun, answer, answered

from evaluation.benchmarks.rendering import render
from evaluation.candidate import PromptProfile
from evaluation.case import Benchmark, Case, Message, PromptTemplate
from evaluation.errors import FailureKind, StoreError, StoreUnreachableError
from evaluation.generation import Failure, Generation
from evaluation.records.outcomes import OutcomeRow
from evaluation.store.missing import count_missing
from evaluation.store.outcomes import load_outcomes
from evaluation.store.reusable import ASKED, SERVER_VERSIONS, Asking
from evaluation.store.reuse import count_reusable, reuse_stored
from evaluation.store.runs import delete_run
from evaluation.store.session import Store

EARLIER = AskedRun(run_id="earlier", outcomes=answered())
LATER = AskedRun(run_id="later")


def stored(store: Store, run_candidate_id: int) -> tuple[OutcomeRow, ...]:
    found = load_outcomes(store, run_candidate_id, [case.case_id for case in CASES])
    return tuple(outcome.row for outcome in found)


def texts(store: Store, run_candidate_id: int) -> list[str]:
    outcomes = [row.outcome for row in stored(store, run_candidate_id)]
    return [outcome.text for outcome in outcomes if isinstance(outcome, Generation)]


def asking(run: AskedRun, *, run_id: str | None = None) -> Asking:
    assert run.server_version is not None
    return Asking(
        run_id=run_id,
        seed=run.seed,
        benchmark_version=run.benchmark.version,
        prompt=run.benchmark.prompt,
        fingerprint=run.candidate.fingerprint,
        digest=run.candidate.digest,
        provider=run.provider,
        server_versions=frozenset({run.server_version}),
        options=run.options,
    )


def test_an_outcome_of_the_same_question_is_copied_as_it_was_and_marked(store: Store) -> None:
    (original, *_) = stored(store, replace(EARLIER, endpoint="there").store(store))
    later = LATER.store(store)

    assert reuse_stored(store, later) == 3

    (copy, *_) = stored(store, later)
    assert isinstance(original.outcome, Generation)
    assert copy == replace(original, run_candidate_id=later, outcome=replace(original.outcome, reused=True))
    assert (copy.endpoint, copy.finished_at, copy.effective_context, copy.vram_share) == ("there", MOMENT, 4096, 0.75)
    assert count_missing(store, later) == 0


def test_copying_again_copies_nothing(store: Store) -> None:
    EARLIER.store(store)
    later = LATER.store(store)
    reuse_stored(store, later)

    assert reuse_stored(store, later) == 0


def test_only_what_is_missing_is_filled(store: Store) -> None:
    EARLIER.store(store)
    refused = Failure(kind=FailureKind.SERVER_DOWN, message="nobody there")
    later = replace(LATER, outcomes={"c0": answer("my own"), "c1": refused}).store(store)

    assert reuse_stored(store, later) == 2
    assert texts(store, later) == ["my own", "It is c1.", "It is c2."]


def test_a_failure_of_the_servers_never_serves(store: Store) -> None:
    replace(EARLIER, outcomes={"c0": Failure(kind=FailureKind.TIMED_OUT, message="late")}).store(store)

    assert reuse_stored(store, LATER.store(store)) == 0


def test_the_candidates_own_failure_serves(store: Store) -> None:
    own = Generation(text="", answer="", own_failure=FailureKind.EMPTY_ANSWER, message="it said nothing")
    replace(EARLIER, outcomes={"c0": own}).store(store)
    later = LATER.store(store)

    assert reuse_stored(store, later) == 1
    (copy,) = stored(store, later)
    assert isinstance(copy.outcome, Generation)
    assert copy.outcome.own_failure is FailureKind.EMPTY_ANSWER


@pytest.mark.parametrize(
    "difference",
    [
        {"seed": 8},
        {"provider": "openai"},
        {"server_version": "0.34.0"},
        {"options": {"temperature": 0.0, "num_ctx": 4096, "num_predict": 16}},
        {"candidate": replace(CANDIDATE, digest="pulled again")},
        {"candidate": replace(CANDIDATE, think=True)},
        {"candidate": replace(CANDIDATE, profile=PromptProfile(name="terse", system="Be terse."))},
        {"benchmark": replace(BENCHMARK, prompt=PromptTemplate(system="Count."))},
        {"benchmark": replace(BENCHMARK, prompt=PromptTemplate(template="{prompt}\n"))},
    ],
    ids=lambda difference: next(iter(difference)),
)
def test_a_run_that_asks_in_another_way_takes_nothing(store: Store, difference: dict[str, Any]) -> None:
    EARLIER.store(store)

    assert reuse_stored(store, replace(LATER, **difference).store(store)) == 0


def test_a_server_that_does_not_say_its_version_is_served_by_nothing(store: Store) -> None:
    replace(EARLIER, server_version=None).store(store)

    assert reuse_stored(store, replace(LATER, server_version=None).store(store)) == 0


def test_weights_that_nobody_can_verify_are_never_reused(store: Store) -> None:
    unverified = replace(CANDIDATE, digest=None, endpoint_identity="here")
    replace(EARLIER, candidate=unverified).store(store)

    assert reuse_stored(store, replace(LATER, candidate=unverified).store(store)) == 0


def test_a_seed_of_another_run_does_not_serve(store: Store) -> None:
    replace(EARLIER, outcomes=answered(seed=99)).store(store)

    assert reuse_stored(store, LATER.store(store)) == 0


def test_the_same_weights_under_another_name_serve(store: Store) -> None:
    EARLIER.store(store)

    assert reuse_stored(store, replace(LATER, candidate=replace(CANDIDATE, model="mine:latest")).store(store)) == 3


def test_repeats_serve_one_by_one(store: Store) -> None:
    replace(EARLIER, n_repeats=2, outcomes={"c1": [answer("first"), answer("second")]}).store(store)
    later = replace(LATER, n_repeats=3).store(store)

    assert reuse_stored(store, later) == 2
    assert [("first", 0), ("second", 1)] == [
        (row.outcome.text, row.repeat) for row in stored(store, later) if isinstance(row.outcome, Generation)
    ]


def test_a_repeat_beyond_those_of_the_run_is_not_taken(store: Store) -> None:
    replace(EARLIER, n_repeats=2, outcomes={"c1": [answer("first"), answer("second")]}).store(store)

    assert reuse_stored(store, LATER.store(store)) == 1


def test_the_newest_outcome_serves(store: Store) -> None:
    for number, age in enumerate([timedelta(days=2), timedelta(days=1), timedelta(days=3)]):
        given = {"c0": answer(f"{age.days} days old")}
        replace(EARLIER, run_id=f"earlier-{number}", outcomes=given, age=age).store(store)
    later = LATER.store(store)

    assert reuse_stored(store, later) == 1
    assert texts(store, later) == ["1 days old"]


def test_what_the_newest_run_lacks_comes_from_an_older_one_however_many_lie_between(store: Store) -> None:
    replace(EARLIER, outcomes={"c2": answer("of the oldest")}).store(store)
    for number in range(20):
        replace(EARLIER, run_id=f"between-{number}", outcomes={"c0": answer("of one between")}).store(store)
    later = LATER.store(store)

    assert reuse_stored(store, later) == 2
    assert texts(store, later) == ["of one between", "of the oldest"]


def test_an_original_goes_before_its_copy(store: Store) -> None:
    replace(EARLIER, outcomes=answered(), endpoint="there").store(store)
    reuse_stored(store, replace(LATER, run_id="between").store(store))
    later = LATER.store(store)

    assert reuse_stored(store, later) == 3
    assert {"there"} == {row.endpoint for row in stored(store, later)}


def test_a_copy_serves_where_its_original_is_gone_and_stays_marked(store: Store) -> None:
    replace(EARLIER, endpoint="there").store(store)
    reuse_stored(store, replace(LATER, run_id="between").store(store))
    delete_run(store, "earlier")
    later = LATER.store(store)

    assert reuse_stored(store, later) == 3
    assert all(isinstance(row.outcome, Generation) and row.outcome.reused for row in stored(store, later))
    assert {"there"} == {row.endpoint for row in stored(store, later)}


def test_a_pool_serves_with_the_version_of_the_server_that_answered(store: Store) -> None:
    versions = {"here": "0.33.0", "there": "0.32.0"}
    pooled = replace(EARLIER, details={SERVER_VERSIONS: versions})
    replace(pooled, answered_by="there").store(store)
    replace(pooled, run_id="pooled", outcomes={"c0": answer("from here")}).store(store)
    later = LATER.store(store)

    assert reuse_stored(store, later) == 1
    assert texts(store, later) == ["from here"]


def test_a_pool_takes_what_any_of_its_servers_would_have_answered(store: Store) -> None:
    EARLIER.store(store)
    versions = {"there": "0.32.0", "here": "0.33.0"}

    assert reuse_stored(store, replace(LATER, details={SERVER_VERSIONS: versions}).store(store)) == 3


def test_a_copy_in_a_pool_of_mixed_versions_does_not_serve(store: Store) -> None:
    copies = answered(reused=True)
    versions = {"there": "0.32.0", "here": "0.33.0"}
    replace(EARLIER, outcomes=copies, details={SERVER_VERSIONS: versions}).store(store)

    assert reuse_stored(store, LATER.store(store)) == 0


def test_a_case_of_another_version_serves_where_it_asks_the_same(store: Store) -> None:
    EARLIER.store(store)
    mended = (
        replace(CASES[0], references=("nought", "0"), tags=("mended",), details={"why": "wrong key"}),
        replace(CASES[1], prompt="What is one?"),
        CASES[2],
        Case(case_id="c3", prompt="What is 3?"),
    )
    later = replace(LATER, benchmark=replace(BENCHMARK, cases=mended)).store(store)

    assert reuse_stored(store, later) == 2
    assert texts(store, later) == ["It is c0.", "It is c2."]


def test_another_benchmark_serves_where_it_asks_the_same(store: Store) -> None:
    EARLIER.store(store)

    assert reuse_stored(store, replace(LATER, benchmark=replace(BENCHMARK, name="figures")).store(store)) == 3


def test_a_case_that_moved_to_another_id_does_not_serve(store: Store) -> None:
    EARLIER.store(store)
    moved = tuple(replace(case, case_id=f"c{(number + 1) % 3}") for number, case in enumerate(CASES))

    assert reuse_stored(store, replace(LATER, benchmark=replace(BENCHMARK, cases=moved)).store(store)) == 0


def test_what_is_compared_of_a_case_is_all_that_reaches_a_model() -> None:
    everything = PromptTemplate(template="{prompt}{context}{choices}{labels}")
    plain = Case(case_id="c", prompt="p")
    changed: dict[str, Any] = {
        "prompt": "q",
        "messages": (Message(role="user", content="m"),),
        "references": ("r",),
        "context": ("x",),
        "choices": ("y",),
        "cluster": "k",
        "tags": ("t",),
        "details": {"d": 1},
    }

    def messages(case: Case) -> tuple[Message, ...]:
        return render(Benchmark(name="b", task_type="code", cases=(case,), prompt=everything), case)

    assert set(changed) == {field.name for field in fields(Case)} - {"case_id"}
    reaching = {name for name, value in changed.items() if messages(replace(plain, **{name: value})) != messages(plain)}
    assert set(ASKED) == reaching


def test_what_would_be_reused_is_counted_before_the_run_is_stored(store: Store) -> None:
    replace(EARLIER, outcomes={"c0": answer("yes"), "c2": answer("yes")}).store(store)
    mended = replace(BENCHMARK, cases=(replace(CASES[0], tags=("mended",)), *CASES[1:]))

    assert count_reusable(store, asking(EARLIER), CASES, n_repeats=2) == 2
    assert count_reusable(store, asking(replace(LATER, benchmark=mended)), mended.cases, n_repeats=1) == 2
    assert count_reusable(store, asking(replace(LATER, seed=8)), CASES, n_repeats=1) == 0
    assert count_reusable(store, asking(EARLIER, run_id="earlier"), CASES, n_repeats=1) == 0


def test_thousands_are_copied_by_the_page(store: Store) -> None:
    cases = tuple(Case(case_id=str(number), prompt=f"What is {number}?") for number in range(1203))
    many = replace(BENCHMARK, cases=cases)
    replace(EARLIER, benchmark=many, outcomes=answered(cases)).store(store)
    later = replace(LATER, benchmark=many).store(store)

    assert count_reusable(store, asking(replace(LATER, benchmark=many), run_id="later"), cases, n_repeats=1) == 1203
    assert reuse_stored(store, later) == 1203
    assert count_missing(store, later) == 0


def test_a_candidate_that_is_not_stored_is_named(store: Store) -> None:
    with pytest.raises(StoreError, match="holds no candidate 5 of a run"):
        reuse_stored(store, 5)


def test_a_database_that_is_away_for_a_moment_is_waited_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    EARLIER.store(store)
    later = LATER.store(store)
    gaps = [StoreUnreachableError("away"), StoreUnreachableError("still away")]
    write = store.write

    @contextmanager
    def writing() -> Iterator[Any]:
        if gaps:
            raise gaps.pop()
        with write() as connection:
            yield connection

    monkeypatch.setattr(store, "write", writing)
    monkeypatch.setattr("evaluation.store.retrying.FIRST_PAUSE_S", 0.0)

    assert reuse_stored(store, later) == 3
    assert gaps == []
