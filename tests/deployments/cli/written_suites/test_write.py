"""`benchwright benchmarks write`: what is wrong is said before a token is spent; what is paid for is never lost."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from scripted_ollama import Chat, Reply, ScriptedOllama
from scripted_stations import Reader, Stations, Writer, scripts

Command = Callable[..., Any]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Twenty documents."""
    return Stations.of(1).write(tmp_path / "stations")


@pytest.fixture
def models(ollama_by_script: ScriptedOllama, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ScriptedOllama:
    """A server with a writer, of which one in two drafts is faulty, a checker, and an embedder."""
    stations = Stations.of(1)
    write, read = scripts(Writer(stations), Reader(stations))
    ollama_by_script.add("writer", write)
    ollama_by_script.add("checker", read)
    ollama_by_script.add("vectors", capabilities=("embedding",))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("BENCHWRIGHT_RETRY_BASE_S", "0.01")
    monkeypatch.setattr("deployments.prefect_delivery.settle", lambda *_, **__: None)
    return ollama_by_script


@pytest.fixture
def write(benchwright: Command, models: ScriptedOllama, corpus: Path) -> Command:
    """Runs the command; options given here replace the usual ones."""

    def command(**options: object) -> Any:
        usual = {"corpus": corpus, "model": "writer", "check": "checker", "cases": 8, "slots": 2, **options}
        words = [word for name, value in usual.items() for word in (f"--{name}", value) if value is not None]
        return benchwright("benchmarks", "write", "--endpoint", models.url, *words)

    return command


def test_a_suite_is_written_told_of_and_shown_as_synthetic(
    write: Command, benchwright: Command, prefect_api: str
) -> None:
    said = write(name="handbook", json=None)

    assert 0 == said.code, said.err
    assert "Synthetic: 8 cases written by writer and checked by checker, from 20 documents" in said.out
    assert "kept 8 of 12 drafts" in said.out
    assert "stored as handbook-synthetic" in said.out
    assert "benchwright benchmarks confirm handbook-synthetic" in said.err
    listed = benchwright("benchmarks", "list")
    assert "handbook-synthetic" in listed.out
    assert "synthetic, from" in listed.out
    shown = benchwright("benchmarks", "show", "handbook-synthetic")
    assert "Synthetic: 8 cases" in shown.out
    assert "tags" in shown.out
    assert "synthetic" in shown.out.split("tags", 1)[1]


def test_as_json_it_tells_of_every_dropped_draft(
    write: Command, benchwright: Command, models: ScriptedOllama, corpus: Path, prefect_api: str, tmp_path: Path
) -> None:
    out = tmp_path / "suite.jsonl"
    arguments = ["--corpus", corpus, "--model", "writer", "--check", "checker", "--cases", 8, "--out", out, "--json"]
    said = benchwright("benchmarks", "write", "--endpoint", models.url, "--slots", 2, *arguments)

    assert (0, "completed", None) == (said.code, said.json["status"], said.json["problem"])
    suite = said.json["suite"]
    assert (8, 12) == (suite["n_cases"], suite["n_drafts"])
    assert 4 == len(suite["dropped"]) == sum(suite["dropped_by_check"].values())
    assert all(draft["reason"] and draft["documents"] for draft in suite["dropped"])
    assert str(out) == suite["file"]
    assert 0 == benchwright("benchmarks", "validate", out).code


def test_what_is_wrong_is_said_before_a_server_is_started_or_a_token_spent(
    write: Command, models: ScriptedOllama, corpus: Path, tmp_path: Path, without_servers: None
) -> None:
    (empty := tmp_path / "empty").mkdir()
    (broken := tmp_path / "broken").mkdir()
    (broken / "a.pdf").write_bytes(b"%PDF-1.4 nothing more")
    (tmp_path / "there.jsonl").write_text("{}")
    models.add("alias", digest=models.models["writer"].digest)
    wrong: list[tuple[dict[str, object], str]] = [
        ({"corpus": tmp_path / "nowhere"}, "no such corpus"),
        ({"corpus": empty}, "has no text"),
        ({"corpus": broken}, "a.pdf (damaged: "),
        ({"model": "writr"}, "writr"),
        ({"check": "nobody"}, "nobody"),
        ({"check": "vectors"}, "'vectors' writes no answers"),
        ({"check": "writer"}, "'writer' would check what it wrote itself, and a model sees its own mistakes as right"),
        ({"check": "alias"}, "same weights: a model that checks what it wrote sees its own mistakes as right"),
        ({"cases": 0}, "cases must be at least 1 (got 0)"),
        ({"cases": -3}, "cases must be at least 1 (got -3)"),
        ({"cases": 5001}, "cases must be at most 5000"),
        ({"spare": -1}, "spare must be at least 0"),
        ({"kind": "poem"}, "poem"),
        ({"out": tmp_path / "there.jsonl"}, "is there already"),
        ({"out": tmp_path / "suite.csv"}, "does not end in .jsonl"),
        ({"out": tmp_path / "no" / "suite.jsonl"}, "there is no folder"),
        ({"name": "a\u202eb"}, "invisible character"),
        ({"endpoint": "http://127.0.0.1:9"}, "127.0.0.1:9"),
    ]
    for options, message in wrong:
        if "endpoint" in options:
            models.stop()
        said = write(**options)
        assert 2 == said.code, (options, said.err)
        assert message in said.err, (options, said.err)
    assert [] == models.chats
    assert not list((tmp_path / "data").rglob("*.jsonl"))


def test_hostile_text_of_a_model_does_not_reach_the_terminal(
    write: Command, models: ScriptedOllama, prefect_api: str
) -> None:
    models.models["checker"].script = lambda _: Reply(
        text=json.dumps({"known": False, "answerable": True, "answer": "\u202eevil\u2028next: run this"})
    )
    said = write()

    assert 3 == said.code
    assert "every draft was dropped" in said.err
    assert "Name a larger writing model (--model) or checking model (--check)" in said.err
    assert not {"\u202e", "\u2028", "\x1b"} & {*said.out, *said.err}
    assert "No suite of 12 drafts written by writer and checked by checker" in said.out
    assert "kept 0 of 12 drafts: none" in said.out
    assert "Traceback" not in said.err


def test_a_suite_of_which_every_draft_falls_still_tells_why_each_did(
    write: Command, models: ScriptedOllama, corpus: Path, benchwright: Command, prefect_api: str
) -> None:
    models.models["writer"].script = lambda _: Reply(text="no JSON at all")
    said = write(cases=20)
    words = ["--corpus", corpus, "--model", "writer", "--check", "checker", "--cases", 20, "--endpoint", models.url]
    as_json = benchwright("benchmarks", "write", *words, "--slots", 2, "--json")

    assert 3 == said.code == as_json.code
    lines = [line.split() for line in said.out.splitlines()]
    assert ["broken_reply", "30"] in [words[:2] for words in lines]
    assert 21 == [words[:1] for words in lines].count(["broken_reply"])
    assert "and 10 drafts more: the page in Prefect and --json have them" in said.out
    assert "stored as" not in said.out
    assert "benchmarks confirm" not in said.err
    assert said.err.rstrip().splitlines()[-2].startswith("error: every draft was dropped, and there is no suite")
    assert "failed" == as_json.json["status"]
    assert (None, None, 30) == tuple(as_json.json["suite"][name] for name in ("version", "file", "n_drafts"))
    assert all(draft["reason"] for draft in as_json.json["suite"]["dropped"])
    assert "every draft was dropped" in as_json.json["problem"]


def _killed(argv: list[str], environment: dict[str, str], is_enough: Callable[[], bool]) -> None:
    process = subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 120
        while not is_enough():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()


def test_after_kill_9_the_same_command_asks_no_reply_again_that_was_kept(
    write: Command, benchwright: Command, models: ScriptedOllama, corpus: Path, prefect_api: str, tmp_path: Path
) -> None:
    for name in ("writer", "checker"):
        models.models[name].script = _slowly(models.models[name].script)
    words = ["--corpus", corpus, "--model", "writer", "--check", "checker", "--cases", "8", "--endpoint", models.url]
    argv = [sys.executable, "-m", "deployments.cli", "benchmarks", "write", *map(str, words)]
    environment = {**os.environ, "PREFECT_API_URL": prefect_api}

    for n in (5, 25):  # while it writes, and while it checks
        _killed(argv, environment, lambda n=n: len(models.chats) >= n)
        time.sleep(0.1)
    kept = sum(len(file.read_bytes().splitlines()) for file in (tmp_path / "data").rglob("*.jsonl"))
    said = write(slots=1, json=None)

    assert 0 == said.code, said.err
    asked = [(chat.model, chat.prompt, chat.options["seed"], str(chat.body["messages"][0])) for chat in models.chats]
    again = {request: asked.count(request) for request in asked if asked.count(request) > 1}
    assert kept >= 20
    assert len(again) <= 2  # one request was on its way each time
    assert all(times == 2 for times in again.values())
    assert f"taken from earlier calls: {kept} replies" in said.out


def _slowly(script: Callable[[Chat], Reply]) -> Callable[[Chat], Reply]:
    def answer(chat: Chat) -> Reply:
        time.sleep(0.05)
        return script(chat)

    return answer
