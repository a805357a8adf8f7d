"""Is what was read from a run kept, and never given once the run has changed?"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from stored_runs import MOMENT, asked, numbers, right, store_run, wrong

from evaluation.errors import StoreError
from evaluation.records.status import Status
from evaluation.run_results.run_result import run_result
from evaluation.store import kept_readings
from evaluation.store.kept_readings import kept_or_read
from evaluation.store.session import Store, open_store
from evaluation.store.tables import (
    generation,
    kept_reading,
    metric,
    run,
    run_candidate,
    run_state,
    score,
    score_failure,
    stage,
    trace,
)

CASES = numbers(4)


@pytest.fixture(autouse=True)
def _keep_of_small_runs_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_readings, "FEWEST_ANSWERS", 1)
    monkeypatch.setattr(kept_readings, "code_hash", lambda: "code")


@pytest.fixture
def run_id(store: Store) -> str:
    return store_run(store, asked("a:1b", right(CASES)), asked("b:1b", wrong(CASES)), cases=CASES)


class Reader:
    """Reads something of a run and counts how often it has to."""

    def __init__(self, store: Store, run_id: str = "run-1") -> None:
        self.n = 0
        self._store, self._run_id = store, run_id

    def __call__(self, basis: Any = None, meanwhile: Callable[[], object] = lambda: None) -> int:
        def read() -> int:
            self.n += 1
            meanwhile()
            return self.n

        value: int = kept_or_read(self._store, self._run_id, "number", basis, read)
        return value


def test_a_reading_is_kept_for_other_stores_of_the_same_database(store: Store, run_id: str) -> None:
    reader = Reader(store)

    assert (1, 1) == (reader(), reader())
    with open_store(store.url) as another:
        assert 1 == kept_or_read(another, run_id, "number", None, lambda: -1)


def test_another_basis_and_other_code_read_again(store: Store, run_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(store)

    assert (1, 2) == (reader([1]), reader([2]))
    monkeypatch.setattr(kept_readings, "code_hash", lambda: "other code")
    assert 3 == reader([2])
    monkeypatch.setattr(kept_readings, "code_hash", lambda: None)  # a file is newer than the process
    assert (4, 5) == (reader([2]), reader([2]))


def test_nothing_is_kept_of_a_small_run(store: Store, run_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_readings, "FEWEST_ANSWERS", 9)
    reader = Reader(store)

    assert (1, 2) == (reader(), reader())


@pytest.mark.parametrize("status", [Status.PLANNED, Status.RUNNING])
def test_nothing_is_kept_of_a_run_that_has_not_ended(store: Store, status: Status) -> None:
    store_run(store, asked("a:1b", right(CASES)), cases=CASES, status=status)
    reader = Reader(store)

    assert (1, 2) == (reader(), reader())


def test_nothing_is_kept_where_the_database_may_only_be_read(
    store: Store, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_store: Store) -> None:
        raise StoreError("it may only be read")

    monkeypatch.setattr(Store, "write", refuse)
    reader = Reader(store)

    assert (1, 2) == (reader(), reader())


def _first(table: sa.Table) -> sa.ScalarSelect[Any]:
    return sa.select(sa.func.min(table.c.id)).scalar_subquery()


_SCORE = {"generation_id": _first(generation), "scorer_version": "1"}
_NEW_SCORE = {**_SCORE, "metric_key": "other", "value": 0.5, "evidence": [], "scored_at": MOMENT}
_NEW_FAILURE = {**_SCORE, "metric_key": "other", "kind": "broken", "message": "?", "failed_at": MOMENT}
_NEW_STAGE = {
    "run_candidate_id": _first(run_candidate),
    "case_id": "c0",
    "repeat": 0,
    "position": 0,
    "name": "draft",
    "kind": "chat",
    "request_hash": "?",
    "cold": False,
    "reused": False,
    "n_attempts": 1,
    "started_at": MOMENT,
    "finished_at": MOMENT,
}
_NEW_ANSWER = {
    "run_candidate_id": _first(run_candidate),
    "case_id": "c0",
    "repeat": 1,
    "cold": False,
    "reused": False,
    "n_attempts": 1,
    "endpoint": "here",
    "finished_at": MOMENT,
}
CHANGES = {
    "an answer is added": sa.insert(generation).values(_NEW_ANSWER),
    "an answer is changed": sa.update(generation).where(generation.c.id == _first(generation)).values(energy_j=1.0),
    "an answer is deleted": sa.delete(generation).where(generation.c.id == _first(generation)),
    "a score is added": sa.insert(score).values(_NEW_SCORE),
    "a score is changed": sa.update(score).where(score.c.id == _first(score)).values(value=0.25),
    "a score is deleted": sa.delete(score).where(score.c.id == _first(score)),
    "a score failure is added": sa.insert(score_failure).values(_NEW_FAILURE),
    "a score failure is changed": sa.update(score_failure).values(kind="other"),
    "a score failure is deleted": sa.delete(score_failure),
    "a stage is added": sa.insert(stage).values(_NEW_STAGE),
    "a stage is changed": sa.update(stage).values(total_s=2.0),
    "a stage is deleted": sa.delete(stage),
    "a note is added": sa.insert(trace).values(generation_id=_first(generation), notes={}),
    "a note is changed": sa.update(trace).values(notes={"left_out": 1}),
    "a note is deleted": sa.delete(trace),
    "a candidate is deleted": sa.delete(run_candidate).where(run_candidate.c.id == _first(run_candidate)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_of_a_runs_rows_by_anybody_ends_what_was_kept(store: Store, run_id: str, change: str) -> None:
    other = store_run(store, asked("a:1b", right(CASES)), cases=CASES, run_id="run-2")
    with store.write() as connection:
        connection.execute(sa.insert(metric).values(key="other", name="other", signature="other"))
        if "is added" not in change:
            for table, values in ((score_failure, _NEW_FAILURE), (stage, _NEW_STAGE)):
                connection.execute(sa.insert(table).values(values))
            connection.execute(sa.insert(trace).values(generation_id=_first(generation), notes={}))
    reader, reader_of_other = Reader(store), Reader(store, other)
    assert (1, 1, 1) == (reader(), reader(), reader_of_other())

    with open_store(store.url) as another, another.write() as connection:
        connection.execute(CHANGES[change])

    assert (2, 2) == (reader(), reader())
    assert 1 == reader_of_other()


def test_what_changes_during_the_reading_is_read_the_next_time(store: Store, run_id: str) -> None:
    def change() -> None:
        with store.write() as connection:
            connection.execute(CHANGES["a score is changed"])

    reader = Reader(store)

    assert 1 == reader(meanwhile=change)
    assert (2, 2) == (reader(), reader())


def test_a_change_that_is_rolled_back_ends_nothing(store: Store, run_id: str) -> None:
    reader = Reader(store)
    reader()
    with suppress(RuntimeError), store.write() as connection:
        connection.execute(CHANGES["a score is changed"])
        raise RuntimeError

    assert 1 == reader()


def test_nothing_is_kept_while_somebody_writes_who_began_before_the_state_was_there(
    postgresql_url: str, store: Store
) -> None:
    """Its triggers saw no state to end, and nobody sees its rows before it has ended."""
    if store.dialect != "postgresql":
        pytest.skip("SQLite has but one writer")
    store_run(store, asked("a:1b", right(CASES)), cases=CASES)
    reader = Reader(store)

    with psycopg.connect(postgresql_url) as writer:
        writer.execute("UPDATE score SET value = 0.25")
        assert (1, 2) == (reader(), reader())
        writer.commit()
    assert (3, 3) == (reader(), reader())


def test_with_a_run_goes_what_was_kept_of_it(store: Store, run_id: str) -> None:
    Reader(store)()
    with store.write() as connection:
        connection.execute(sa.delete(run))
        left = [
            connection.execute(sa.select(sa.func.count()).select_from(t)).scalar() for t in (run_state, kept_reading)
        ]

    assert [0, 0] == left


def test_a_result_that_is_put_together_from_what_was_kept_is_the_same(store: Store, run_id: str) -> None:
    with store.write() as connection:
        connection.execute(sa.insert(stage).values(_NEW_STAGE))
        connection.execute(sa.update(generation).where(generation.c.case_id == "c1").values(own_failure="empty_answer"))
        connection.execute(sa.update(generation).where(generation.c.case_id == "c2").values(failure_kind="timed_out"))
    first = run_result(store, run_id)
    with store.read() as connection:
        names = connection.execute(sa.select(kept_reading.c.name).order_by(kept_reading.c.name)).scalars().all()

    assert ["figures"] == names
    assert first == run_result(store, run_id)
