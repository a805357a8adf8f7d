"""A run that was cut off goes on under the same invocation: only what is missing is asked, and never something else."""

import asyncio
import os
import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from ending_early import HangsAtFive, press_ctrl_c
from looking_back import another_process, held_by, held_by_a_dead_process, only_run, outcomes, results
from scripted_ollama import Chat, Reply, ScriptedOllama, right

from evaluation.errors import ConfigurationError
from evaluation.fingerprint import derived_seed
from evaluation.records.status import Status
from evaluation.resolution.endpoints import default_gpu_tag
from evaluation.store.holders import beat, dead_holders, holders_of
from evaluation.store.plans import find_invocation, record_run_flow
from evaluation.store.runs import runs_of_invocation, set_run_candidate_status, set_run_status
from evaluation.store.session import Store
from tasks.slots.prefect_limits import prefect_limits, retry_while_away

Evaluate = Callable[..., Any]
Benchmarks = Callable[..., str]
PATIENCE_S = 120.0
"""So much longer than anything should take that no slow machine fails a test."""


def test_a_run_that_was_cancelled_asks_only_what_is_not_stored(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    script = HangsAtFive(press_ctrl_c)
    ollama_by_script.add("model", script, digest="d" * 64)
    path = benchmark_file(12)

    first = evaluate(path, models=["model"], slots=2, invocation_id="one")
    kept = {found.row.case_id: found.generation_id for found in outcomes(store)}
    asked = ollama_by_script.asked("model")
    script.may_go_on.set()
    ollama_by_script.add("model", digest="d" * 64)
    second = evaluate(path, models=["model"], slots=2, invocation_id="one")

    assert (True, True) == (first.is_cancelled(), second.is_completed())
    assert 0 < len(kept) < 12
    again = ollama_by_script.asked("model") - asked
    assert {f"What is {n}?": 1 for n in range(12) if f"c{n}" not in kept} == again
    assert kept.items() <= {found.row.case_id: found.generation_id for found in outcomes(store)}.items()
    assert (Status.COMPLETED, None) == (only_run(store).status, only_run(store).reason)
    assert (12, 1.0) == (results(store)["model"].n_ok, results(store)["model"].metrics["exact_match"].value)


def test_a_run_goes_on_with_the_options_it_began_with_though_a_default_has_changed(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lengths: list[int] = []

    def notes_the_length(chat: Chat) -> Reply:
        lengths.append(chat.options["num_predict"])
        return right(chat)

    ollama_by_script.add("model", notes_the_length, digest="d" * 64)
    path = benchmark_file(4, task_type="generation")
    with monkeypatch.context() as older:
        older.setattr("evaluation.resolution.resolved_candidate.OPEN_LENGTH_TASKS", frozenset())
        evaluate(path, models=["model"], limit=2, invocation_id="one")
    evaluate(path, models=["model"], limit=4, invocation_id="one")
    evaluate(path, models=["model"], limit=1, invocation_id="two")

    assert [1024] * 4 + [4096] == lengths
    kept = [runs_of_invocation(store, name)[0].candidates[0].plan.options["num_predict"] for name in ("one", "two")]
    assert [1024, 4096] == kept


def test_after_a_crash_the_dead_ones_slots_are_freed_its_flow_run_is_called_crashed_and_its_work_is_done(
    evaluate: Evaluate,
    store: Store,
    ollama_by_script: ScriptedOllama,
    benchmark_file: Benchmarks,
) -> None:
    all_slots = threading.Barrier(4, timeout=PATIENCE_S)

    def fills_all_slots(chat: Chat) -> Reply:
        all_slots.wait()
        return right(chat)

    ollama_by_script.add("model", fills_all_slots)
    path = benchmark_file(16)
    evaluate(path, models=["model"], limit=8, invocation_id="one")
    holder_id, dead_flow = _as_a_crash_leaves_it(store, ollama_by_script)
    assert Status.INTERRUPTED is only_run(store).status
    ollama_by_script.max_active = 0

    state = evaluate(path, models=["model"], limit=16, invocation_id="one")

    assert state.is_completed()
    assert {f"What is {n}?": 1 for n in range(16)} == ollama_by_script.asked("model")
    assert 4 == ollama_by_script.max_active
    assert () == dead_holders(store)
    (dead,) = (held for held in holders_of(store, only_run(store).plan.run_id) if held.holder_id == holder_id)
    assert ((), True) == (dead.lease_ids, dead.ended_at is not None)
    assert 0 == asyncio.run(_n_taken(default_gpu_tag(ollama_by_script.url)))
    assert "CRASHED" == asyncio.run(_state_of(dead_flow))
    assert Status.COMPLETED is only_run(store).status


def _as_a_crash_leaves_it(store: Store, server: ScriptedOllama) -> tuple[str, UUID]:
    """Makes the run look as if its process had been killed with all slots in its hands: the holder and flow run."""
    from prefect.client.orchestration import get_client
    from prefect.states import Running

    from flows.evaluate import evaluate as flow

    async def crash() -> tuple[list[str], UUID]:
        async with prefect_limits() as limits:
            lease_id = None
            while lease_id is None:  # what the run before had may take a moment to come back
                lease_id = await retry_while_away(
                    lambda: limits.take(default_gpu_tag(server.url), 4, lease_s=60), patience_s=120
                )
                await asyncio.sleep(0.1)
        async with get_client() as client:
            flow_run = await client.create_flow_run(flow, state=Running())
        return [str(lease_id)], flow_run.id

    run = only_run(store)
    lease_ids, flow_run_id = asyncio.run(crash())
    set_run_status(store, run.plan.run_id, Status.RUNNING)
    set_run_candidate_status(store, run.candidates[0].run_candidate_id, Status.RUNNING)
    record_run_flow(store, run.plan.run_id, str(flow_run_id))
    holder_id = held_by_a_dead_process(store, run.plan.run_id)
    beat(store, holder_id, lease_ids=lease_ids)
    return holder_id, flow_run_id


async def _n_taken(tag: str) -> int:
    async with prefect_limits() as limits:
        return (await retry_while_away(lambda: limits.look([tag]), patience_s=120))[tag].n_taken


async def _state_of(flow_run_id: UUID) -> str:
    from prefect.client.orchestration import get_client

    async with get_client() as client:
        state = (await client.read_flow_run(flow_run_id)).state
    assert state is not None
    return str(state.type.value)


def test_failures_of_the_servers_are_asked_again_and_answers_never(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    def has_a_bad_day(chat: Chat) -> Reply:
        if chat.prompt == "What is 2?":
            return Reply(text="")
        return Reply(status=500, error="runner crashed") if chat.prompt == "What is 3?" else right(chat)

    ollama_by_script.add("model", has_a_bad_day, digest="d" * 64)
    path = benchmark_file(5)
    evaluate(path, models=["model"], max_failures="1", invocation_id="one")
    assert (4, 1) == (results(store)["model"].n_ok, results(store)["model"].n_failed)
    ollama_by_script.chats.clear()
    ollama_by_script.add("model", right, digest="d" * 64)

    assert evaluate(path, models=["model"], max_failures="1", invocation_id="one").is_completed()

    assert {"What is 3?": 1} == ollama_by_script.asked("model")
    found = results(store)["model"]
    assert (0, {}, {"empty_answer": 1}) == (found.n_failed, found.failures, found.own_failures)


def test_another_model_more_repeats_and_a_higher_limit_add_to_what_is_there(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("good")
    ollama_by_script.add("other")
    path = benchmark_file(9)
    first = {"options": ["temperature=0.7"], "seed": 3, "invocation_id": "one"}
    evaluate(path, models=["good"], limit=2, **first)
    kept = {found.row.case_id: found.generation_id for found in outcomes(store)}

    state = evaluate(path, models=["good", "other"], limit=5, repeats=2, **first)

    assert state.is_completed()
    run = only_run(store)
    assert (5, 2, 5) == (run.plan.n_cases, run.plan.n_repeats, run.plan.limit)
    for candidate, model in enumerate(("good", "other")):
        there = {(found.row.case_id, found.row.repeat): found for found in outcomes(store, candidate=candidate)}
        assert 10 == len(there) == sum(ollama_by_script.asked(model).values())
        assert {item: derived_seed(3, *item) for item in there} == {
            item: found.row.outcome.seed for item, found in there.items()
        }
        if model == "good":
            assert kept == {case_id: there[case_id, 0].generation_id for case_id in kept}
    invocation = find_invocation(store, "one")
    assert invocation is not None
    assert (["good", "other"], 5, 2) == tuple(invocation.request[name] for name in ("models", "limit", "repeats"))


def test_other_weights_under_the_same_name_are_refused_before_anything_is_asked(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("model", digest="a" * 64)
    path = benchmark_file(4)
    evaluate(path, models=["model"], limit=2, invocation_id="one")
    ollama_by_script.chats.clear()
    ollama_by_script.loads.clear()
    ollama_by_script.add("model", digest="b" * 64)

    state = evaluate(path, models=["model"], invocation_id="one")

    with pytest.raises(ConfigurationError, match="with the weights aaaaaaaaaaaa, and its server has bbbbbbbbbbbb"):
        state.result()
    assert ([], []) == (ollama_by_script.chats, ollama_by_script.loads)
    assert (Status.COMPLETED, 2, 2) == (only_run(store).status, only_run(store).plan.limit, len(outcomes(store)))


def test_a_run_that_somebody_works_on_is_left_to_them(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("model")
    path = benchmark_file(4)
    evaluate(path, models=["model"], limit=2, invocation_id="one")
    ollama_by_script.chats.clear()
    run_id = only_run(store).plan.run_id
    set_run_status(store, run_id, Status.RUNNING)

    with another_process() as process:
        held_by(store, process, run_id)
        state = evaluate(path, models=["model"], invocation_id="one")

        with pytest.raises(ConfigurationError, match=f"is in use by process {process.pid} on "):
            state.result()
        assert Status.RUNNING is only_run(store).status
    assert [] == ollama_by_script.chats


def test_a_run_goes_on_with_the_version_it_began_with_whatever_became_of_its_file(
    evaluate: Evaluate, store: Store, ollama_by_script: ScriptedOllama, benchmark_file: Benchmarks
) -> None:
    ollama_by_script.add("model")
    path = benchmark_file(6)
    evaluate(path, models=["model"], limit=3, invocation_id="one")
    version = only_run(store).plan.benchmark_version

    benchmark_file(2)
    evaluate(benchmark_file(6, "copy"), models=["model"], limit=1, invocation_id="other")
    ollama_by_script.chats.pop()
    changed = evaluate(path, models=["model"], limit=5, invocation_id="one")
    os.remove(path)
    gone = evaluate(path, models=["model"], limit=6, invocation_id="one")

    assert (True, True) == (changed.is_completed(), gone.is_completed())
    assert (version, 6) == (only_run(store).plan.benchmark_version, results(store)["model"].n_ok)
    assert {f"What is {n}?": 1 for n in range(6)} == ollama_by_script.asked("model")
