"""Grading of calls in production by command and by function, and what it refuses."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from scripted_ollama import Reply, ScriptedOllama

import selection
from evaluation.errors import ConfigurationError
from evaluation.records.traffic_calls import TrafficCall
from evaluation.store.session import open_store
from evaluation.store.traffic import save_traffic

Command = Callable[..., Any]
YESTERDAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(hours=12)


@pytest.fixture
def server(database: str, ollama_by_script: ScriptedOllama, monkeypatch: pytest.MonkeyPatch) -> ScriptedOllama:
    """A server with a judge, and three calls of yesterday with their texts and two without."""
    monkeypatch.setattr("deployments.prefect_delivery.settle", lambda *_, **__: None)
    ollama_by_script.add("judge", lambda _: Reply(text=json.dumps({"rationale": "so it is", "score": 4})))
    with open_store(database) as store:
        save_traffic(
            store,
            [
                TrafficCall(
                    call_id=str(number),
                    task="chat",
                    candidate="m:1b",
                    started_at=YESTERDAY + timedelta(seconds=number),
                    duration_s=1.0,
                    input="What is 1?" if number < 3 else None,
                    output="1" if number < 3 else None,
                )
                for number in range(5)
            ],
        )
    return ollama_by_script


def test_a_command_grades_each_call_once_and_says_what_cannot_be_graded(
    benchwright: Command, server: ScriptedOllama, prefect_api: str
) -> None:
    graded = benchwright("traffic", "grade", "--judge", "judge", "--endpoint", server.url)

    assert 0 == graded.code, graded.err
    assert (
        f"judge graded 3 calls of {YESTERDAY.date()}; 2 calls without stored texts, or with texts that were cut\n"
        in graded.out
    )
    assert "0.750" in graded.out

    again = benchwright("traffic", "grade", "--judge", "judge", "--endpoint", server.url, "--json")
    assert 0 == again.code, again.err
    assert (0, 0, 2) == tuple(again.json[name] for name in ("n_asked", "n_graded", "n_without_texts"))
    (row,) = again.json["candidates"]
    assert ("chat", "m:1b", 3, 0.75) == (row["task"], row["candidate"], row["n_graded"], row["grade"]["value"])
    assert 3 == server.asked("judge").total()


def test_the_function_returns_what_the_command_prints(server: ScriptedOllama, prefect_api: str, database: str) -> None:
    result = selection.grade_traffic(judge="judge", endpoints=[server.url], sample=2, db=database)

    assert (2, 2, 0) == (result.n_asked, result.n_graded, result.n_failed)
    assert "judge_rubric" == result.metric
    assert server.models["judge"].digest in result.signature


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((), "no judge is named"),
        (("--judge", ""), "an empty name; write MODEL or MODEL@ENDPOINT"),
        (("--judge", "judge", "--sample", "0"), "sample"),
        (("--judge", "judge", "--days", "91"), "days"),
    ],
)
def test_what_cannot_be_graded_is_refused_before_a_server_starts(
    benchwright: Command, server: ScriptedOllama, words: tuple[str, ...], reason: str
) -> None:
    refused = benchwright("traffic", "grade", *words)

    assert 2 == refused.code
    assert reason in refused.err
    assert "Traceback" not in refused.err
    assert 0 == server.asked("judge").total()


def test_a_judge_that_no_server_has_is_named(server: ScriptedOllama, prefect_api: str, database: str) -> None:
    with pytest.raises(ConfigurationError, match="nobody"):
        selection.grade_traffic(judge="nobody", endpoints=[server.url], db=database)
