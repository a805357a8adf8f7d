import os
import re
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from work_done_once import CONFIGURE_SQLITE

from evaluation.errors import StoreError
from evaluation.records.candidates import EndpointRecord
from evaluation.store import session
from evaluation.store.address import default_url, parse_url, shown
from evaluation.store.benchmarks import list_benchmarks
from evaluation.store.engine import store_error
from evaluation.store.registry import save_endpoint
from evaluation.store.revisions import VERSION_TABLE, newest_revision
from evaluation.store.schema import migrate
from evaluation.store.session import Store, backup, info, open_store, upgrade
from evaluation.store.tables import METADATA, invocation

Rewrite = Callable[[str, str], None]


def _execute(url: str, *statements: str) -> None:
    engine = sa.create_engine(parse_url(url))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    engine.dispose()


def _tables(url: str) -> set[str]:
    engine = sa.create_engine(parse_url(url))
    names = set(sa.inspect(engine).get_table_names())
    engine.dispose()
    return names


def test_an_empty_database_gets_the_schema_when_it_is_opened(store_url: str) -> None:
    with open_store(store_url) as store:
        assert () == list_benchmarks(store)
    assert {*METADATA.tables, VERSION_TABLE} == _tables(store_url)


def test_every_constraint_and_index_has_a_name() -> None:
    tables = METADATA.tables.values()
    named = [part.name for table in tables for part in (*table.constraints, *table.indexes)]
    assert all(isinstance(name, str) for name in named)
    assert all(len(str(name)) <= 63 for name in named)


def test_a_database_of_a_newer_version_is_refused(store_url: str) -> None:
    open_store(store_url).close()
    _execute(store_url, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    for use in (open_store, upgrade):
        with pytest.raises(StoreError, match=f"newer version.*'9999'.*'{newest_revision()}'") as refused:
            use(store_url)
        assert "Install a newer benchwright, or use another --db." == refused.value.next_step
    assert ("9999", {}) == (info(store_url).revision, info(store_url).n_rows)


def test_a_database_of_an_older_version_names_the_upgrade(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    open_store(store_url).close()
    monkeypatch.setattr(session, "newest_revision", lambda: "9999")
    with pytest.raises(StoreError, match=rf"has the schema '{newest_revision()}'.*needs '9999'") as refused:
        open_store(store_url)
    assert "Run `benchwright db upgrade`." == refused.value.next_step


def test_an_upgrade_makes_the_schema_once(store_url: str) -> None:
    first = upgrade(store_url)
    assert newest_revision() == first.revision == first.newest_revision
    assert first == upgrade(store_url)
    open_store(store_url, upgrade_from_empty=False).close()


def test_several_may_open_an_empty_database_at_the_same_time(store_url: str) -> None:
    def open_and_close(_: int) -> None:
        open_store(store_url).close()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(open_and_close, range(8)))
    assert newest_revision() == info(store_url).revision


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    address = parse_url(str(tmp_path / "other.db"))

    def fail_after_migrating() -> None:
        with Store(address) as other, other.write() as connection:
            migrate(connection, address)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_migrating()
    assert set() == _tables(str(tmp_path / "other.db"))


def test_a_database_that_is_not_there_is_not_made_unasked(sqlite_url: str) -> None:
    with pytest.raises(StoreError, match="there is no database"):
        open_store(sqlite_url, upgrade_from_empty=False)
    with pytest.raises(StoreError, match="there is no database"):
        info(sqlite_url)
    assert not Path(sqlite_url.removeprefix("sqlite:///")).parent.exists()


def test_an_empty_database_is_not_given_a_schema_unasked(tmp_path: Path) -> None:
    empty = tmp_path / "empty.db"
    empty.touch()
    with pytest.raises(StoreError, match="of an empty one"):
        open_store(str(empty), upgrade_from_empty=False)
    assert 0 == empty.stat().st_size


def test_something_elses_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE flow (id INTEGER)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="something else's tables"):
        open_store(str(path))
    assert before == path.read_bytes()


def test_tables_of_another_program_on_the_same_server_are_no_obstacle(postgresql_url: str) -> None:
    _execute(postgresql_url, "CREATE TABLE flow_run (id INTEGER)", "CREATE TABLE alembic_version (version_num TEXT)")
    with open_store(postgresql_url) as store:
        assert () == list_benchmarks(store)


def test_a_table_of_the_same_name_on_the_same_server_is_refused(postgresql_url: str) -> None:
    _execute(postgresql_url, "CREATE TABLE model (id INTEGER)")
    with pytest.raises(StoreError, match="something else's tables"):
        open_store(postgresql_url)


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("these are notes, " * 100)
    with pytest.raises(StoreError, match="is not a database"):
        open_store(str(path))
    assert "these are notes, " * 100 == path.read_text()


def test_a_path_below_a_file_is_refused(tmp_path: Path) -> None:
    # Holds for root too, whom permissions do not stop.
    (tmp_path / "file").touch()
    for path in ("file/results.db", "file/deeper/results.db"):
        with pytest.raises(StoreError, match="cannot be made") as refused:
            open_store(str(tmp_path / path))
        assert "Use another --db, or free that path." == refused.value.next_step
    assert "below" not in os.listdir(tmp_path)


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store(str(tmp_path))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://tom:hunter2@host/db", "unsupported database scheme 'mysql'"),
        ("postgresql://tom:hunter2@127.0.0.1:1/db", "cannot be reached"),
        ("postgresql://tom@127.0.0.1:1/db?password=hunter2", "cannot be reached"),
        ("postgresql://tom:hunter2@host:no/db", "is not a database URL"),
        ("postgresql://tom:hun@ter:hunter2@host:no/db", "is not a database URL"),
        ("://tom:hunter2@host", "is not a database URL"),
        ("sqlite://", "an in-memory database is not supported"),
        (":memory:", "an in-memory database is not supported"),
        ("", "an in-memory database is not supported"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_without_its_password(url: str, words: str) -> None:
    with pytest.raises(StoreError, match=words) as refused:
        open_store(url)
    assert "hunter2" not in str(refused.value)
    assert refused.value.next_step


def test_a_database_that_the_server_lacks_is_refused(postgresql_server: str) -> None:
    with pytest.raises(StoreError, match="does not exist") as refused:
        open_store(postgresql_server.replace("/postgres?", "/nowhere?"))
    assert "Create it with `createdb`." == refused.value.next_step


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://tom:hunter2@host:5433/db", "postgresql://tom:***@host:5433/db"),
        ("postgres://tom@host/db", "postgresql://tom@host/db"),
        ("postgresql+psycopg://tom:x@host/db", "postgresql://tom:***@host/db"),
        ("sqlite:////tmp/a.db", "sqlite:////tmp/a.db"),
        ("relative/a.db", "sqlite:///relative/a.db"),
    ],
)
def test_a_url_is_shown_without_password_and_driver(url: str, expected: str) -> None:
    assert expected == shown(parse_url(url))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://tom:hunter@two@host/db",
        "postgresql://tom:@hunter2@host/db",
        "postgresql://tom:hunter@two/three@host/db",
        "postgresql+psycopg://tom:hunter@2:3@host:5433/db?sslmode=require",
        "mysql://tom:hunter@two@host/db",
    ],
)
def test_a_password_with_a_bare_at_sign_is_refused_and_no_part_of_it_is_shown(url: str) -> None:
    with pytest.raises(StoreError) as refused:
        parse_url(url)
    assert not {"hunter", "two", "three", "2:3"} & set(re.split(r"[^a-z0-9:]+", str(refused.value)))


def test_an_escaped_at_sign_belongs_to_the_password() -> None:
    url = parse_url("postgresql://tom:hunter%40two@host/db")

    assert ("hunter@two", "host", "postgresql://tom:***@host/db") == (url.password, url.host, shown(url))


@pytest.mark.parametrize("replaced", [False, True])
def test_a_database_deleted_while_it_is_used_is_noticed_by_the_next_read_and_write(
    sqlite_url: str, tmp_path: Path, replaced: bool
) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with open_store(sqlite_url) as store:
        path.rename(tmp_path / "kept.db")  # so that its inode is not given away again
        if replaced:
            path.touch()
        for transaction in (store.read, store.write):
            with pytest.raises(StoreError, match="was deleted or replaced while it was in use"), transaction():
                pass
    assert replaced is path.exists()


def test_the_home_folder_may_be_written_as_a_tilde() -> None:
    assert f"sqlite:///{Path.home() / 'a.db'}" == shown(parse_url("~/a.db"))


def test_the_default_is_a_file_in_the_users_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evaluation.store.address.user_data_path", lambda *_, **__: tmp_path)
    assert f"sqlite:///{tmp_path / 'benchwright.db'}" == default_url()
    with open_store() as store:
        assert default_url() == store.shown_url


def test_sqlite_is_durable_checks_references_and_lets_readers_read(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evaluation.store.engine._configure_sqlite", CONFIGURE_SQLITE)
    open_store(sqlite_url).close()
    with open_store(sqlite_url, busy_timeout_s=3) as store, store.read() as connection:
        names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        assert ["wal", 2, 1, 3000] == [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names]


def test_a_failed_write_is_rolled_back_as_a_whole(store: Store) -> None:
    row = {"id": "i", "request": {}, "code_version": "1", "created_at": datetime.now().astimezone()}

    def fail_after_writing() -> None:
        with store.write() as connection:
            connection.execute(sa.insert(invocation), [row])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_writing()
    with store.read() as connection:
        assert [] == connection.execute(sa.select(invocation)).all()


def test_the_database_itself_takes_no_time_without_its_zone(store: Store) -> None:
    row = {"id": "i", "request": {}, "code_version": "1", "created_at": datetime(2026, 1, 1)}  # noqa: DTZ001
    with pytest.raises(StoreError, match="rejected a datetime without a time zone"), store.write() as connection:
        connection.execute(sa.insert(invocation), [row])


def test_json_takes_no_number_that_json_lacks(store: Store) -> None:
    row = {"id": "i", "request": {"x": float("nan")}, "code_version": "1", "created_at": datetime.now().astimezone()}
    with pytest.raises(StoreError, match="not storable as JSON"), store.write() as connection:
        connection.execute(sa.insert(invocation), [row])


def test_a_locked_database_is_a_store_error_that_says_so(sqlite_url: str) -> None:
    with (
        open_store(sqlite_url) as holder,
        open_store(sqlite_url, busy_timeout_s=0.05) as other,
        holder.write(),
        pytest.raises(StoreError, match="is locked by another process"),
    ):
        save_endpoint(other, EndpointRecord(name="a", url="http://a"))


def test_a_full_disk_is_a_store_error_that_says_so(sqlite_url: str) -> None:
    with open_store(sqlite_url) as store:
        with store.read() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreError, match="the disk is full") as refused:
            save_endpoint(store, EndpointRecord(name="a" * 100_000, url="http://a"))
    assert "Free some space, then run the command again." == refused.value.next_step


def test_what_a_database_says_in_several_lines_is_told_in_one() -> None:
    said = 'connection to server at "127.0.0.1", port 9 failed: Connection refused\n\tIs the server running there?\n'
    error = store_error(sa.exc.OperationalError("", None, Exception(said)), sa.make_url("postgresql://127.0.0.1:9/x"))
    assert "Connection refused Is the server running there?)" == error.message[-48:]
    assert "cannot be reached" in error.message


def test_info_tells_the_kind_the_size_and_the_rows(store_url: str) -> None:
    with open_store(store_url) as store:
        save_endpoint(store, EndpointRecord(name="a", url="http://a"))
        shown_url, dialect = store.shown_url, store.dialect
    told = info(store_url)
    assert (shown_url, dialect) == (told.shown_url, told.dialect)
    assert told.size_bytes is not None
    assert told.size_bytes > 0
    assert {"endpoint": 1, "run": 0} == {name: told.n_rows[name] for name in ("endpoint", "run")}


def test_a_backup_is_a_database_with_the_same_rows(sqlite_url: str, tmp_path: Path) -> None:
    target = tmp_path / "copies" / "backup.db"
    with open_store(sqlite_url) as store:
        save_endpoint(store, EndpointRecord(name="a", url="http://a"))
        assert backup(sqlite_url, target) == target.stat().st_size
    assert info(sqlite_url).n_rows == info(str(target)).n_rows
    assert ["backup.db"] == os.listdir(target.parent)


def test_a_backup_overwrites_nothing(sqlite_url: str, tmp_path: Path) -> None:
    open_store(sqlite_url).close()
    target = tmp_path / "precious"
    target.write_text("kept")
    with pytest.raises(StoreError, match="exists already"):
        backup(sqlite_url, target)
    assert "kept" == target.read_text()


def test_a_backup_to_an_impossible_place_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    open_store(sqlite_url).close()
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="could not be copied"):
        backup(sqlite_url, tmp_path / "file" / "backup.db")


def test_the_backup_of_postgresql_names_its_own_tool_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="PostgreSQL's own tool") as refused:
        backup("postgresql://tom:hunter2@host/db?password=hunter2", tmp_path / "x.dump")
    command = f"Run `pg_dump --format=custom --file={tmp_path}/x.dump --dbname=postgresql://tom@host/db`."
    assert command == refused.value.next_step
