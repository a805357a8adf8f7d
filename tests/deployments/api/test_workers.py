"""What is said of flow runs that no worker takes up, or whose process is gone, and who takes them up again."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from api_client import ApiClient
from prefect_by_script import OURS, PrefectByScript

from deployments.api import flow_runs, workers
from evaluation.store.session import KeptStore


@pytest.fixture(autouse=True)
def _of_this_store(served_store: KeptStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", served_store.url)


@pytest.fixture
def dead(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """Flow runs whose process is known dead."""
    gone: set[str] = set()
    monkeypatch.setattr(workers, "is_known_dead", lambda _, flow_run: str(flow_run.id) in gone)
    return gone  # type: ignore[return-value]


def message(api: ApiClient, run: str) -> Any:
    answer = api.get(f"/api/v1/work/{run}")
    assert 200 == answer.status_code, answer.text
    return answer.json()["flow_run"]["message"]


def worker_check(api: ApiClient) -> dict[str, Any]:
    (check,) = [each for each in api.get("/health/deep").json()["checks"] if each["name"] == "worker"]
    return dict(check)


def test_a_flow_run_that_no_worker_takes_up_says_so_with_the_next_step(
    api: ApiClient, prefect: PrefectByScript
) -> None:
    run = prefect.add(OURS, state="SCHEDULED")
    assert message(api, run) is None

    prefect.workers = {"gpus": "OFFLINE"}
    assert "no worker of the work pool 'gpus' is there" in message(api, run)
    assert "start `prefect worker start --pool gpus`" in message(api, run)
    prefect.runs[UUID(run)].work_pool_name = "benchwright-serve"
    assert "start `benchwright serve`" in message(api, run)
    prefect.runs[UUID(run)].work_pool_name = None
    assert "has no work pool" in message(api, run)


@pytest.mark.parametrize("state", ["RUNNING", "COMPLETED", "CANCELLING"])
def test_of_one_that_has_begun_nothing_is_said(api: ApiClient, prefect: PrefectByScript, state: str) -> None:
    prefect.workers = {}

    assert message(api, prefect.add(OURS, state=state)) is None


def test_a_flow_run_whose_process_is_gone_says_what_becomes_of_it(
    api: ApiClient, prefect: PrefectByScript, dead: set[str]
) -> None:
    run = prefect.add(OURS)
    assert message(api, run) is None

    dead.add(run)
    assert "its process is gone; it is made again, and asks only what is not stored" == message(api, run)
    prefect.workers = {}
    assert message(api, run).endswith(
        "no worker of the work pool 'gpus' is there to take it up; start `prefect worker start --pool gpus`"
    )


def test_health_says_which_workers_are_there(
    api: ApiClient, prefect: PrefectByScript, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (True, "gpus: 1 worker") == (worker_check(api)["ok"], worker_check(api)["detail"])

    prefect.workers = {}
    missing = worker_check(api)
    assert (False, False) == (missing["ok"], missing["needed"])
    assert "no worker of the work pool 'gpus' is there" in missing["detail"]
    monkeypatch.setattr(PrefectByScript, "read_deployments", lambda *_, **__: [])
    assert "`benchwright deploy` make them" in worker_check(api)["detail"]


def test_health_without_a_prefect_server_says_what_to_do(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_runs, "prefect_api", lambda: None)

    check = worker_check(api)
    assert check["ok"] is False
    assert check["detail"].startswith("no Prefect server is named; next: Start `benchwright serve`")
