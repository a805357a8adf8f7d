"""Races are stored with every decision, once, in their order."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from looking_back import only_run
from stored_rows import save_outcomes
from stored_stages import make_stage

from evaluation.errors import FailureKind, StoreError
from evaluation.generation import Failure, Generation
from evaluation.pipelines.stages import Passages, TokenCounts, Vectors
from evaluation.races.state import Decision, Fate
from evaluation.records.outcomes import OutcomeRow
from evaluation.records.runs import RunPlan
from evaluation.store.races import (
    CandidateCosts,
    begin_race,
    costs_of_run,
    find_race,
    finish_race,
    load_decisions,
    save_decisions,
)
from evaluation.store.session import Store
from evaluation.store.stage_rows import insert_stages

KEPT = Decision(
    look=1, key="f1", label="a", fate=Fate.KEPT, n_cases=20, reason="ahead", evidence={"difference": 0.25, "rival": "b"}
)
DROPPED = replace(KEPT, key="f2", label="b", fate=Fate.DROPPED, reason="5 points behind a")


@pytest.fixture
def race(store: Store, plan_run: Callable[..., RunPlan]) -> str:
    """Id of the invocation of a race that has begun."""
    invocation_id = plan_run().invocation_id
    begin_race(store, invocation_id, request={"method": "evidence"}, code_version="1.0")
    return invocation_id


def test_a_race_is_found_by_its_invocation_and_says_when_it_is_over(store: Store, race: str) -> None:
    begun = find_race(store, race)
    finish_race(store, race, {"winner": "a"})
    over = find_race(store, race)

    assert begun is not None
    assert over is not None
    assert ({"method": "evidence"}, None, None) == (begun.request, begun.result, begun.finished_at)
    assert {"winner": "a"} == over.result
    assert over.finished_at is not None
    assert over.finished_at <= datetime.now(UTC)
    assert find_race(store, "another") is None


def test_begun_again_a_race_takes_the_new_rules_and_keeps_its_decisions(store: Store, race: str) -> None:
    save_decisions(store, race, (KEPT,))
    begin_race(store, race, request={"method": "evidence", "budget": ["calls=9"]}, code_version="2.0")

    found = find_race(store, race)

    assert found is not None
    assert ({"method": "evidence", "budget": ["calls=9"]}, "1.0") == (found.request, found.code_version)
    assert (KEPT,) == load_decisions(store, race)


def test_decisions_come_back_in_their_order_and_a_look_is_stored_once(store: Store, race: str) -> None:
    second = replace(KEPT, look=2, n_cases=30)

    save_decisions(store, race, (KEPT, DROPPED))
    save_decisions(store, race, (KEPT, DROPPED))
    save_decisions(store, race, (second,))

    assert (KEPT, DROPPED, second) == load_decisions(store, race)


def test_a_race_of_no_invocation_is_refused(store: Store) -> None:
    with pytest.raises(StoreError):
        begin_race(store, "nobody", request={}, code_version="1.0")
    with pytest.raises(StoreError, match="holds no race"):
        finish_race(store, "nobody", {})


def test_what_a_run_took_counts_failures_and_leaves_out_what_was_reused(
    store: Store,
    race: str,
    plan_candidate: Callable[..., int],
    make_row: Callable[..., OutcomeRow],
    make_answer: Callable[[str], Generation],
) -> None:
    row_id = plan_candidate()
    answer = make_answer("42")  # 12 tokens of prompt, 3 of answer
    save_outcomes(
        store,
        [
            make_row(row_id, "case-0", answer),
            make_row(row_id, "case-1", replace(answer, reused=True)),
            make_row(row_id, "case-2", Failure(kind=FailureKind.SERVER_DOWN, message="gone")),
        ],
    )

    assert {row_id: CandidateCosts(n_answers=2, n_calls=2, n_tokens=15)} == costs_of_run(
        store, only_run(store, race).plan.run_id
    )


def test_an_answer_of_a_pipeline_costs_as_many_calls_as_it_asked_models(
    store: Store,
    race: str,
    plan_candidate: Callable[..., int],
    make_row: Callable[..., OutcomeRow],
    make_answer: Callable[[str], Generation],
) -> None:
    row_id = plan_candidate()
    save_outcomes(store, [make_row(row_id, "case-0", make_answer("42"))])
    stages = [
        make_stage(row_id, "sample 1"),
        make_stage(row_id, "sample 2"),
        make_stage(row_id, "query", kind="embed", reply=Vectors(values=((1.0,),))),
        make_stage(row_id, "search", kind="search", reply=Passages(passages=())),
        make_stage(row_id, "tokens", kind="count", reply=TokenCounts(values=(3,))),
    ]
    with store.write() as connection:
        insert_stages(connection, stages)

    assert {row_id: 3} == {
        row: costs.n_calls for row, costs in costs_of_run(store, only_run(store, race).plan.run_id).items()
    }
