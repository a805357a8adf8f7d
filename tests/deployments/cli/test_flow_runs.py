"""A flow run whose Prefect server goes away for good ends with its results, and its story is heard at the terminal."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from stored_runs import asked, numbers, right, store_run

from deployments import helper_process
from deployments.cli import flow_runs
from evaluation.store.holders import let_go, take_hold
from evaluation.store.session import Store, open_store
from tasks import flow_logging


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with open_store(str(tmp_path / "results.db")) as opened:
        yield opened


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_runs, "PREFECT_GONE_AFTER_S", 0.0)
    monkeypatch.setattr(flow_runs, "PREFECT_LOOK_EVERY_S", 0.01)


async def a_flow_that_hangs() -> None:
    await asyncio.sleep(3600)


@pytest.mark.usefixtures("impatient")
def test_complete_results_do_not_wait_for_a_prefect_server_that_is_gone() -> None:
    with pytest.raises(flow_runs.PrefectGoneError):
        asyncio.run(flow_runs._until_prefect_is_gone(a_flow_that_hangs(), "http://127.0.0.1:9/api", lambda: True))


def test_complete_results_wait_longer_for_a_prefect_server_that_is_only_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    now, has_ended = [0.0], lambda: True

    async def sleep(seconds: float) -> None:
        now[0] += seconds

    async def wait(*, listens: bool) -> float:
        now[0] = 0.0
        monkeypatch.setattr(helper_process, "listens", lambda _: listens)
        await flow_runs._prefect_gone("http://127.0.0.1:9/api", has_ended)
        return now[0]

    monkeypatch.setattr(helper_process, "answers", lambda *_, **__: False)
    monkeypatch.setattr(flow_runs, "asyncio", SimpleNamespace(sleep=sleep, to_thread=asyncio.to_thread))
    monkeypatch.setattr(flow_runs, "time", SimpleNamespace(monotonic=lambda: now[0]))
    assert 33.0 == asyncio.run(wait(listens=False))
    assert 303.0 == asyncio.run(wait(listens=True))


@pytest.mark.usefixtures("impatient")
def test_a_run_that_is_still_at_work_goes_on_without_its_prefect_server() -> None:
    async def flow() -> str:
        await asyncio.sleep(0.2)
        return "done"

    found = asyncio.run(flow_runs._until_prefect_is_gone(flow(), "http://127.0.0.1:9/api", lambda: False))
    assert "done" == found


def test_scoring_anew_has_ended_when_this_process_has_let_go_of_the_run(store: Store) -> None:
    cases = numbers(1)
    store_run(store, asked("m", right(cases)), cases=cases)

    def has_ended(since: datetime) -> bool:
        return flow_runs.work_on_it_has_ended(store, "run-1", since=since)

    earlier = take_hold(store, ["run-1"], alone=True)
    let_go(store, earlier)
    began = datetime.now(UTC)
    assert (True, False) == (has_ended(began - timedelta(hours=1)), has_ended(began))
    holder = take_hold(store, ["run-1"], alone=True)
    assert not has_ended(began)
    let_go(store, holder)
    assert has_ended(began)


def test_what_the_flow_says_is_heard_at_the_terminal_and_its_details_are_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with flow_runs._logging_to_terminal():
        flow_logging.log_warning("endpoint %s is in trouble", "box")
        flow_logging.log_info("waiting for %s", "gpu-box")
        flow_logging.log_debug("a detail")
    flow_logging.log_warning("nobody listens any more")
    assert ["warning: endpoint box is in trouble", "note: waiting for gpu-box"] == capsys.readouterr().err.splitlines()
