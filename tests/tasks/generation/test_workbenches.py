"""The open things of an invocation are found by its tasks while they are open, and not after."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from scripted_ollama import ScriptedOllama
from stored_runs import asked, numbers, store_run

from evaluation.candidate import PLAIN_PROFILE
from evaluation.errors import ConfigurationError
from evaluation.planning.plan import Group, Lane, Plan, PlannedCandidate
from evaluation.store.loaded_memory import loaded_memory
from tasks.generation.generate import generate_shard
from tasks.generation.residency import load_model, loads_in_progress, release_model
from tasks.generation.workbench import open_workbench, workbench


def a_plan(url: str) -> Plan:
    planned = PlannedCandidate(
        run_id="run",
        run_candidate_id=1,
        benchmark_version="v",
        benchmark_name="numbers",
        label="good",
        model="good",
        options={"num_ctx": 2048, "num_predict": 8},
        load_options={"num_ctx": 2048},
        think=None,
        profile=PLAIN_PROFILE,
        seed=0,
        n_cases=2,
        n_repeats=1,
        failure_budget=0,
        endpoints=("here",),
    )
    group = Group(model="good", load_options={"num_ctx": 2048}, planned=(planned,))
    lane = Lane(
        endpoint_name="here",
        url=url,
        provider="ollama",
        key_variable=None,
        slots=3,
        allow_remote=False,
        gpu_tag="gpu-here",
    )
    return Plan(
        invocation_id="one",
        runs=(),
        lanes=(lane,),
        groups=(group,),
        notes=(),
        timeout_s=30.0,
        case_timeout_s=60.0,
    )


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", str(tmp_path / "results.db"))
    monkeypatch.setenv("BENCHWRIGHT_RETRY_BASE_S", "0.01")


def test_a_workbench_is_found_while_it_is_open(ollama_by_script: ScriptedOllama) -> None:
    async def work() -> None:
        async with open_workbench(a_plan(ollama_by_script.url)) as bench:
            assert workbench("one") is bench
            assert (0, 3) == (bench.stations["here"].gate.capacity, bench.stations["here"].lane.slots)
        with pytest.raises(ConfigurationError, match="no work on invocation 'one' is open in this process"):
            workbench("one")

    asyncio.run(work())


def test_a_shard_without_a_workbench_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no work on invocation 'two'"):
        asyncio.run(generate_shard.fn("two", ((1, "a", 0),), title="x · y", stretch="1"))


def test_a_model_is_loaded_with_its_options_warmed_up_looked_at_and_let_go(ollama_by_script: ScriptedOllama) -> None:
    ollama_by_script.add("good")

    async def work() -> None:
        async with open_workbench(a_plan(ollama_by_script.url)) as bench:
            store_run(bench.store, asked("good"), cases=numbers(2))
            load_s = await load_model.fn("one", "here", "good", group_index=0)
            assert isinstance(load_s, float)
            with bench.store.read() as connection:
                (memory,) = loaded_memory(connection).values()
            assert (1e6, 2048) == (memory.size_bytes, memory.context_length)
            resident = bench.stations["here"].resident
            assert resident is not None
            assert ("good", 2048, 1.0) == (resident.name, resident.context_length, resident.vram_share)
            await release_model.fn("one", "here", "good")
            assert bench.stations["here"].resident is None

    asyncio.run(work())
    assert [("good", 2048)] == ollama_by_script.loads
    assert [] == ollama_by_script.chats


@pytest.mark.parametrize(
    ("trouble", "kind", "n_times"),
    [
        ((500, "llama runner process: out of memory"), "out_of_memory", 2),
        ((404, "model 'good' not found"), "model_not_pulled", 1),
        ((503, "server busy"), "queue_full", 8),
    ],
)
def test_a_model_that_cannot_be_loaded_is_tried_as_often_as_makes_sense(
    ollama_by_script: ScriptedOllama, trouble: tuple[int, str], kind: str, n_times: int
) -> None:
    ollama_by_script.add("good", load_error=trouble)
    n_tried = 0
    load = ollama_by_script.load

    def counted(body: dict[str, object]) -> tuple[int, dict[str, object]]:
        nonlocal n_tried
        n_tried += 1
        return load(body)

    ollama_by_script.load = counted  # type: ignore[method-assign]

    async def work() -> str | float:
        async with open_workbench(a_plan(ollama_by_script.url)):
            return await load_model.fn("one", "here", "good", group_index=0)

    problem = asyncio.run(work())
    assert isinstance(problem, str)
    assert problem.startswith(f"{kind}: ")
    assert n_times == n_tried


def test_letting_go_of_a_model_on_a_server_that_is_gone_is_a_warning(
    ollama_by_script: ScriptedOllama, caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        async with open_workbench(a_plan(ollama_by_script.url)):
            ollama_by_script.stop()
            await release_model.fn("one", "here", "good")

    asyncio.run(work())
    assert "could not ask here to unload good: no server answers" in caplog.text


def test_another_server_of_a_group_counts_until_it_is_refused_or_given_up(ollama_by_script: ScriptedOllama) -> None:
    plan = a_plan(ollama_by_script.url)
    (lane,), (group,) = plan.lanes, plan.groups
    shared = replace(group, planned=(replace(group.planned[0], endpoints=("here", "there")),))
    plan = replace(plan, lanes=(lane, replace(lane, endpoint_name="there")), groups=(shared,))

    async def work() -> list[bool]:
        async with open_workbench(plan) as bench:
            (work,), here, there = bench.works, bench.stations["here"], bench.stations["there"]
            found = [bench.has_another_server(work, here)]
            there.watch.given_up = "gone"
            found.append(bench.has_another_server(work, here))
            there.watch.tried_again()
            work.refuse("there", "no such model")
            return [*found, bench.has_another_server(work, here)]

    assert [True, False, False] == asyncio.run(work())


def test_a_queue_that_is_full_while_loading_is_waited_for(ollama_by_script: ScriptedOllama) -> None:
    ollama_by_script.add("good")
    load, n_refused = ollama_by_script.load, 0

    def refuses_thrice(body: dict[str, object]) -> tuple[int, dict[str, object]]:
        nonlocal n_refused
        if n_refused < 3:
            n_refused += 1
            return 503, {"error": "server busy, please try again.  maximum pending requests exceeded"}
        return load(body)

    ollama_by_script.load = refuses_thrice  # type: ignore[method-assign]

    async def work() -> str | float:
        async with open_workbench(a_plan(ollama_by_script.url)):
            return await load_model.fn("one", "here", "good", group_index=0)

    assert isinstance(asyncio.run(work()), float)
    assert 3 == n_refused
    assert {} == loads_in_progress


def test_letting_go_of_a_model_that_was_removed_from_its_server_warns_of_nothing(
    ollama_by_script: ScriptedOllama, caplog: pytest.LogCaptureFixture
) -> None:
    ollama_by_script.add("good")

    async def work() -> None:
        async with open_workbench(a_plan(ollama_by_script.url)):
            await load_model.fn("one", "here", "good", group_index=0)
            ollama_by_script.models.pop("good")
            await release_model.fn("one", "here", "good")

    asyncio.run(work())
    assert "still has" not in caplog.text
    assert "unload" not in caplog.text
