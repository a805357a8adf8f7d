"""A retraining step by step on a real store: what is new, what is trained, who decides when two do it at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from learned_store import TASK, fill_learned, retrained, train_and_store
from recommendable import delete_evidence, fill, swap_scores
from stored_runs import asked, numbers, right, store_run

from evaluation.store.recommendations import report_outcome
from evaluation.store.selection_models import champion, find_model, history, promote, read_model, save_model
from evaluation.store.session import Store, open_store
from selection import flush, recommend
from selection.learning.retraining import (
    Judgement,
    carry_out,
    judge,
    retraining_result,
    what_is_new,
)
from selection.recommender.registry import close_recommenders


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    with open_store(sqlite_url) as opened:
        fill(opened)
        yield opened
    close_recommenders()


def twin(store: Store, model_id: str, *, serving: bytes | None = None, kind: str = "best_per_task") -> str:
    """A model that says the same, and is another one to the store."""
    found = read_model(store, model_id)
    stored = save_model(
        store,
        kind=kind,
        status="trained",
        data_hash="of other evidence",
        code_version=found.record.code_version,
        metrics=found.record.metrics,
        report=found.record.report,
        estimator=found.estimator,
        serving=serving or found.serving,
    )
    return stored.model_id


def test_all_is_new_before_the_first_training_and_nothing_after_it(store: Store) -> None:
    before = what_is_new(store)
    train_and_store(store, seed=0)
    after = what_is_new(store)

    assert (240, 80, 3, 2, 240) == (
        before.n_rows,
        before.n_cases,
        before.n_candidates,
        before.n_tasks,
        before.n_new_rows,
    )
    assert before.too_little(240) is None
    assert (
        "240 scored answers and 0 reported outcomes are new, but 241 are required (--if-enough-new)"
        == before.too_little(241)
    )
    assert (240, 0) == (after.n_rows, after.n_new_rows)
    assert after.too_little(None) is None
    assert (after.too_little(1) or "").startswith("0 scored answers and 0 reported outcomes are new since ")


def test_answers_and_outcomes_that_came_since_are_counted(store: Store) -> None:
    train_and_store(store, seed=0)
    cases = numbers(5)
    store_run(store, asked("new:1b", right(cases)), cases=cases, run_id="later")
    recommendation = recommend("summarization", store=store)
    assert 0 == flush(store=store)
    report_outcome(store, recommendation.id, ok=True)

    found = what_is_new(store)

    assert (5, 1) == (found.n_new_rows, found.n_outcomes)
    assert found.too_little(6) is None
    assert found.too_little(7) is not None


def test_a_store_that_knows_nothing_trains_nothing(store: Store) -> None:
    delete_evidence(store)

    assert "no candidate has results: evaluate some, or import results from elsewhere" == what_is_new(store).too_little(
        None
    )


def test_of_two_retrainings_at_once_the_second_is_held_against_the_first_ones_champion(store: Store) -> None:
    first = train_and_store(store, seed=0)
    second = twin(store, first)
    judged_first, judged_second = judge(store, first), judge(store, second)

    assert carry_out(store, judged_first)
    assert not carry_out(store, judged_second)
    again = judge(store, second)
    assert carry_out(store, again)

    held = champion(store)
    assert (True, True, False) == (judged_first.promotes, judged_second.promotes, again.promotes)
    assert (None, held.promotion_id) == (judged_second.replaces, again.replaces)
    assert held.model is not None
    assert first == held.model.model_id
    assert {first: "promoted", second: "not promoted"} == {one.model_id: one.status for one in history(store)}


def test_a_promotion_whose_answer_was_lost_is_not_made_twice(store: Store) -> None:
    judged = judge(store, train_and_store(store, seed=0))

    assert (True, True) == (carry_out(store, judged), carry_out(store, judged))
    assert champion(store).reason == judged.reason


def test_the_model_that_decides_is_not_held_against_itself(store: Store) -> None:
    model_id = train_and_store(store, seed=0)
    carry_out(store, judge(store, model_id))
    again = judge(store, model_id)

    assert (False, "the evidence yields the model that already decides") == (again.promotes, again.reason)
    assert carry_out(store, again)
    assert "promoted" == find_model(store, model_id).status


def test_a_champion_that_cannot_be_read_keeps_nobody_out(store: Store) -> None:
    model_id = train_and_store(store, seed=0)
    poisoned = twin(store, model_id, serving=b"\x80\x04\x95 a pickle", kind="ridge")
    promote(store, poisoned, replacing=None, reason="by mistake")

    judged = judge(store, model_id)

    assert judged.promotes
    assert ["selection model 2 was refused, so it does not decide"] == [note.split(":")[0] for note in judged.notes]
    assert carry_out(store, judged)


def test_the_result_says_in_a_sentence_what_became_of_it(store: Store) -> None:
    known = what_is_new(store)
    refused = retraining_result(store, known, None, "too little is new")
    judged = judge(store, train_and_store(store, seed=0))
    carry_out(store, judged)
    promoted = retraining_result(store, known, judged, None)
    kept = retraining_result(
        store, known, Judgement(model_id=judged.model_id, replaces=None, promotes=False, reason="no real gain"), None
    )

    assert "No model was trained: too little is new." == refused.sentence
    assert (None, None) == (refused.model_id, refused.report)
    assert promoted.sentence.startswith("best_per_task 1 is now the selection model: ")
    assert judged.model_id == promoted.champion_id
    assert "best_per_task 1 was trained; best_per_task 1 keeps deciding: no real gain." == kept.sentence


def test_outcomes_that_have_drifted_since_a_training_are_a_reason_for_another_however_little_is_new(
    store: Store,
) -> None:
    assert what_is_new(store).reason is None
    train_and_store(store, seed=0)
    for number in range(8):
        named = recommend("summarization", f"Sum up number {number}.", store=store)
        assert 0 == flush(store=store)
        report_outcome(store, named.id, quality=0.1)

    found = what_is_new(store)

    assert found.reason is not None
    assert "the outcomes of large:1b on summarization are" in found.reason
    assert "below what was expected (8 prompts)" in found.reason
    assert found.too_little(1_000) is None
    assert found.reason in "; ".join(retraining_result(store, found, None, None).notes)
    train_and_store(store, seed=1)
    assert what_is_new(store).reason is None


def test_scores_that_are_others_than_a_model_learned_from_are_a_reason_to_retrain(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "learned.db")) as learned:
        fill_learned(learned)
        assert retrained(learned).promotes
        assert what_is_new(learned).reason is None
        swap_scores(learned, TASK, "one", "two")

        found = what_is_new(learned)

        assert found.reason is not None
        assert found.reason.startswith("scores have changed since trees 1 (")
        assert found.reason.endswith("learned from them: two:1b on reasoning and one:1b on reasoning")
        assert found.too_little(1_000) is None
