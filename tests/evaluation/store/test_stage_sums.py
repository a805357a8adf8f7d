"""Are stages summed by candidate and name, on both databases?"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from stored_stages import NOON, make_stage

from evaluation.generation import Generation, Timing
from evaluation.pipelines.stages import ModelReply
from evaluation.records.outcomes import OutcomeRow
from evaluation.records.stages import StageRow, StageSums
from evaluation.store.outcome_rows import insert_outcomes
from evaluation.store.session import Store
from evaluation.store.stage_rows import insert_stages
from evaluation.store.stage_sums import stage_sums

MEASURED = Generation(
    answer="a",
    text="a",
    prompt_tokens=100,
    output_tokens=10,
    energy_j=2.5,
    timing=Timing(total_s=2.0, queue_s=0.25, load_s=0.5, prompt_s=0.5, generate_s=0.75),
)


def insert(store: Store, *rows: StageRow) -> None:
    with store.write() as connection:
        insert_stages(connection, rows)


def sums_of(store: Store, run_candidate_id: int) -> list[StageSums]:
    """The sums of the only candidate with stages."""
    ((row_id, sums),) = stage_sums(store, "run-1").items()
    assert run_candidate_id == row_id
    return sums


def stage(run_candidate_id: int, name: str, case: int = 0, **fields: Any) -> StageRow:
    generation = fields.pop("generation", MEASURED)
    row = make_stage(run_candidate_id, name, generation=generation, reply=ModelReply(generation=generation))
    return replace(row, case_id=f"case-{case}", **fields)


def test_stages_with_numbers_are_one_line_with_how_many_a_case_has(store: Store, run_candidate_id: int) -> None:
    notes = [stage(run_candidate_id, f"map {i}", case, position=i) for case in (0, 1) for i in range(1, 4 + case)]
    combined = [stage(run_candidate_id, f"combine 1.{i}", position=4 + i) for i in (1, 2)]
    last = [stage(run_candidate_id, "reduce", case, position=9) for case in (0, 1)]
    insert(store, *last, *combined, *notes)

    sums = sums_of(store, run_candidate_id)

    assert [("map", 7, 2, 3, 4), ("combine", 2, 1, 2, 2), ("reduce", 2, 2, 1, 1)] == [
        (each.stage, each.n, each.n_outcomes, each.least_per_case, each.most_per_case) for each in sums
    ]
    assert (700, 70) == (sums[0].prompt_tokens, sums[0].output_tokens)
    assert (14.0, 1.75, 3.5, 3.5, 5.25, 17.5) == (
        sums[0].total_s, sums[0].queue_s, sums[0].load_s, sums[0].prompt_s, sums[0].generate_s, sums[0].energy_j,
    )  # fmt: skip


@pytest.mark.parametrize(
    "name", ["critique 1", "section 2024 and later", "7", " 7", "gpt4", "a.b", "\x00 \ud83d 3", "<b> 1", "it's %s 2"]
)
def test_a_name_that_no_other_stage_shares_stays_whole(store: Store, run_candidate_id: int, name: str) -> None:
    insert(store, stage(run_candidate_id, name), stage(run_candidate_id, name, case=1))

    (sums,) = sums_of(store, run_candidate_id)

    assert (name, 2, 1) == (sums.stage, sums.n, sums.most_per_case)


def test_stages_of_one_name_that_ask_two_models_are_two_lines(store: Store, run_candidate_id: int) -> None:
    insert(
        store,
        stage(run_candidate_id, "vote 1"),
        stage(run_candidate_id, "vote 2", position=1, model="big:70b", digest="b" * 64),
    )

    assert [("vote 1", "small:1b", "a" * 64), ("vote 2", "big:70b", "b" * 64)] == [
        (each.stage, each.model, each.digest) for each in sums_of(store, run_candidate_id)
    ]


def test_what_is_not_known_is_left_out_of_a_sum_and_counted(store: Store, run_candidate_id: int) -> None:
    unknown = Generation(answer="a", text="a", output_tokens=10, timing=Timing(total_s=1.0))
    search = Generation(answer="", text="", timing=Timing(total_s=0.5))
    insert(
        store,
        stage(run_candidate_id, "map 1"),
        stage(run_candidate_id, "map 2", generation=unknown),
        stage(run_candidate_id, "search", kind="search", model=None, digest=None, endpoint=None, generation=search),
    )

    notes, found = sorted(sums_of(store, run_candidate_id), key=lambda each: each.kind)

    assert (100, 20, 3.0, 0.5, 2.5, 1, 1) == (
        notes.prompt_tokens, notes.output_tokens, notes.total_s, notes.load_s, notes.energy_j, notes.n_without_tokens,
        notes.n_without_energy,
    )  # fmt: skip
    assert (None, None, 0.5, None, 0, 0) == (
        found.prompt_tokens, found.energy_j, found.total_s, found.load_s, found.n_without_tokens,
        found.n_without_energy,
    )  # fmt: skip


def test_the_seconds_of_a_reused_answer_belong_to_another_run(store: Store, run_candidate_id: int) -> None:
    reused = OutcomeRow(
        run_candidate_id=run_candidate_id,
        case_id="case-1",
        repeat=0,
        outcome=replace(MEASURED, reused=True),
        endpoint="here",
        finished_at=NOON,
    )
    with store.write() as connection:
        insert_outcomes(connection, [reused])
    insert(store, stage(run_candidate_id, "draft"), stage(run_candidate_id, "draft", case=1))

    (sums,) = sums_of(store, run_candidate_id)

    assert (2, 1, 200, 2.0, 2.5, 0) == (
        sums.n, sums.n_reused, sums.prompt_tokens, sums.total_s, sums.energy_j, sums.n_without_energy,
    )  # fmt: skip


def test_other_runs_and_runs_without_pipelines_have_no_sums(
    store: Store, run_candidate_id: int, plan_run: Callable[..., Any]
) -> None:
    assert {} == stage_sums(store, "run-1")
    insert(store, stage(run_candidate_id, "draft"))
    plan_run("run-2", invocation_id="invocation-2")

    assert {} == stage_sums(store, "run-2")
    assert [run_candidate_id] == list(stage_sums(store, "run-1"))
