"""Which model decides is what the store says, and a model that cannot be read stops nothing."""

import pickle
import sqlite3
from contextlib import closing

import numpy as np
import pytest
from recommendable import fill

from evaluation.store.selection_models import champion, promote, rollback, save_model
from evaluation.store.session import open_store
from selection import flush, recommend
from selection.learning.served_arrays import written_model
from selection.learning.serving import ServedModel
from selection.recommender.registry import close_recommenders, recommender_of


@pytest.fixture
def store(tmp_path):
    with open_store(str(tmp_path / "store.db")) as store:
        fill(store)
        yield store
    close_recommenders()


def serving_bytes(kind="best_per_task", tasks=("summarization",)):
    model = ServedModel(
        kind=kind,
        tasks=tasks,
        keys=("a", "b"),
        learner=None,
        data_hash="of some evidence",
        code_version="0.1.0",
        trained_on=np.zeros(0, dtype=np.uint64),
    )
    return written_model(model)


def promoted(store, serving, *, data_hash="d"):
    record = save_model(
        store,
        kind="best_per_task",
        status="better",
        data_hash=data_hash,
        code_version="0.1.0",
        metrics={},
        report={},
        estimator=None,
        serving=serving,
    )
    promote(store, record.model_id, replacing=champion(store).promotion_id, reason="a test")
    return record


def asked(store, task="summarization"):
    found = recommend(task, "Sum this up.", store=store)
    flush(store=store)  # the next question need not wait for what is being written of this one
    return found


def test_without_a_model_the_scoreboard_decides(store):
    assert "scoreboard" == asked(store).decided_by


def test_a_promoted_model_decides_with_the_next_question_and_one_that_was_taken_back_no_more(store):
    assert "scoreboard" == asked(store).decided_by
    promoted(store, serving_bytes())
    found = asked(store)
    assert found.decided_by.startswith("best_per_task 1 (")
    assert "large:1b" == found.candidate.model
    assert () == found.notes
    rollback(store, reason="a test")
    assert "scoreboard" == asked(store).decided_by


def test_a_model_decides_only_where_it_knows_the_task_and_sees_a_prompt(store):
    promoted(store, serving_bytes())
    assert "scoreboard" == asked(store, "classification").decided_by
    assert "scoreboard" == recommend("summarization", store=store).decided_by


@pytest.mark.parametrize(
    "poison",
    [
        b"",
        b"no model at all",
        pickle.dumps({"kind": "ridge"}),
        serving_bytes()[:-40],
        serving_bytes()[: len(serving_bytes()) // 2],
    ],
)
def test_a_model_that_cannot_be_read_is_refused_and_the_one_before_it_decides(store, poison):
    promoted(store, serving_bytes())
    promoted(store, poison, data_hash="e")
    for _ in range(2):
        found = asked(store)
        assert found.decided_by.startswith("best_per_task 1 (")
        (note,) = found.notes
        assert note.startswith("selection model 2 was refused, so it does not decide: ")


def test_a_model_that_was_promoted_twice_and_cannot_be_read_is_told_of_once(store):
    promoted(store, serving_bytes())
    promoted(store, b"no model at all", data_hash="e")
    promoted(store, serving_bytes(tasks=("summarization", "classification")), data_hash="f")
    promoted(store, b"no model at all", data_hash="e")
    (note,) = asked(store).notes
    assert "selection model 2 was refused" in note


def test_bytes_that_were_changed_in_the_store_are_refused(store):
    promoted(store, serving_bytes())
    promoted(store, serving_bytes(tasks=("summarization", "classification")), data_hash="e")
    assert asked(store).decided_by.startswith("best_per_task 2 (")
    with closing(sqlite3.connect(store.url.removeprefix("sqlite+pysqlite:///"))) as connection, connection:
        connection.execute("UPDATE selection_model SET serving = ? WHERE version = 2", (serving_bytes(tasks=("x",)),))
    close_recommenders()
    found = asked(store)
    assert found.decided_by.startswith("best_per_task 1 (")
    assert "is not what was stored" in found.notes[0]


def test_where_no_model_can_be_read_the_scoreboard_decides(store):
    promoted(store, b"nothing")
    found = asked(store)
    assert ("scoreboard", "large:1b") == (found.decided_by, found.candidate.model)
    assert "selection model 1 was refused" in found.notes[0]


def test_a_model_without_anything_to_serve_is_refused(store):
    promoted(store, None)
    assert "holds no estimators" in asked(store).notes[0]


def test_what_is_recommended_changes_no_stamp_and_what_others_write_does(store):
    book = recommender_of(store).book
    asked(store)
    before = book.stamp()
    asked(store)
    assert 0 == recommender_of(store).log.flush(30.0)
    assert before == book.stamp()
    promoted(store, serving_bytes())
    assert before != book.stamp()


def test_a_password_is_no_part_of_what_is_shown(store):
    with pytest.raises(Exception, match=r"\*\*\*") as caught:
        recommend("summarization", store="postgresql://somebody:secret@127.0.0.1:9/nowhere")
    assert "secret" not in str(caught.value)
