import asyncio
import threading

import pytest

from tasks.retraining.cancellable_thread import run_in_thread


def test_it_gives_what_the_call_gives_and_raises_what_it_raises() -> None:
    assert 5 == asyncio.run(run_in_thread(divmod, 17, 3))[0]
    with pytest.raises(ZeroDivisionError):
        asyncio.run(run_in_thread(divmod, 1, 0))


def test_whoever_is_cancelled_does_not_wait_for_the_call() -> None:
    began, may_end, has_ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        began.set()
        may_end.wait(60)
        has_ended.set()

    async def cancelled() -> None:
        task = asyncio.create_task(run_in_thread(work))
        await asyncio.to_thread(began.wait, 60)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())

    assert not has_ended.is_set()
    may_end.set()
    assert has_ended.wait(60)
