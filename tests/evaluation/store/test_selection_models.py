"""Which model decides, when two want to replace it at once, and when its bytes are not what was stored?"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from evaluation.errors import ConfigurationError, DamagedModelError, SupersededError, UnknownNameError
from evaluation.records.selection import Champion, SelectionModelRecord
from evaluation.store.selection_models import (
    champion,
    champions,
    find_model,
    history,
    promote,
    promotions,
    read_model,
    rollback,
    save_model,
)
from evaluation.store.session import Store
from evaluation.store.tables import selection_model


def saved(store: Store, serving: bytes = b"arrays", **given: Any) -> SelectionModelRecord:
    said: dict[str, Any] = {"kind": "ridge", "status": "challenger", "data_hash": "d", "code_version": "0"}
    said |= {"metrics": {"gain": 0.01}, "report": {"folds": [1, 2]}, "estimator": b"\x00skops"}
    return save_model(store, serving=serving, **(said | given))


def promoted(store: Store, *models: SelectionModelRecord) -> Champion:
    found = champion(store)
    for one in models:
        found = promote(store, one.model_id, replacing=found.promotion_id, reason=f"it is {one.version}")
    return found


def test_a_model_comes_back_as_it_was_stored(store: Store) -> None:
    record = saved(store)
    found = read_model(store, record.model_id)
    assert (record, b"\x00skops", b"arrays") == (found.record, found.estimator, found.serving)
    assert (1, {"gain": 0.01}, {"folds": [1, 2]}) == (record.version, record.metrics, record.report)


def test_versions_count_up_and_the_same_model_is_stored_once(store: Store) -> None:
    first, second = saved(store), saved(store, b"others", kind="trees")
    again = saved(store, status="promoted")
    assert (1, 2, 1) == (first.version, second.version, again.version)
    assert [2, 1] == [one.version for one in history(store)]
    assert [2] == [one.version for one in history(store, limit=1)]
    assert "promoted" == find_model(store, 1).status


def test_models_stored_at_once_get_versions_of_their_own(store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        records = list(pool.map(lambda n: saved(store, bytes([n])), range(8)))
    assert list(range(1, 9)) == sorted(record.version for record in records)


def test_a_model_is_found_by_version_id_and_beginning(store: Store) -> None:
    record = saved(store)
    wanted: tuple[str | int, ...] = (1, "1", record.model_id, record.model_id[:12])
    assert {record.model_id} == {find_model(store, one).model_id for one in wanted}
    for unknown in ("nothing", "", "7", 7):
        with pytest.raises(UnknownNameError, match="unknown selection model"):
            read_model(store, unknown)


@pytest.mark.parametrize("part", ["estimator", "serving"])
def test_bytes_that_are_not_what_was_stored_are_refused(store: Store, part: str) -> None:
    first, second = saved(store), saved(store, b"others")
    promoted(store, first, second)
    with store.write() as connection:
        damaged = sa.update(selection_model).where(selection_model.c.id == second.model_id)
        connection.execute(damaged.values({part: b"\x80\x04pickled"}))

    with pytest.raises(DamagedModelError, match=f"the {part} of selection model 2"):
        read_model(store, second.model_id)

    line = champions(store)
    assert [2, 1, None] == [one.model and one.model.version for one in line]
    assert b"arrays" == read_model(store, 1).serving


def test_before_any_promotion_the_scoreboard_decides(store: Store) -> None:
    assert (None, None) == (champion(store).promotion_id, champion(store).model)
    with pytest.raises(ConfigurationError, match="none to be taken back"):
        rollback(store, reason="no")


def test_a_promotion_must_name_what_it_replaces(store: Store) -> None:
    first, second = saved(store), saved(store, b"others")
    held = promoted(store, first)
    assert (first, "it is 1") == (held.model, held.reason)

    for stale in (None, 10**6):
        with pytest.raises(SupersededError, match="another process promoted a model first"):
            promote(store, second.model_id, replacing=stale, reason="late")
    assert first == champion(store).model
    assert 1 == len(promotions(store))


def test_of_two_that_replace_the_same_one_at_once_the_second_is_refused(store: Store) -> None:
    held = promoted(store, saved(store))
    models = [saved(store, bytes([n])) for n in range(4)]

    def attempt(model: SelectionModelRecord) -> bool:
        try:
            promote(store, model.model_id, replacing=held.promotion_id, reason="faster")
        except SupersededError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(attempt, models))
    assert 1 == sum(done)
    assert champion(store).model == models[done.index(True)]
    assert 2 == len(promotions(store))


def test_the_first_promotion_too_is_made_once(store: Store) -> None:
    models = [saved(store, bytes([n])) for n in range(4)]

    def attempt(model: SelectionModelRecord) -> bool:
        try:
            promote(store, model.model_id, replacing=None, reason="first")
        except SupersededError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert 1 == sum(pool.map(attempt, models))


def test_rollbacks_go_back_one_by_one_to_the_scoreboard(store: Store) -> None:
    models = [saved(store, bytes([n])) for n in range(3)]
    promoted(store, *models)
    back = [rollback(store, reason="worse").model for _ in range(3)]
    assert [models[1], models[0], None] == back
    with pytest.raises(ConfigurationError, match="none to be taken back"):
        rollback(store, reason="again")
    assert 6 == len(promotions(store))
    assert [True] * 3 + [False] * 3 == [one.reason == "worse" for one in promotions(store)]


def test_a_promotion_after_a_rollback_is_taken_back_to_what_held_before_it(store: Store) -> None:
    first, second, third = (saved(store, bytes([n])) for n in range(3))
    promoted(store, first, second)
    held = rollback(store, reason="worse")
    promote(store, third.model_id, replacing=held.promotion_id, reason="better")
    assert [third, first, None] == [one.model for one in champions(store)]
    assert first == rollback(store, reason="worse").model
    assert [first, None] == [one.model for one in champions(store)]


def test_a_promotion_after_all_was_taken_back_ends_at_the_scoreboard(store: Store) -> None:
    first, second = saved(store), saved(store, b"others")
    promoted(store, first)
    held = rollback(store, reason="worse")
    assert None is held.model
    promote(store, second.model_id, replacing=held.promotion_id, reason="better")
    assert [second, None] == [one.model for one in champions(store)]
    assert None is rollback(store, reason="worse").model


def test_a_rollback_of_what_no_longer_holds_is_refused(store: Store) -> None:
    held = promoted(store, saved(store))
    promoted(store, saved(store, b"others"))
    with pytest.raises(SupersededError):
        rollback(store, reason="worse", replacing=held.promotion_id)
