"""Is a database that goes away for a while waited for, and is nothing lost or stored twice meanwhile?"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from postgresql import PostgresqlServer
from sqlalchemy import event

from evaluation.errors import StoreError, StoreUnreachableError
from evaluation.generation import Generation
from evaluation.records.outcomes import OutcomeRow
from evaluation.store.address import parse_url
from evaluation.store.engine import store_error
from evaluation.store.outcomes import count_outcomes, load_outcomes
from evaluation.store.retrying import patiently
from evaluation.store.session import Store, open_store
from evaluation.store.writer import OutcomeWriter

MakeRow = Callable[..., OutcomeRow]


class _Failing:
    """Raises what it is given, one after the other, and then gives `done`."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    def __call__(self) -> str:
        if self.errors:
            raise self.errors.pop(0)
        return "done"


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, on a clock that they move."""
    made: list[float] = []
    clock = SimpleNamespace(sleep=made.append, monotonic=lambda: sum(made))
    monkeypatch.setattr("evaluation.store.retrying.time", clock)
    return made


def test_a_database_that_is_away_is_asked_again_after_growing_pauses(pauses: list[float]) -> None:
    told: list[StoreError] = []
    errors = [StoreUnreachableError(f"away {number}") for number in range(7)]
    assert "done" == patiently(_Failing(*errors), on_wait=told.append)
    assert [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0] == pauses
    assert errors == told


def test_patience_ends_with_the_last_error(pauses: list[float]) -> None:
    errors = [StoreUnreachableError(f"away {number}") for number in range(9)]
    with pytest.raises(StoreUnreachableError, match="away 3"):
        patiently(_Failing(*errors), patience_s=0.5)
    assert pytest.approx([0.1, 0.2, 0.2]) == pauses


def test_a_failure_that_waiting_does_not_mend_is_raised_at_once(pauses: list[float]) -> None:
    with pytest.raises(StoreError, match="full"):
        patiently(_Failing(StoreError("the disk is full")))
    assert [] == pauses


class _Coded(Exception):
    def __init__(self, said: str, sqlstate: str | None = None) -> None:
        super().__init__(said)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    "original",
    [
        _Coded("database is locked"),
        _Coded("terminating connection due to administrator command", "57P01"),
        _Coded("connection failed: FATAL:  the database system is starting up"),
        _Coded("connection failed: connection to server at ... failed: Connection refused"),
        _Coded("connection failed: FATAL:  sorry, too many clients already"),
        _Coded("consuming input failed: server closed the connection unexpectedly"),
        _Coded("the connection is closed"),
        _Coded("connection timeout expired"),
        _Coded("connection is bad: no such file; is the server running locally?"),
        _Coded("deadlock detected", "40P01"),
    ],
)
def test_what_may_pass_is_told_apart(original: Exception) -> None:
    said = store_error(sa.exc.OperationalError("SELECT", None, original), parse_url("postgresql://u:secret@h/n"))
    assert isinstance(said, StoreUnreachableError)
    assert "secret" not in said.message


def test_a_connection_that_broke_for_no_known_reason_may_come_back() -> None:
    broken = sa.exc.DBAPIError("SELECT", None, _Coded("never heard of"), connection_invalidated=True)
    assert isinstance(store_error(broken, parse_url("x.db")), StoreUnreachableError)


@pytest.mark.parametrize(
    "original",
    [
        _Coded('connection failed: FATAL:  password authentication failed for user "u"'),
        _Coded('connection failed: FATAL:  database "n" does not exist'),
        _Coded("database or disk is full"),
        _Coded("value too long", "22001"),
    ],
)
def test_what_stays_is_told_apart(original: Exception) -> None:
    said = store_error(sa.exc.OperationalError("SELECT", None, original), parse_url("postgresql://h/n"))
    assert StoreError is type(said)


def _breaking(store: Store, times: int) -> Callable[..., None]:
    """Lets the next statements of a store fail as they do when the server goes away."""
    left = [times]

    def fail(*_: Any) -> None:
        if left[0] > 0:
            left[0] -= 1
            raise sa.exc.OperationalError("INSERT", None, _Coded("server closed the connection unexpectedly"))

    event.listen(store._engine, "before_cursor_execute", fail)
    return fail


def test_the_writer_rides_out_an_outage(store: Store, run_candidate_id: int, make_row: MakeRow) -> None:
    _breaking(store, 3)
    with OutcomeWriter(store) as writer:
        futures = [writer.submit(make_row(run_candidate_id, f"case-{number}")) for number in range(50)]
        assert [None] * 50 == [future.result(timeout=60) for future in futures]
    assert 50 == count_outcomes(store, "run-1")[0].n_ok


def test_a_writer_whose_patience_is_over_says_that_the_database_is_away(
    store: Store, run_candidate_id: int, make_row: MakeRow
) -> None:
    _breaking(store, 1000)
    with OutcomeWriter(store, patience_s=0.2) as writer:
        for future in [writer.submit(make_row(run_candidate_id, f"case-{number}")) for number in range(3)]:
            with pytest.raises(StoreUnreachableError, match="broke the connection"):
                future.result(timeout=60)


def test_a_commit_of_which_nobody_knows_is_made_again_without_harm(
    store: Store,
    run_candidate_id: int,
    make_row: MakeRow,
    make_answer: Callable[[str], Generation],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain, n_written = store.write, []

    @contextmanager
    def committed_and_then_broken() -> Iterator[sa.Connection]:
        with plain() as connection:
            yield connection
        n_written.append(1)
        if len(n_written) < 3:
            raise StoreUnreachableError("the connection broke after the commit")

    monkeypatch.setattr(store, "write", committed_and_then_broken)
    with OutcomeWriter(store) as writer:
        writer.submit(make_row(run_candidate_id, outcome=make_answer("yes"))).result(timeout=60)
    (stored,) = load_outcomes(store, run_candidate_id, ["case-0"])
    assert (3, make_answer("yes")) == (len(n_written), stored.row.outcome)


def test_the_writer_waits_for_another_process_that_has_the_file_locked(
    sqlite_url: str, store: Store, run_candidate_id: int, make_row: MakeRow
) -> None:
    if store.dialect != "sqlite":
        pytest.skip("only SQLite locks the whole database")
    path = sqlite_url.removeprefix("sqlite:///")
    with open_store(path, busy_timeout_s=0.01) as impatient, OutcomeWriter(impatient) as writer:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            future = writer.submit(make_row(run_candidate_id))
            time.sleep(0.15)
            assert not future.done()
            other.execute("ROLLBACK")
        future.result(timeout=60)
    assert 1 == count_outcomes(store, "run-1")[0].n_ok


@pytest.fixture
def store_url(request: pytest.FixtureRequest) -> str:
    """SQLite, or PostgreSQL where a test says so: most of these need no server."""
    wanted = "postgresql_url" if "postgresql_of_session" in request.fixturenames else "sqlite_url"
    url: str = request.getfixturevalue(wanted)
    return url


def test_postgresql_may_crash_in_mid_write_and_nothing_is_lost(
    postgresql_of_session: PostgresqlServer, store: Store, run_candidate_id: int, make_row: MakeRow
) -> None:
    n_rows, half = 3000, threading.Event()

    def write() -> None:
        with OutcomeWriter(store) as writer:
            for number in range(n_rows):
                future = writer.submit(make_row(run_candidate_id, f"case-{number}"))
                if number % 10 == 0:
                    future.result(timeout=60)
                if number == n_rows // 3:
                    half.set()

    thread = threading.Thread(target=write)
    thread.start()
    assert half.wait(timeout=300)
    postgresql_of_session.stop()
    try:
        with pytest.raises(StoreUnreachableError):
            count_outcomes(store, "run-1")
    finally:
        postgresql_of_session.start()
    thread.join(timeout=300)
    assert n_rows == patiently(lambda: count_outcomes(store, "run-1"))[0].n_ok
