"""A database that is away is waited for, and whoever is cancelled waits no longer."""

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from evaluation.errors import StoreError, StoreUnreachableError
from evaluation.store.session import Store
from tasks import store_calls as module
from tasks.store_calls import call_store, call_with_store, compute_with_store


class Away:
    """A store that is away for its first calls."""

    def __init__(self, n_times: int) -> None:
        self.n_times = n_times
        self.n_calls = 0

    def __call__(self, word: str, *, number: int) -> tuple[str, int]:
        self.n_calls += 1
        if self.n_calls <= self.n_times:
            raise StoreUnreachableError("no database answers at postgresql://here/results")
        return word, number


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(module, "LONGEST_PAUSE_S", 0.002)


def test_a_database_that_comes_back_is_asked_again_and_that_it_was_away_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    call = Away(4)

    assert ("a", 3) == asyncio.run(call_store(call, "a", number=3))

    assert 5 == call.n_calls
    (said,) = (record.getMessage() for record in caplog.records if record.name == "benchwright")
    assert "the database is unavailable; waiting for it: no database answers" in said


def test_one_that_stays_away_is_an_error_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.02)

    with pytest.raises(StoreUnreachableError, match="no database answers"):
        asyncio.run(call_store(Away(10_000), "a", number=3))


def test_another_failure_is_an_error_at_once() -> None:
    n_calls = 0

    def full() -> None:
        nonlocal n_calls
        n_calls += 1
        raise StoreError("the disk is full")

    with pytest.raises(StoreError, match="the disk is full"):
        asyncio.run(call_store(full))
    assert 1 == n_calls


def test_who_is_cancelled_while_waiting_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 10_000.0)
    call = Away(1)

    async def work() -> None:
        waiting = asyncio.create_task(call_store(call, "a", number=3))
        while not call.n_calls:
            await asyncio.sleep(0.001)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(work())
    assert 1 == call.n_calls


def test_others_go_on_while_the_database_takes_its_time() -> None:
    others_went_on = threading.Event()

    async def work() -> bool:
        slow = asyncio.create_task(call_store(others_went_on.wait, 60.0))
        for _ in range(10):
            await asyncio.sleep(0)
        others_went_on.set()
        return await slow

    assert asyncio.run(work())


def cancelled_in_the_middle(call: Callable[[Callable[[], None]], Awaitable[None]], *, times: int = 1) -> list[str]:
    """Return what happened, in order, where `call` is cancelled while its work is in progress."""
    began, may_end = threading.Event(), threading.Event()
    events: list[str] = []

    def store_something() -> None:
        began.set()
        may_end.wait(60)
        events.append("stored")

    async def work() -> None:
        task = asyncio.ensure_future(call(store_something))
        await asyncio.to_thread(began.wait, 60)
        for _ in range(times):
            task.cancel()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        asyncio.get_running_loop().call_later(0.05, may_end.set)
        with pytest.raises(asyncio.CancelledError):
            await task
        events.append("cancelled")

    asyncio.run(work())
    return events


@pytest.mark.parametrize("times", [1, 2, 3])
def test_who_is_cancelled_learns_of_it_after_the_call_in_progress(times: int) -> None:
    assert ["stored", "cancelled"] == cancelled_in_the_middle(call_store, times=times)


def test_a_call_that_takes_too_long_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ENDS_WITHIN_S", 0.001)

    assert ["cancelled", "stored"] == cancelled_in_the_middle(call_store)


def test_a_computation_is_not_waited_for(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", store_url)

    async def compute(store_something: Callable[[], None]) -> None:
        await compute_with_store(lambda store: store_something())

    assert ["cancelled", "stored"] == cancelled_in_the_middle(compute)


def test_a_call_gets_the_results_database_opened_for_it_and_closed_after_it(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", store_url)
    away, n_closed = Away(2), 0
    close = Store.close

    def count_and_close(store: Store) -> None:
        nonlocal n_closed
        n_closed += 1
        close(store)

    monkeypatch.setattr(Store, "close", count_and_close)

    def call(store: Store, word: str, *, number: int) -> tuple[str, str, int]:
        return store.dialect, *away(word, number=number)

    dialect = "sqlite" if store_url.startswith("sqlite") else "postgresql"
    assert (dialect, "a", 3) == asyncio.run(call_with_store(call, "a", number=3))
    assert 3 == n_closed
