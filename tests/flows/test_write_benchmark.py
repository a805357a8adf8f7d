"""A suite written by one scripted model and checked by another, over the flow: caught faults, loads, and going on."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from looking_back import died_with_a_slot
from scripted_ollama import Chat, Reply, ScriptedOllama
from scripted_stations import Reader, Stations, Writer, scripts

from evaluation.benchmarks.loading import load_benchmark
from evaluation.errors import ConfigurationError, RunFailedError
from evaluation.results.written_suites import WrittenSuite
from evaluation.store.benchmarks import find_benchmark, load_benchmark_version
from evaluation.store.holders import dead_holders
from evaluation.store.session import Store
from evaluation.suite_writing.suite import NOT_IN_DOCUMENTS


@dataclass
class World:
    """Documents, a server with both models, and the flow."""

    ollama: ScriptedOllama
    writer: Writer
    corpus: Path
    run: Callable[..., Any]

    def suite(self, **request: Any) -> WrittenSuite:
        """Runs the flow, which completes, and returns its result."""
        state = self.run(**request)
        assert state.is_completed(), state.message
        return asyncio.run(state.aresult())  # type: ignore[no-any-return]


@pytest.fixture
def world(
    prefect_api: str,
    store_url: str,
    ollama_by_script: ScriptedOllama,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> World:
    """Twenty documents, and a writer of which every second draft is faulty."""
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", store_url)
    monkeypatch.setenv("BENCHWRIGHT_RETRY_BASE_S", "0.01")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    stations = Stations.of(1)
    writer = Writer(stations)
    write, read = scripts(writer, Reader(stations))
    ollama_by_script.add("writer", write)
    ollama_by_script.add("checker", read)
    corpus = stations.write(tmp_path / "stations")

    def run(**request: Any) -> Any:
        from evaluation.requests.writing_request import WritingRequest
        from flows.write_benchmark import write_benchmark

        fields = {"corpus": str(corpus), "model": "writer", "check": "checker", "cases": 20, "spare": 1.0, **request}
        running: Any = write_benchmark(
            WritingRequest(endpoints=[ollama_by_script.url], slots=2, **fields), return_state=True
        )
        return asyncio.run(running)

    return World(ollama_by_script, writer, corpus, run)


def report_of(state: Any) -> WrittenSuite:
    """Return what the state of a flow run that made no suite says of its drafts."""
    error = asyncio.run(state.aresult(raise_on_failure=False))
    assert isinstance(error, RunFailedError)
    assert isinstance(error.result, WrittenSuite)
    return error.result


def page_of(prefect_api: str, state: Any) -> str:
    """Return the page that a flow run has published."""
    of_run = {
        "artifacts": {"flow_run_id": {"any_": [str(state.state_details.flow_run_id)]}, "type": {"any_": ["markdown"]}}
    }
    (found,) = httpx.post(f"{prefect_api}/artifacts/filter", json=of_run, timeout=30).json()
    return str(found["data"])


def questions(world: World, *, faulty: bool) -> set[str]:
    """Questions that the writer wrote with or without a fault, where its reply can be read."""
    planted = [each for each in world.writer.planted.values() if (each.fault is not None) is faulty]
    readable = [json.loads(each.reply) for each in planted if each.fault != "broken reply"]
    return {each["question"] for each in readable}


def test_every_planted_fault_falls_and_every_sound_draft_stays(world: World, store: Store) -> None:
    suite = world.suite(cases=40, spare=1.0, name="handbook")

    record = find_benchmark(store, "handbook-synthetic")
    assert record is not None
    stored = load_benchmark_version(store, record.version)
    kept = {case.prompt for case in stored.cases}
    duplicates = {
        json.loads(each.reply)["question"]
        for each in world.writer.planted.values()
        if (each.fault or "").startswith("duplicate")
    }
    assert set() == kept & (questions(world, faulty=True) - duplicates - questions(world, faulty=False))
    assert len(kept) == len(stored.cases) == suite.n_cases
    assert 80 == suite.n_drafts == suite.n_cases + len(suite.dropped)
    assert suite.version == stored.version
    assert sum(suite.dropped_by_check.values()) == len(suite.dropped)
    assert {"broken_reply", "other_answer", "answer_in_question", "answered_after_all"} <= set(suite.dropped_by_check)


def test_each_model_is_loaded_once_and_the_writer_first(world: World, store: Store) -> None:
    died_with_a_slot(store)
    world.suite()

    assert () == dead_holders(store), "slots of the dead are free at once"
    assert ["writer", "checker"] == [name for name, _ in world.ollama.loads]


def test_cases_name_their_proofs_as_they_stand_in_the_documents(world: World, tmp_path: Path) -> None:
    world.suite(out=str(tmp_path / "suite.jsonl"))

    suite = load_benchmark(tmp_path / "suite.jsonl")
    assert "stations-synthetic" == suite.name
    assert "Synthetic: 20 cases written by writer and checked by checker" in suite.description
    assert "No person has confirmed them." in suite.description
    for case in suite.cases:
        assert "synthetic" in case.tags
        relevant = case.details.get("relevant", [])
        assert all(each["text"] in (world.corpus / each["document"]).read_text() for each in relevant)
        assert (case.references == (NOT_IN_DOCUMENTS,)) is (relevant == [])


def test_the_same_request_asks_nothing_again_and_one_with_more_cases_only_what_is_new(
    world: World, tmp_path: Path
) -> None:
    first = world.suite(out=str(tmp_path / "one.jsonl"))
    n_first = len(world.ollama.chats)
    again = world.suite(out=str(tmp_path / "two.jsonl"))

    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()
    assert n_first == len(world.ollama.chats) == first.n_requests == again.n_reused
    assert 0 == again.n_requests
    assert ["writer", "checker"] == [name for name, _ in world.ollama.loads]

    more = world.suite(cases=30, out=str(tmp_path / "three.jsonl"))
    assert 0 < more.n_requests < n_first
    assert n_first == more.n_reused


def test_a_server_that_fails_ends_without_a_suite_and_the_same_request_asks_only_what_is_missing(
    world: World, store: Store, prefect_api: str
) -> None:
    checker = world.ollama.models["checker"]
    read = checker.script
    n_answered = [0]

    def dying(chat: Chat) -> Reply:
        n_answered[0] += 1
        return read(chat) if n_answered[0] <= 30 else Reply(status=500, error="out of memory")

    checker.script = dying
    state = world.run()
    assert state.is_failed()
    assert "gave no reply" in state.message
    fallen = report_of(state)
    assert (None, 0) == (fallen.version, fallen.n_cases)
    assert "gave no reply" in fallen.description
    assert {"no_reply", "no_verdict"} & fallen.dropped_by_check.keys()
    assert "out of memory" in page_of(prefect_api, state)
    assert find_benchmark(store, "stations-synthetic") is None

    checker.script = read
    before = world.ollama.chats[:]
    suite = world.suite()
    assert not [chat for chat in world.ollama.chats[len(before) :] if chat.model == "writer"]
    assert 40 + 30 == suite.n_reused


def test_a_model_may_not_check_itself_under_another_name(world: World) -> None:
    world.ollama.add("alias", digest=world.ollama.models["writer"].digest)

    with pytest.raises(ConfigurationError, match="same weights: a model that checks what it wrote"):
        asyncio.run(world.run(check="alias").aresult())
    assert [] == world.ollama.chats


def test_hostile_replies_of_the_checker_drop_the_draft_and_nothing_else(world: World, prefect_api: str) -> None:
    world.ollama.models["checker"].script = lambda _chat: Reply(text='{"known": "\u001b[2J", "answerable": 1}')

    state = world.run()

    assert state.is_failed()
    assert "every draft was dropped" in state.message
    assert "broken_verdict" in state.message
    suite = report_of(state)
    assert (None, 0, 40) == (suite.version, suite.n_cases, suite.n_drafts)
    assert 40 == len(suite.dropped) == sum(suite.dropped_by_check.values())
    assert suite.description.startswith(
        "No suite of 40 drafts written by writer and checked by checker, from 20 documents"
    )
    page = page_of(prefect_api, state)
    assert len([line for line in page.splitlines() if line.startswith("| broken\\_verdict")]) > 20
    assert "\x1b" not in page
