"""One connection for all that a request reads, and when it is not used."""

import contextvars
import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection
from watched_statements import watched

from evaluation.errors import StoreError
from evaluation.records.candidates import EndpointRecord
from evaluation.store.energies import load_power
from evaluation.store.registry import list_endpoints, save_endpoint
from evaluation.store.session import Store, open_store
from evaluation.store.shared_connection import one_connection


@pytest.fixture
def postgresql_store(postgresql_url: str) -> Iterator[Store]:
    with open_store(postgresql_url) as store:
        yield store


def _backend(connection: Connection) -> int:
    return int(connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one())


def _read(store: Store) -> int:
    with store.read() as connection:
        return _backend(connection)


def _endpoint(name: str) -> EndpointRecord:
    return EndpointRecord(name=name, url="http://localhost:1")


def test_readings_one_after_another_take_one_connection_and_no_transaction(postgresql_store: Store) -> None:
    with watched() as seen, one_connection():
        for _ in range(5):
            list_endpoints(postgresql_store)

    assert (5, 1, 0) == (len(seen.statements), seen.n_connections, seen.n_transactions)


def test_without_it_each_reading_takes_a_connection(postgresql_store: Store) -> None:
    with watched() as seen:
        for _ in range(3):
            list_endpoints(postgresql_store)

    assert 3 == seen.n_connections


def test_a_request_reads_what_it_and_others_have_written_meanwhile(postgresql_store: Store) -> None:
    with one_connection():
        before = list_endpoints(postgresql_store)
        save_endpoint(postgresql_store, _endpoint("own"))
        own = list_endpoints(postgresql_store)
        with open_store(postgresql_store.url) as other:
            save_endpoint(other, _endpoint("other"))
        after = list_endpoints(postgresql_store)

    assert [0, 1, 2] == [len(before), len(own), len(after)]


def test_a_write_takes_no_second_connection(postgresql_store: Store) -> None:
    with one_connection(), watched() as seen:
        list_endpoints(postgresql_store)
        kept = seen.n_out
        with postgresql_store.write():
            while_writing = seen.n_out

    assert (1, 1) == (kept, while_writing)


def test_a_reading_within_another_and_one_in_a_thread_have_connections_of_their_own(postgresql_store: Store) -> None:
    seen: list[int] = []
    with one_connection(), postgresql_store.read() as outer:
        seen += [_backend(outer), _read(postgresql_store)]
        context = contextvars.copy_context()
        thread = threading.Thread(target=lambda: seen.append(context.run(_read, postgresql_store)))
        thread.start()
        thread.join()
        assert _backend(outer) == seen[0]

    assert seen[0] not in seen[1:]


def test_after_a_statement_that_failed_the_next_one_is_answered(postgresql_store: Store) -> None:
    with one_connection():
        with pytest.raises(StoreError), postgresql_store.read() as connection:
            connection.execute(sa.text("SELECT 1 / 0"))
        assert () == list_endpoints(postgresql_store)


def test_a_connection_that_broke_is_replaced(postgresql_store: Store) -> None:
    with one_connection():
        broken = _read(postgresql_store)
        with open_store(postgresql_store.url) as other, other.read() as connection:
            connection.execute(sa.text(f"SELECT pg_terminate_backend({broken}, 60000)"))
        with pytest.raises(StoreError):
            _read(postgresql_store)
        assert broken != _read(postgresql_store)


def test_a_reading_that_outlives_the_request_keeps_its_connection_to_its_end(postgresql_store: Store) -> None:
    with watched() as seen:
        with one_connection():
            reading = postgresql_store.read()
            connection = reading.__enter__()
        assert 1 == seen.n_out
        assert _backend(connection)
        reading.__exit__(None, None, None)
        assert 0 == seen.n_out


def test_a_context_that_was_copied_shares_nothing_once_the_request_is_answered(postgresql_store: Store) -> None:
    with one_connection():
        list_endpoints(postgresql_store)
        left_behind = contextvars.copy_context()
    with watched() as seen:
        left_behind.run(list_endpoints, postgresql_store)

    assert (1, 0) == (seen.n_transactions, seen.n_out)


def test_a_result_in_pages_is_read_in_a_transaction(postgresql_store: Store) -> None:
    with one_connection():
        at, power = load_power(postgresql_store, "none", "gpu")

    assert (0, 0) == (len(at), len(power))


def test_sqlite_goes_on_as_without_it(sqlite_url: str) -> None:
    with open_store(sqlite_url) as store, watched() as seen, one_connection():
        list_endpoints(store)
        list_endpoints(store)

    assert 2 == seen.n_transactions
