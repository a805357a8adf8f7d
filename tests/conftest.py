"""Databases for tests: a SQLite file each, and a fresh database each of one PostgreSQL server."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest

from evaluation.store.session import Store, open_store
from evaluation.store.tables import METADATA

_POSTGRESQL_FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def _postgresql_program(name: str) -> str | None:
    folders = [str(folder) for folder in _POSTGRESQL_FOLDERS]
    return shutil.which(name, path=os.pathsep.join([*folders, os.environ.get("PATH", "")]))


def _unprivileged_user() -> str | None:
    """Who runs PostgreSQL, which refuses to be run by root; None: we are not root."""
    if os.geteuid() != 0:
        return None
    import pwd

    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in known), None)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """URL of a running server's maintenance database, on a socket of its own."""
    initdb, pg_ctl = _postgresql_program("initdb"), _postgresql_program("pg_ctl")
    if initdb is None or pg_ctl is None:
        pytest.skip("PostgreSQL is not installed here (no initdb, no pg_ctl)")
    user = _unprivileged_user()
    # Not under pytest's own folder: other users may not enter that one, and a socket's path must be short.
    with TemporaryDirectory(prefix="benchwright-pg-") as folder:
        if user is not None:
            shutil.chown(folder, user)
        data = f"{folder}/data"
        silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        asked: dict[str, Any] = {"user": user, "cwd": folder, "check": True, **silent}
        subprocess.run(
            [initdb, "-D", data, "-U", "tester", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C"], **asked
        )
        settings = {
            "listen_addresses": "''",
            "unix_socket_directories": f"'{folder}'",
            "fsync": "off",
            "full_page_writes": "off",
            "synchronous_commit": "off",
            "autovacuum": "off",
        }
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        subprocess.run([pg_ctl, "-D", data, "-w", "-l", f"{folder}/log", "-o", options, "start"], **asked)
        try:
            yield f"postgresql://tester@/postgres?host={folder}"
        finally:
            subprocess.run([pg_ctl, "-D", data, "-w", "-m", "immediate", "stop"], **asked)


_numbers = count(1)


@contextmanager
def _new_database(server: str) -> Iterator[str]:
    name = f"test_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield server.replace("/postgres?", f"/{name}?")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def _migrated_postgresql(postgresql_server: str) -> Iterator[str]:
    """URL of the one database with the newest schema; emptied for each test, since making one takes half a second."""
    with _new_database(postgresql_server) as url:
        open_store(url).close()
        yield url


def _delete_all_rows(url: str) -> None:
    with psycopg.connect(url) as connection:
        for table in reversed(METADATA.sorted_tables):
            connection.execute(f"DELETE FROM {table.name}")


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the newest schema, to be copied."""
    path = tmp_path_factory.mktemp("template") / "benchwright.db"
    open_store(str(path)).close()
    return path


@pytest.fixture
def postgresql_url(request: pytest.FixtureRequest, postgresql_server: str) -> Iterator[str]:
    """URL of an empty database of this test's own; with tables and no rows where the test asks for `store` too."""
    if "store" in request.fixturenames:
        url: str = request.getfixturevalue("_migrated_postgresql")
        _delete_all_rows(url)
        yield url
    else:
        with _new_database(postgresql_server) as url:
            yield url


@pytest.fixture
def sqlite_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a database file that does not exist yet, unless the test asks for `store` too."""
    path = tmp_path / "results" / "benchwright.db"
    if "store" in request.fixturenames:
        path.parent.mkdir()
        shutil.copy(request.getfixturevalue("_sqlite_template"), path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """URL of this test's own database; the test runs once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open store with the newest schema."""
    with open_store(store_url) as opened:
        yield opened
