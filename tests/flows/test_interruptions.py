"""Who ends a run early, and what is left of it then."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest
from scripted_ollama import Chat, Reply, ScriptedOllama, right

from evaluation.reports.results import invocation_result
from evaluation.store.outcomes import count_outcomes
from evaluation.store.records import Status
from evaluation.store.runs import holders_of, runs_of_invocation
from evaluation.store.session import Store
from tasks import interruption, salvage

Evaluate = Callable[..., Any]
Benchmarks = Callable[..., str]


def _cancel_in_prefect() -> None:
    from prefect.client.orchestration import SyncPrefectClient, get_client
    from prefect.client.schemas.filters import FlowRunFilter
    from prefect.client.schemas.objects import State, StateType

    running = FlowRunFilter.model_validate({"state": {"type": {"any_": ["RUNNING"]}}})
    with get_client(sync_client=True) as client:
        assert isinstance(client, SyncPrefectClient)
        (flow_run,) = client.read_flow_runs(flow_run_filter=running)
        client.set_flow_run_state(flow_run.id, State(type=StateType.CANCELLING))


@pytest.mark.parametrize(
    ("interrupt", "reason"),
    [
        (lambda: os.kill(os.getpid(), signal.SIGINT), "interrupted by Ctrl-C"),
        (lambda: os.kill(os.getpid(), signal.SIGTERM), "terminated"),
        (_cancel_in_prefect, "cancelled in Prefect"),
    ],
    ids=["Ctrl-C", "SIGTERM", "cancelled in Prefect"],
)
def test_a_run_that_is_ended_early_is_cancelled_and_keeps_every_finished_case(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    monkeypatch: pytest.MonkeyPatch,
    prefect_api: str,
    interrupt: Callable[[], None],
    reason: str,
) -> None:
    monkeypatch.setattr(interruption, "LOOK_EVERY_S", 0.1)
    monkeypatch.setattr(salvage, "AT_MOST_S", 60.0)
    may_go_on = threading.Event()
    troubles: list[BaseException] = []

    def interrupt_here() -> None:
        from prefect.settings import PREFECT_API_URL, temporary_settings

        try:
            with temporary_settings({PREFECT_API_URL: prefect_api}):
                interrupt()
        except BaseException as error:
            troubles.append(error)

    def hangs_at_five(chat: Chat) -> Reply:
        if chat.prompt == "What is 5?":
            threading.Thread(target=interrupt_here).start()
            may_go_on.wait(60)
        return right(chat)

    ollama_by_script.add("model", hangs_at_five)
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    state = evaluate(benchmark_file(30), models=["model"], slots=1, invocation_id="one")
    may_go_on.set()

    assert [] == troubles
    assert (True, reason) == (state.is_cancelled(), state.message)
    (run,) = runs_of_invocation(store, "one")
    assert (Status.CANCELLED, reason) == (run.status, run.reason)
    assert Status.CANCELLED is run.candidates[0].status
    (counts,) = count_outcomes(store, run.plan.run_id)
    assert len(ollama_by_script.chats) - 1 == counts.n_ok > 0
    (candidate,) = invocation_result(store, "one")["runs"][0]["candidates"]
    numbers = candidate["metrics"]["exact_match"]
    assert (1.0, counts.n_ok) == (numbers["value"], numbers["n"])
    assert all(holder.ended_at is not None for holder in holders_of(store, run.plan.run_id))
    assert before == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]


def test_an_interruption_takes_the_first_reason_and_leaves_the_handlers_as_they_were() -> None:
    async def work() -> str | None:
        async with interruption.interruptible(None) as found:
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                await asyncio.sleep(30)
            except asyncio.CancelledError:
                return found.reason
        return "not interrupted"

    before = signal.getsignal(signal.SIGTERM)
    assert "terminated" == asyncio.run(work())
    assert before == signal.getsignal(signal.SIGTERM)


def test_scoring_what_is_finished_is_given_up_after_a_moment(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    may_go_on = threading.Event()
    monkeypatch.setattr(salvage, "AT_MOST_S", 0.05)
    monkeypatch.setattr(salvage, "_score", lambda _plan, _stopping: may_go_on.wait(60))

    def interrupts(chat: Chat) -> Reply:
        os.kill(os.getpid(), signal.SIGINT)
        return right(chat)

    ollama_by_script.add("model", interrupts)

    state = evaluate(benchmark_file(3), models=["model"], slots=1, invocation_id="one")
    may_go_on.set()

    assert state.is_cancelled()
    (run,) = runs_of_invocation(store, "one")
    assert Status.CANCELLED is run.status
