"""What is said of a retraining that was ended early."""

from collections.abc import Iterator

import pytest
from learned_store import train_and_store
from recommendable import fill

from evaluation.store.selection_models import champion
from evaluation.store.session import Store, open_store
from selection.learning.resumption import start_record, stored_progress
from selection.learning.retraining import Judgement, carry_out, judge


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    with open_store(sqlite_url) as opened:
        fill(opened)
        yield opened


def test_nothing_is_kept_of_what_had_not_come_far(store: Store) -> None:
    found = stored_progress(store, since=start_record(store))

    assert ("no model was trained; the scoreboard alone keeps deciding", None) == (found.sentence, found.model_id)


def test_a_trained_model_is_kept_though_nobody_judged_it(store: Store) -> None:
    before = start_record(store)
    model_id = train_and_store(store, seed=0)
    found = stored_progress(store, since=before)

    assert model_id == found.model_id
    assert "best_per_task 1 was trained and is stored (trained); the scoreboard alone keeps deciding" == (
        found.sentence
    )


def test_a_model_that_was_judged_is_said_to_be_kept_out(store: Store) -> None:
    before = start_record(store)
    model_id = train_and_store(store, seed=0)
    carry_out(store, Judgement(model_id=model_id, replaces=None, promotes=False, reason="it gained nothing"))

    assert "(not promoted); the scoreboard alone keeps deciding" in stored_progress(store, since=before).sentence


def test_a_model_that_came_to_decide_is_said_to_and_is_no_news_to_the_next_one(store: Store) -> None:
    before = start_record(store)
    assert carry_out(store, judge(store, train_and_store(store, seed=0)))

    assert champion(store).model is not None
    assert "best_per_task 1 was trained and is now the selection model" == stored_progress(store, since=before).sentence
    assert (
        "no model was trained; best_per_task 1 keeps deciding"
        == stored_progress(store, since=start_record(store)).sentence
    )
