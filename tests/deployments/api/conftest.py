"""A store with two runs, and the application that serves it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from api_client import ApiClient
from compared_runs import candidate, cases_of, failed, right_on
from filled_stores import fill_by_copy
from prefect_by_script import PrefectByScript
from stored_runs import store_run

from deployments.api import flow_runs
from deployments.api.app import create_app
from evaluation.store.session import KeptStore, Store, keep_open


def _fill(store: Store) -> None:
    cases = cases_of(12)
    answers = (
        candidate("good:1b", right_on(cases, range(12))),
        candidate("bad:1b", right_on(cases, range(5)) | failed(cases, (11,)), options={"temperature": 0.5}),
    )
    store_run(store, *answers, cases=cases, run_id="mixed", metrics=("exact_match", "token_f1"))
    store_run(store, candidate("good:1b", right_on(cases, range(3))), cases=cases, run_id="later")


@pytest.fixture
def served_store(sqlite_url: str) -> Iterator[KeptStore]:
    fill_by_copy(sqlite_url, _fill)
    store = keep_open(sqlite_url)
    yield store
    store.close()


@pytest.fixture
def api(served_store: KeptStore) -> ApiClient:
    """A program of this machine and this user, without a key."""
    return ApiClient(create_app(served_store))


@pytest.fixture
def prefect(monkeypatch: pytest.MonkeyPatch) -> PrefectByScript:
    """The Prefect server that the interface speaks to, by script."""
    server = PrefectByScript()

    @contextmanager
    def client(**_: object) -> Iterator[PrefectByScript]:
        with flow_runs.errors_as_problems():
            yield server

    monkeypatch.setattr(flow_runs, "prefect_client", client)
    monkeypatch.setattr(flow_runs, "prefect_api", lambda: "http://prefect/api")
    return server
