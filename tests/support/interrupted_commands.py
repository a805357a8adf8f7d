"""Commands that run a flow, each held in the middle of its work while something happens to it."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from evaluated_once import evaluate_once
from filled_stores import fill_by_copy
from numbers_benchmark import write_numbers
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterDeploymentId
from prefect.client.schemas.sorting import FlowRunSort
from recommendable import fill
from scripted_ollama import Chat, Reply, ScriptedOllama, right

Command = Callable[..., Any]
COMMANDS = ("evaluate", "race", "sweep", "compare", "score", "retrain", "monitor")


@dataclass
class Interrupter:
    """Interrupts the command once, from another thread, and holds whoever called it until the test is over."""

    interrupt: Callable[[], None]
    prefect_api: str
    is_over: threading.Event = field(default_factory=threading.Event)
    errors: list[BaseException] = field(default_factory=list)
    _begun: threading.Event = field(default_factory=threading.Event)

    def begin(self) -> None:
        """Interrupt in the background; calls after the first do nothing."""
        if not self._begun.is_set():
            self._begun.set()
            threading.Thread(target=self._interrupt).start()

    def as_model(self, chat: Chat) -> Reply:
        """Answer the first few cases; hang on case 5, and interrupt."""
        if chat.prompt == "What is 5?":
            self.begin()
            self.is_over.wait(600)
        return right(chat)

    def as_judge(self, _chat: Chat) -> Reply:
        """Hang on every verdict, and interrupt."""
        self.begin()
        self.is_over.wait(600)
        return Reply(text='{"rationale": "so it is", "score": 3}')

    async def as_task(self, *_: object, **__: object) -> None:
        """Stand in for a flow's first task."""
        self.begin()
        await asyncio.sleep(600)

    def _interrupt(self) -> None:
        from prefect.settings import PREFECT_API_URL, temporary_settings

        try:
            with temporary_settings({PREFECT_API_URL: self.prefect_api}):
                self.interrupt()
        except BaseException as error:
            self.errors.append(error)


def words_of(
    name: str,
    interrupter: Interrupter,
    evaluate: Command,
    database: str,
    folder: Path,
    ollama: ScriptedOllama,
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[object, ...]:
    """The words of a command that is interrupted in the middle of its work."""
    server = ("--endpoint", ollama.url)
    cases = ("--benchmark", write_numbers(folder / "numbers.jsonl", 30))
    match name:
        case "retrain":
            fill_by_copy(database, fill)
            monkeypatch.setattr("flows.retrain.gather_evidence", interrupter.as_task)
            return ()
        case "monitor":
            monkeypatch.setattr("flows.monitor.restart_dead", interrupter.as_task)
            return ()
        case "score":
            ollama.add("good")
            ollama.add("judge", interrupter.as_judge, digest="d" * 64)
            assert 0 == evaluate_once("to be scored", database, lambda: evaluate(*cases, "--model", "good").code)
            return ("last", *server, "--metric", "judge_rubric", "--judge", "judge")
    ollama.add("model", interrupter.as_model, digest="1" * 64)
    ollama.add("other", digest="2" * 64)
    if name == "sweep":
        return (*server, *cases, "--model", "model", "--param", "temperature=0:1:0.5")
    models = ("--model", "model") if name == "evaluate" else ("--model", "model", "--model", "other")
    return (*server, *cases, *models)


def newest_flow_run(api: str) -> tuple[str, str]:
    """State and flow of the flow run that a command made last; schedules of deployments plan theirs ahead."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: api}), get_client(sync_client=True) as client:
        assert isinstance(client, SyncPrefectClient)
        of_commands = FlowRunFilter(deployment_id=FlowRunFilterDeploymentId(is_null_=True))
        (newest,) = client.read_flow_runs(
            flow_run_filter=of_commands, sort=FlowRunSort.EXPECTED_START_TIME_DESC, limit=1
        )
        assert newest.state is not None
        return newest.state.type.name, client.read_flow(newest.flow_id).name
