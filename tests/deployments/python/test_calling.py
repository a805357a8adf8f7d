"""A call does a command's work in a thread of its own: loops, interruptions, variables, printing are its caller's."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable

import pytest
from ending_early import press_ctrl_c

from deployments.cli.callers import current_caller, request_source
from deployments.cli.terminal.output import EXIT_RUN_FAILED, print_status, report_error
from deployments.python.calling import call, call_async
from evaluation.errors import ConfigurationError


def wait_for(event: threading.Event) -> None:
    assert event.wait(60)


def test_the_work_is_done_in_another_thread_and_its_result_returned() -> None:
    assert threading.current_thread().name != call(lambda: threading.current_thread().name)


def test_an_event_loop_may_run_in_the_callers_thread_and_another_in_the_work() -> None:
    async def answer() -> int:
        return 42

    async def cell() -> list[int]:
        return [call(lambda: asyncio.run(answer())), await call_async(lambda: asyncio.run(answer()))]

    assert [42, 42] == asyncio.run(cell())


def test_an_error_of_ours_is_raised_as_it_is() -> None:
    def fail() -> None:
        raise ConfigurationError("no server", "Start it.")

    with pytest.raises(ConfigurationError, match="no server"):
        call(fail)


def test_nothing_is_printed_and_the_caller_hears_it_where_it_wants_to(capfd: pytest.CaptureFixture[str]) -> None:
    def work() -> str:
        print_status("a note")
        report_error(ConfigurationError("a mistake", "Mend it."), as_json=False, code=EXIT_RUN_FAILED)
        return request_source()

    heard: list[str] = []

    assert "the call" == call(work) == call(work, tell=heard.append)
    assert ("", "") == capfd.readouterr()
    assert ["a note", "error: a mistake", "  next: Mend it."] == heard
    assert current_caller() is None
    assert "the command line" == request_source()


def test_variables_that_the_work_sets_are_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", "mine")
    monkeypatch.setenv("PREFECT_PROFILE", "mine")

    def work() -> None:
        os.environ["BENCHWRIGHT_DATABASE_URL"] = "another"
        os.environ["PREFECT_API_URL"] = "http://127.0.0.1:9/api"
        del os.environ["PREFECT_PROFILE"]

    before = dict(os.environ)
    call(work)

    assert before == dict(os.environ)


def test_two_calls_are_worked_on_one_after_the_other() -> None:
    at_work: list[int] = []

    def work() -> int:
        at_work.append(1)
        time.sleep(0.05)
        return len(at_work) - (at_work.pop() - 1)

    async def both() -> list[int]:
        return await asyncio.gather(call_async(work), call_async(work))

    assert [1, 1] == asyncio.run(both())


def interrupted_work(begun: threading.Event, ended: threading.Event) -> Callable[[], None]:
    """Work that goes on until its caller ends it, as a flow does."""

    def work() -> None:
        caller, cancelled = current_caller(), threading.Event()
        assert caller is not None
        with caller.cancelling(lambda _: cancelled.set()):
            begun.set()
            wait_for(cancelled)
        print_status("heard after the flow has ended")
        ended.set()
        raise KeyboardInterrupt

    return work


def test_ctrl_c_ends_the_work_and_is_raised_when_it_has_ended() -> None:
    begun, ended = threading.Event(), threading.Event()

    def press() -> None:
        wait_for(begun)
        press_ctrl_c()

    threading.Thread(target=press).start()
    with pytest.raises(KeyboardInterrupt):
        call(interrupted_work(begun, ended))
    assert ended.is_set()


def test_an_interrupt_that_another_thread_receives_ends_the_work_too() -> None:
    begun, ended = threading.Event(), threading.Event()

    def press() -> None:
        wait_for(begun)
        signal.raise_signal(signal.SIGINT)  # in this thread: the one that waits for the work is not woken by it

    threading.Thread(target=press).start()
    with pytest.raises(KeyboardInterrupt):
        call(interrupted_work(begun, ended))
    assert ended.is_set()


def test_ctrl_c_ends_the_work_of_a_coroutine_that_does_not_await_it() -> None:
    begun, ended = threading.Event(), threading.Event()

    def press() -> None:
        wait_for(begun)
        press_ctrl_c()

    async def cell() -> None:
        call(interrupted_work(begun, ended))

    threading.Thread(target=press).start()
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(cell())
    assert ended.is_set()


def test_cancelling_ends_the_work_and_waits_for_it() -> None:
    begun, ended = threading.Event(), threading.Event()

    async def cell() -> None:
        task = asyncio.create_task(call_async(interrupted_work(begun, ended)))
        await asyncio.to_thread(wait_for, begun)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cell())
    assert ended.is_set()


def test_what_is_ended_before_its_flow_began_stops_at_its_next_step() -> None:
    begun, may_go_on = threading.Event(), threading.Event()
    steps: list[str] = []

    def work() -> None:
        begun.set()
        wait_for(may_go_on)
        print_status("the next step")
        steps.append("reached")

    async def cell() -> None:
        task = asyncio.create_task(call_async(work))
        await asyncio.to_thread(wait_for, begun)
        task.cancel()
        await asyncio.sleep(0)
        may_go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cell())
    assert [] == steps


def test_who_is_interrupted_while_another_call_is_at_work_does_not_begin() -> None:
    begun, may_end = threading.Event(), threading.Event()
    steps: list[str] = []

    def first() -> None:
        begun.set()
        wait_for(may_end)

    async def cell() -> None:
        at_work = asyncio.create_task(call_async(first))
        await asyncio.to_thread(wait_for, begun)
        waiting = asyncio.create_task(call_async(lambda: steps.append("begun")))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        may_end.set()
        await at_work

    asyncio.run(cell())
    assert [] == steps


def test_a_cancellation_from_a_signal_handler_is_noticed_though_nothing_else_wakes_the_loop() -> None:
    begun, ended = threading.Event(), threading.Event()

    async def cell() -> None:
        task = asyncio.create_task(call_async(interrupted_work(begun, ended)))
        before = signal.signal(signal.SIGINT, lambda *_: task.cancel())  # as ipykernel does
        threading.Thread(target=lambda: (wait_for(begun), time.sleep(0.3), press_ctrl_c())).start()
        try:
            with pytest.raises(asyncio.CancelledError):
                await asyncio.wait_for(asyncio.shield(task), 30)
        finally:
            signal.signal(signal.SIGINT, before)

    asyncio.run(cell())
    assert ended.is_set()
