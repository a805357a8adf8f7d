"""`benchwright race`: one sentence first, exit codes as everywhere, and a race that goes on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from numbers_benchmark import write_numbers
from scripted_ollama import Chat, Reply, ScriptedOllama

Command = Callable[..., Any]


def _never_right(_: Chat) -> Reply:
    return Reply(text="no idea")


@pytest.fixture
def race(
    benchwright: Command, ollama_by_script: ScriptedOllama, prefect_api: str, monkeypatch: pytest.MonkeyPatch
) -> Command:
    """Runs `benchwright race` on the server that answers by script: `good` is always right, `bad` never."""
    monkeypatch.setenv("BENCHWRIGHT_RETRY_BASE_S", "0.01")
    monkeypatch.setattr("deployments.prefect_delivery.settle", lambda *_, **__: None)
    ollama_by_script.add("good", digest="1" * 64)
    ollama_by_script.add("bad", _never_right, digest="2" * 64)

    def command(*arguments: object) -> Any:
        return benchwright("race", "--endpoint", ollama_by_script.url, "--slots", 2, *arguments)

    return command


def test_a_race_is_told_in_one_sentence_and_resumed_it_says_the_same_without_asking(
    race: Command, benchwright: Command, tmp_path: Path, ollama_by_script: ScriptedOllama
) -> None:
    path = write_numbers(tmp_path / "numbers.jsonl", 20)

    said = race("--benchmark", path, "--model", "bad", "--model", "good")
    ollama_by_script.chats.clear()
    again = race("--resume", "last", "--json")
    shown = benchwright("race", "--resume", "last", "--json")

    assert (0, 0, 0) == (said.code, again.code, shown.code)
    assert again.json["race"] == shown.json["race"]
    sentence = again.json["race"]["sentence"]
    assert sentence.startswith("good wins: the only one of 2 that is not shown to be worse after 16 cases; on 4 unseen")
    assert sentence in said.out
    assert "look 1, 16 cases, 32 calls so far: 1 left (bad), 1 still in" in said.out
    assert "40 calls of the 40 that a full evaluation takes (100 %)" in said.out
    assert [] == ollama_by_script.chats
    assert "This run belongs to a race" in benchwright("show", "last").out
    decisions = [(found["candidate"], found["decision"]) for found in again.json["race"]["decisions"]]
    assert [("good", "kept"), ("bad", "dropped"), ("good", "confirmed")] == decisions
    assert ["completed"] == [run["status"] for run in again.json["runs"]]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--model", "good"), "a race needs two candidates or more"),
        (("--model", "good", "--model", "bad", "--metric", "bleu"), "a race needs a value of each case"),
        (("--model", "good", "--model", "bad", "--margin", "3"), "as large as the whole range of 'exact_match'"),
        (("--model", "good", "--model", "bad", "--levels", "warm"), "unknown level 'warm'"),
        (("--model", "good", "--model", "bad", "--method", "luck"), "method must be 'evidence' or 'halving'"),
    ],
)
def test_what_makes_no_race_is_refused_before_a_server_is_started(
    benchwright: Command, without_servers: None, benchmark: Path, words: tuple[str, ...], message: str
) -> None:
    said = benchwright("race", "--benchmark", benchmark, *words, "--json")

    assert 2 == said.code
    assert message in said.json["error"]["message"]
    assert said.json["error"]["next"]


def test_a_dry_run_says_when_it_is_decided_and_what_it_takes_at_most_and_asks_nothing(
    race: Command, benchwright: Command, tmp_path: Path, ollama_by_script: ScriptedOllama
) -> None:
    path = write_numbers(tmp_path / "numbers.jsonl", 100)

    said = race("--benchmark", path, "--model", "bad", "--model", "good", "--budget", "minutes=5", "--dry-run")
    plain = race("--benchmark", path, "--model", "bad", "--model", "good", "--limit", 10, "--dry-run", "--json")
    all_kept = race(
        "--benchmark", path, "--model", "bad", "--model", "good", "--limit", 10, "--confirm", 10, "--dry-run"
    )
    resumed = race("--resume", "last", "--dry-run")

    assert (0, 0, 2) == (said.code, plain.code, resumed.code)
    assert "A race by evidence: 2 candidates on numbers, 100 cases." in said.out
    assert "Candidates are eliminated after 20, 40 and 80 cases." in said.out
    assert "--confirm 10 is more than there is: of 10 cases 8 are kept back" in all_kept.out
    assert "compared with the runner-up on at most 20 unseen cases." in said.out
    assert "2 model loads, 40 calls, time unknown: never asked here." in said.out
    assert "In all at most 200 of the 200 answers of a full evaluation" in said.out
    assert "It ends early if its budget is spent: minutes=5." in said.out
    found = plain.json["race"]
    assert ([8], 2, 16, 20, None) == tuple(
        found[name] for name in ("looks", "n_confirm", "first_calls", "most_calls", "most_seconds")
    )
    assert 16 == plain.json["first_look"]["n_calls"]
    assert ([], []) == (ollama_by_script.chats, ollama_by_script.loads)
    assert [] == benchwright("runs", "list", "--json").json
    assert "--dry-run only shows a race before it starts" in resumed.err


def test_a_dry_run_tells_how_long_a_race_may_take_once_its_models_were_asked(race: Command, tmp_path: Path) -> None:
    path = write_numbers(tmp_path / "numbers.jsonl", 20)
    race("--benchmark", path, "--model", "bad", "--model", "good")

    found = race("--benchmark", path, "--model", "bad", "--model", "good", "--dry-run", "--json").json

    assert found["race"]["most_seconds"] >= found["first_look"]["seconds"] > 0


def test_a_resumed_race_keeps_its_candidates_and_an_evaluation_is_no_race(
    race: Command, evaluate: Command, benchmark: Path, ollama_by_script: ScriptedOllama
) -> None:
    run_id = evaluate("--benchmark", benchmark, "--model", "good", "--limit", 1, "--json").json["runs"][0]["run_id"]

    no_race = race("--resume", "last")
    of_evaluation = race("--resume", run_id)
    more = race("--resume", "last", "--model", "other", "--alpha", 0.1)

    assert (2, 2, 2) == (no_race.code, of_evaluation.code, more.code)
    assert "unknown race 'last'. None is known yet." in no_race.err
    assert f"run {run_id} is not a race" in of_evaluation.err
    assert "alpha, models: a resumed race keeps its candidates, its cases and its rules" in more.err
