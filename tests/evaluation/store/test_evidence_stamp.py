"""Does the stamp differ after another wrote, and only then?"""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from stored_rows import stamp_of
from stored_runs import asked, numbers, right, store_run

from evaluation.errors import StoreUnreachableError
from evaluation.store.evidence_stamp import ServerStamp
from evaluation.store.runs import archive_run
from evaluation.store.session import Store, open_store
from evaluation.store.sqlite_stamp import SqliteStamp
from evaluation.store.statements import now
from evaluation.store.tables import scoreboard_import

CASES = numbers(2)
Stamp = SqliteStamp | ServerStamp


@pytest.fixture
def stamp(store: Store) -> Iterator[Stamp]:
    found = stamp_of(store)
    yield found
    found.close()


def changed_within(stamp: Stamp, before: object, seconds: float = 60.0) -> bool:
    """PostgreSQL tells others of changes with a delay."""
    deadline = time.monotonic() + seconds
    while stamp.value() == before and time.monotonic() < deadline:
        time.sleep(0.05)
    return stamp.value() != before


def test_a_stamp_stays_while_nothing_is_written(stamp: Stamp) -> None:
    def has_stayed() -> bool:
        before = stamp.value()
        return all(stamp.value() == before for _ in range(5))

    deadline = time.monotonic() + 60.0
    while not (stays := has_stayed()) and time.monotonic() < deadline:
        time.sleep(0.05)  # PostgreSQL may still be counting what went before
    assert stays


def test_a_new_run_is_seen_at_once(store: Store, stamp: Stamp) -> None:
    before = stamp.value()
    store_run(store, asked("a:1b", right(CASES)), cases=CASES)
    assert before != stamp.value()


def test_what_another_process_changes_is_seen(store: Store, store_url: str, stamp: Stamp) -> None:
    store_run(store, asked("a:1b", right(CASES)), cases=CASES)
    if store.dialect == "postgresql":
        time.sleep(1.1)  # so that the server has counted what went before
    before = stamp.value()
    with open_store(store_url) as other:
        archive_run(other, "run-1")
    assert changed_within(stamp, before)


def test_what_is_written_through_the_stamp_does_not_count(store: Store, stamp: Stamp) -> None:
    if store.dialect == "postgresql":
        pytest.skip("PostgreSQL counts by table, whoever writes")
    before = stamp.value()
    with stamp.write() as connection:
        connection.execute(sa.delete(scoreboard_import))
    assert before == stamp.value()


def test_what_failed_is_rolled_back_and_the_next_one_is_stored(store: Store, stamp: Stamp) -> None:
    row = {"id": "i", "name": "n", "source": "s", "tasks": [], "candidates": [], "n_cases": 0, "n_rows": 0}
    insert = sa.insert(scoreboard_import)

    def write_and_stop() -> None:
        with stamp.write() as connection:
            connection.execute(insert, {**row, "imported_at": now()})
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        write_and_stop()
    with stamp.write() as connection:
        connection.execute(insert, {**row, "id": "other", "imported_at": now()})
    with store.read() as connection:
        assert ["other"] == list(connection.execute(sa.select(scoreboard_import.c.id)).scalars())


def test_many_threads_may_ask_and_write(stamp: Stamp) -> None:
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(20):
                stamp.value()
                with stamp.write() as connection:
                    connection.execute(sa.delete(scoreboard_import))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [] == failures


def test_who_asks_does_not_wait_for_a_writer(sqlite_url: str) -> None:
    with open_store(sqlite_url) as store:
        stamp = stamp_of(store)
        before = stamp.value()
        with stamp.write():
            assert before == stamp.value()
        stamp.close()


def test_a_file_that_is_gone_is_away_and_one_in_its_place_is_another(sqlite_url: str) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with open_store(sqlite_url) as store:
        stamp = stamp_of(store)
        before = stamp.value()
        path.rename(path.with_suffix(".kept"))
        with pytest.raises(StoreUnreachableError, match="away"):
            stamp.value()
        open_store(sqlite_url).close()
        assert before != stamp.value()
        stamp.close()
