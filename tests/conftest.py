"""Databases for tests (a SQLite file each, a fresh database each of one PostgreSQL server), and one Prefect server."""

import gc
import os
import shutil
import signal
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import postgresql
import psycopg
import pytest
import steady_examples  # noqa: F401 - loads Hypothesis's profile
from patient_client import close_patient_clients
from postgresql import PostgresqlServer
from prefect_database import give_database
from scripted_ollama import ScriptedOllama, scripted_ollama
from work_done_once import (
    collect_garbage,
    draw_in_this_process,
    share_compiled_statements,
    share_schemas,
    share_tls_contexts,
    spare_the_disk,
)

from deployments.helper_process import HelperProcess
from deployments.prefect_delivery import settle
from deployments.prefect_server import FEWER_WORDS, find_or_start_server
from evaluation.store.session import Store, open_store
from evaluation.store.tables import METADATA

if TYPE_CHECKING:
    from prefect.settings import Settings as PrefectSettings

_PREFECT_HOME = pytest.StashKey[Path]()
"""A folder of the test session's own: Prefect reads its settings when it is imported, which tests do first of all."""
_PREFECT_SERVER = pytest.StashKey[HelperProcess]()
"""The test session's server, once there is one."""


def pytest_configure(config: pytest.Config) -> None:
    """Keeps the user's Prefect out of the tests."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # so are jobs of a script started with &
        signal.signal(signal.SIGINT, signal.default_int_handler)
    share_compiled_statements()
    share_schemas()
    share_tls_contexts()
    draw_in_this_process()
    spare_the_disk()
    folder = Path(mkdtemp(prefix="benchwright-prefect-"))
    config.stash[_PREFECT_HOME] = folder
    for name in [name for name in os.environ if name.startswith(("PREFECT_", "BENCHWRIGHT_"))]:
        del os.environ[name]
    os.environ.pop("COLUMNS", None)  # the width of somebody's terminal
    os.environ.update(FEWER_WORDS, PREFECT_HOME=str(folder), PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW="ignore")
    # No server of a test has tokens against forged requests; else each client asks for one: every twelfth request.
    os.environ["PREFECT_CLIENT_CSRF_SUPPORT_ENABLED"] = "false"


def pytest_xdist_auto_num_workers() -> int:
    """Return three processes for two cores: a test waits a quarter of its time for servers and processes."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(2, min(6, cores * 3 // 2))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leaves nothing of Prefect's behind."""
    shutil.rmtree(config.stash[_PREFECT_HOME], ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Spare the garbage collector what is imported meanwhile, and stays: looking at it took two fifths of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        collect_garbage()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Lets Prefect leave the connections of its synchronous clients to the garbage collector, as it does."""
    for item in items:
        if "prefect_api" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed <socket.socket:ResourceWarning"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Says beside a failure what became of the Prefect server that the test had: else it looks like the test's own."""
    report = yield
    server = item.config.stash.get(_PREFECT_SERVER, None)
    if report.failed and server is not None and "prefect_api" in getattr(item, "fixturenames", ()):
        how = "runs" if server.running else f"ended with exit status {server.exit_status}"
        report.sections.append((f"Prefect server, which {how}: the end of its log", server.log_tail()))
    return report


@pytest.fixture(autouse=True)
def _patient_clients() -> Iterator[None]:
    """An open client of a test that failed would fail whichever test collects the garbage."""
    yield
    close_patient_clients()


@pytest.fixture(autouse=True)
def _closed_recommenders() -> Iterator[None]:
    """A process keeps a recommender for each store until it ends, which would be thousands of open files here."""
    yield
    if (registry := sys.modules.get("selection.recommender.registry")) is not None:
        registry.close_recommenders()


@pytest.fixture(scope="session")
def prefect_api_of_session(pytestconfig: pytest.Config) -> Iterator[str]:
    """The address of the one Prefect server of this test session, which takes several seconds to start."""
    from prefect.context import refresh_global_settings_context

    give_database(pytestconfig.stash[_PREFECT_HOME])
    server = find_or_start_server(has_password=False)
    try:
        del os.environ["PREFECT_API_URL"]
        refresh_global_settings_context()  # tests that want no server find none, whoever ran before them
        server.wait()
        if server.process is not None:
            pytestconfig.stash[_PREFECT_SERVER] = server.process
        yield server.api
        settle(server.api, None, timeout_s=10)
    finally:
        server.stop(timeout_s=5)


@cache
def _settings_with_api(api: str) -> "PrefectSettings":
    """Prefect's settings with that address: made once, since their hundreds of fields take a tenth of a second."""
    from prefect.context import get_settings_context
    from prefect.settings import PREFECT_API_URL

    return get_settings_context().settings.copy_with_update(updates={PREFECT_API_URL: api})


@pytest.fixture
def prefect_api(prefect_api_of_session: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a running Prefect server, which flows in this process and commands use."""
    from prefect.context import SettingsContext, get_settings_context

    monkeypatch.setenv("PREFECT_API_URL", prefect_api_of_session)
    prefect_settings = _settings_with_api(prefect_api_of_session)
    with SettingsContext(profile=get_settings_context().profile, settings=prefect_settings):
        yield prefect_api_of_session
    collect_garbage()  # while the warnings of Prefect's clients are expected


@pytest.fixture
def ollama_by_script() -> Iterator[ScriptedOllama]:
    """A server that speaks Ollama's API and answers as the test says."""
    with scripted_ollama() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_of_session() -> Iterator[PostgresqlServer]:
    """The one PostgreSQL server of this test session; who stops it starts it again."""
    if not postgresql.is_installed():
        pytest.skip("PostgreSQL is not installed here (no initdb, no pg_ctl)")
    with postgresql.postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_server(postgresql_of_session: PostgresqlServer) -> str:
    """URL of a running server's maintenance database, on a socket of its own."""
    return postgresql_of_session.url


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
