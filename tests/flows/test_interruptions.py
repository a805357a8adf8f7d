"""Who ends a run early, and what is left of it then."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest
from ending_early import HangsAtFive, cancel_in_prefect, press_ctrl_c, terminate
from scripted_ollama import Chat, Reply, ScriptedOllama, right

from evaluation.records.status import Status
from evaluation.run_results.run_result import invocation_result
from evaluation.store.holders import holders_of
from evaluation.store.outcomes import count_outcomes
from evaluation.store.runs import runs_of_invocation
from evaluation.store.session import Store
from tasks import interruption, partial_scoring

Evaluate = Callable[..., Any]
Benchmarks = Callable[..., str]


@pytest.mark.parametrize(
    ("interrupt", "reason"),
    [
        (press_ctrl_c, "interrupted by Ctrl-C"),
        (terminate, "terminated"),
        (cancel_in_prefect, "cancelled in Prefect"),
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
    monkeypatch.setattr(partial_scoring, "AT_MOST_S", 60.0)
    script = HangsAtFive(interrupt, prefect_api)
    ollama_by_script.add("model", script)
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    state = evaluate(benchmark_file(30), models=["model"], slots=1, invocation_id="one")
    script.may_go_on.set()

    assert [] == script.troubles
    assert (True, reason) == (state.is_cancelled(), state.message)
    (run,) = runs_of_invocation(store, "one")
    assert (Status.CANCELLED, reason) == (run.status, run.reason)
    assert Status.CANCELLED is run.candidates[0].status
    (counts,) = count_outcomes(store, run.plan.run_id)
    assert len(ollama_by_script.chats) - 1 == counts.n_ok > 0
    (candidate,) = invocation_result(store, "one").runs[0].candidates
    numbers = candidate.metrics["exact_match"]
    assert (1.0, counts.n_ok) == (numbers.value, numbers.mean.n_cases)
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
    monkeypatch.setattr(partial_scoring, "AT_MOST_S", 0.05)
    monkeypatch.setattr(partial_scoring, "_score", lambda _plan, _stopping, _apart: may_go_on.wait(60))

    def interrupts(chat: Chat) -> Reply:
        os.kill(os.getpid(), signal.SIGINT)
        return right(chat)

    ollama_by_script.add("model", interrupts)

    state = evaluate(benchmark_file(3), models=["model"], slots=1, invocation_id="one")
    may_go_on.set()

    assert state.is_cancelled()
    (run,) = runs_of_invocation(store, "one")
    assert Status.CANCELLED is run.status
