"""Values read without objects equal those of the objects."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from stored_rows import save_outcomes

from evaluation.errors import FailureKind
from evaluation.generation import Failure, Generation, PromptState, Timing
from evaluation.outcome_fields import KINDS, flat_values
from evaluation.records.candidates import MetricUse
from evaluation.records.outcomes import OutcomeRow
from evaluation.records.scores import ScoreRow
from evaluation.scores import Measurement, ScoreFailure
from evaluation.store.outcome_values import (
    OutcomeValues,
    ScoreCell,
    iterate_outcome_values,
    outcome_values_after,
    outcome_values_of_cases,
    score_cells,
)
from evaluation.store.outcomes import iterate_outcomes
from evaluation.store.scores import save_scores
from evaluation.store.session import Store

MakeRow = Callable[..., OutcomeRow]
OUTCOMES: dict[str, Failure | Generation] = {
    "whole": Generation(
        text="a\x00b \ud83d",
        answer="\x1a0000",
        thinking="hm",
        finish_reason="length",
        prompt_tokens=12,
        output_tokens=7,
        cached_tokens=3,
        timing=Timing(total_s=1.5, ttft_s=0.25, queue_s=0.5, load_s=0.0, prompt_s=0.125, generate_s=1.0),
        cold=True,
        reused=True,
        prompt_state=PromptState.CACHED,
        n_attempts=3,
        seed=5,
    ),
    "bare": Generation(text="", answer=""),
    "own": Generation(text=" ", answer="", own_failure=FailureKind.EMPTY_ANSWER, message="nothing came"),
    "down": Failure(kind=FailureKind.SERVER_DOWN, message="no \x00 answer", n_attempts=8, seed=5, total_s=2.5),
    "bad": Failure(kind=FailureKind.BAD_OPTION, message="no such option"),
}


@pytest.fixture
def rows(store: Store, run_candidate_id: int, make_row: MakeRow) -> dict[int, OutcomeRow]:
    """Stored outcomes of every sort, by id."""
    made = [make_row(run_candidate_id, case_id, outcome=outcome) for case_id, outcome in OUTCOMES.items()]
    save_outcomes(store, [*made, replace(made[0], repeat=1)])
    return {each.generation_id: each.row for page in iterate_outcomes(store, run_candidate_id) for each in page}


def _expected(row: OutcomeRow) -> dict[str, object]:
    names = (
        "endpoint",
        "case_id",
        "repeat",
        "effective_context",
        "vram_share",
        "started_at",
        "finished_at",
    )
    kind = row.outcome.kind if isinstance(row.outcome, Failure) else None
    values = dict.fromkeys(KINDS) | {name: getattr(row, name) for name in names} | flat_values(row.outcome)
    return values | {"failure_kind": kind}


@pytest.mark.parametrize("batch", [1, 2, 500])
def test_values_are_those_of_the_stored_outcomes(
    store: Store, run_candidate_id: int, rows: dict[int, OutcomeRow], batch: int
) -> None:
    pages = list(iterate_outcome_values(store, run_candidate_id, batch=batch))
    assert all(len(page) <= batch for page in pages)
    values = {each.generation_id: each.values for page in pages for each in page}
    assert {generation_id: _expected(row) for generation_id, row in rows.items()} == values
    assert list(rows) == list(values)


def _cases(outcomes: list[OutcomeValues]) -> list[tuple[str, int]]:
    return [(each.values["case_id"], each.values["repeat"]) for each in outcomes]


def test_outcomes_are_selected_by_failure_case_and_place(
    store: Store, run_candidate_id: int, rows: dict[int, OutcomeRow]
) -> None:
    (failures,) = iterate_outcome_values(store, run_candidate_id, failed=True)
    assert [("down", 0), ("bad", 0)] == _cases(failures)
    (answers,) = iterate_outcome_values(store, run_candidate_id, failed=False)
    assert [("whole", 0), ("bare", 0), ("own", 0), ("whole", 1)] == _cases(answers)
    named = ["down", "whole", "nobody"]
    assert [("down", 0), ("whole", 0), ("whole", 1)] == _cases(outcome_values_of_cases(store, run_candidate_id, named))
    assert [("down", 0)] == _cases(outcome_values_of_cases(store, run_candidate_id, named, failed=True))
    first = next(iter(rows))
    after = outcome_values_after(store, run_candidate_id, first, limit=2, case_ids=["whole", "bad"])
    assert [("bad", 0), ("whole", 1)] == _cases(after)


def test_the_cells_of_scores_are_those_of_the_requested_metrics(store: Store, rows: dict[int, OutcomeRow]) -> None:
    first, second, third, *_ = rows
    f1, other = (MetricUse(name=name, signature=f"{name}()|v1") for name in ("token_f1", "contains"))
    good = Measurement(value=0.5, label="a\x00", rationale="because")
    bad = ScoreFailure(kind="judge_failed", message="no verdict")
    made = [(first, f1, good), (first, other, Measurement(value=1.0)), (second, f1, bad), (third, other, bad)]
    save_scores(
        store,
        [ScoreRow(generation_id=key, metric=use, measurement=each, scorer_version="1") for key, use, each in made],
    )
    cells = {
        ScoreCell(first, f1.signature, 0.5, "a\x00", None),
        ScoreCell(second, f1.signature, None, None, "judge_failed"),
    }
    assert cells == set(score_cells(store, list(rows), [f1.signature]))
    assert 4 == len(list(score_cells(store, list(rows), [f1.signature, other.signature, "none"])))
    assert [] == list(score_cells(store, [second], [other.signature]))
