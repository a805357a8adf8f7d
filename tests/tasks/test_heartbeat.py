"""A process holds its runs for as long as it works on them, and no longer."""

import asyncio
import threading
from typing import Any

import pytest
from stored_runs import asked, numbers, store_run

from evaluation.errors import RunInUseError
from evaluation.store.holders import holders_of, living_holders, take_hold
from evaluation.store.session import Store
from tasks import heartbeat
from tasks.heartbeat import hold_runs


@pytest.fixture
def run_id(store: Store) -> str:
    return store_run(store, asked("a:1b"), cases=numbers(2), scored=False)


def test_who_is_cancelled_while_taking_hold_does_not_keep_the_run(
    store: Store, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the run counts as somebody's, and is not marked as cancelled."""
    is_held, may_go_on = threading.Event(), threading.Event()

    def slowly(*given: Any, **named: Any) -> str:
        holder_id = take_hold(*given, **named)
        is_held.set()
        may_go_on.wait(60)
        return holder_id

    monkeypatch.setattr(heartbeat, "take_hold", slowly)

    async def work() -> None:
        async with hold_runs(store, [run_id]):
            pytest.fail("it began to work")

    async def cancelled() -> None:
        working = asyncio.create_task(work())
        assert await asyncio.to_thread(is_held.wait, 60)
        working.cancel()
        may_go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await working

    asyncio.run(cancelled())
    assert 1 == len(holders_of(store, run_id))
    assert () == living_holders(store, run_id)


def test_a_hold_that_is_taken_again_is_the_same_one(store: Store, run_id: str) -> None:
    """A connection may break after the commit, and the call is repeated."""
    assert ["mine", "mine"] == [take_hold(store, [run_id], alone=True, holder_id="mine") for _ in range(2)]
    assert 1 == len(holders_of(store, run_id))


def test_one_that_is_refused_says_why_and_holds_nothing(store: Store, run_id: str) -> None:
    take_hold(store, [run_id], host="elsewhere", pid=1)

    async def work() -> None:
        async with hold_runs(store, [run_id]):
            pytest.fail("it began to work")

    with pytest.raises(RunInUseError, match="is in use by process 1 on elsewhere"):
        asyncio.run(work())
    assert ["elsewhere"] == [held.host for held in holders_of(store, run_id)]
