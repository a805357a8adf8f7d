"""`benchwright sweep`: estimated before, told in sentences after, resumed, shown; wrong words are answered."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ending_early import HangsAtFive, press_ctrl_c
from numbers_benchmark import write_numbers
from scripted_ollama import Chat, Reply, ScriptedOllama, right

Command = Callable[..., Any]


def cold_is_right(chat: Chat) -> Reply:
    return right(chat) if chat.options["temperature"] == 0 else Reply(text="no idea")


@pytest.fixture
def sweep(
    benchwright: Command, ollama_by_script: ScriptedOllama, prefect_api: str, monkeypatch: pytest.MonkeyPatch
) -> Command:
    """Runs `benchwright sweep` on the server that answers by script: right at temperature 0, and never else."""
    monkeypatch.setenv("BENCHWRIGHT_RETRY_BASE_S", "0.01")
    monkeypatch.setattr("deployments.prefect_delivery.settle", lambda *_, **__: None)
    ollama_by_script.add("model", cold_is_right, digest="1" * 64)

    def command(*arguments: object) -> Any:
        return benchwright("sweep", "--endpoint", ollama_by_script.url, "--slots", 2, *arguments)

    return command


def test_a_sweep_is_estimated_asked_and_told_in_sentences_and_shown_again(
    sweep: Command, benchwright: Command, tmp_path: Path, ollama_by_script: ScriptedOllama
) -> None:
    path = write_numbers(tmp_path / "numbers.jsonl", 10)

    said = sweep("--benchmark", path, "--model", "model", "--param", "temperature=0,1", "--param", "top_k=5,9")
    n_asked = len(ollama_by_script.chats)
    shown = benchwright("sweep", "--show", "last")
    as_json = benchwright("sweep", "--show", "last", "--json")

    assert (0, 0, 0) == (said.code, shown.code, as_json.code)
    assert "4 combinations of temperature, top_k (grid)" in said.err
    assert "1 model load, 40 calls" in said.err
    assert "Best for exact_match, as far as 10 cases can tell: temperature = 0." in said.out
    assert "top_k: no effect found (p = " in said.out
    assert said.out == shown.out
    assert 40 == n_asked == len(ollama_by_script.chats)
    found = as_json.json["sweep"]
    assert "Best for exact_match, as far as 10 cases can tell: temperature = 0." == found["sentences"][0]
    assert [True, False] == [effect["is_shown"] for effect in found["metrics"][0]["effects"]]


def test_progress_says_what_is_best_so_far_what_is_left_and_the_latest_answer(sweep: Command, tmp_path: Path) -> None:
    path = write_numbers(tmp_path / "numbers.jsonl", 20)

    said = sweep("--benchmark", path, "--model", "model", "--param", "temperature=0,0.5,1,1.5")

    assert 0 == said.code
    assert "40 of 80 answers" in said.err
    assert "best so far temperature=0: 1.000 [0.722, 1.000] on 10 cases" in said.err
    assert re.search(r"^note: latest answer: (no idea|\d+)$", said.err, re.MULTILINE)


def test_ctrl_c_keeps_what_is_there_and_resume_asks_only_what_is_missing(
    sweep: Command, tmp_path: Path, ollama_by_script: ScriptedOllama
) -> None:
    script = HangsAtFive(press_ctrl_c, all_wait=True)
    ollama_by_script.add("model", script, digest="1" * 64)
    path = write_numbers(tmp_path / "numbers.jsonl", 12)

    first = sweep("--benchmark", path, "--model", "model", "--param", "temperature=0,1")
    script.may_go_on.set()
    ollama_by_script.add("model", digest="1" * 64)
    path.unlink()
    again = sweep("--resume", "last", "--json")

    assert (130, 0) == (first.code, again.code)
    assert "benchwright sweep --resume" in first.err
    assert "12 cases" in first.out
    assert {12} == {one["n_units"] for one in again.json["sweep"]["metrics"][0]["combinations"]}
    assert 24 <= len(ollama_by_script.chats) <= 24 + 2


def test_a_combination_that_is_given_up_ends_with_3_and_leaves_the_others(
    sweep: Command, tmp_path: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("broken", load_error=(500, "no such file"))
    path = write_numbers(tmp_path / "numbers.jsonl", 8)

    said = sweep("--benchmark", path, "--param", "model=model,broken", "--param", "temperature=0,1")

    assert 3 == said.code
    assert "temperature = 0." in said.out
    assert "2 of 4 combinations have no score" in said.out
    assert "broken" in said.out


def test_a_dry_run_says_what_it_would_cost_and_asks_nobody(
    sweep: Command, without_servers: None, benchmark: Path, ollama_by_script: ScriptedOllama
) -> None:
    words = ("--benchmark", benchmark, "--model", "model", "--param", "temperature=0:1:0.02", "--dry-run")
    said = sweep(*words)
    as_json = sweep(*words, "--json")

    assert (0, 0) == (said.code, as_json.code)
    assert "51 combinations of temperature (grid)" in said.err
    assert said.out.splitlines()[2].startswith("model temperature=0")  # the default is named too, where it is swept
    assert "… and 27 more (--json has all)." in said.out
    assert "1 model load, 306 calls" in said.out
    assert 306 == as_json.json["n_calls"]
    assert [] == ollama_by_script.chats


def test_a_model_is_described_once_however_many_combinations_it_has(
    sweep: Command,
    without_servers: None,
    benchmark: Path,
    ollama_by_script: ScriptedOllama,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    described: list[str] = []
    answer = ScriptedOllama.answer

    def counting(server: ScriptedOllama, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        described.extend([path] if path == "/api/show" else [])
        return answer(server, path, body)

    monkeypatch.setattr(ScriptedOllama, "answer", counting)

    said = sweep("--benchmark", benchmark, "--model", "model", "--param", "temperature=0:1:0.02", "--dry-run")

    assert (0, ["/api/show"]) == (said.code, described)


def test_fewer_combinations_than_wanted_are_said_to_be_all(sweep: Command, benchmark: Path) -> None:
    said = sweep(
        "--benchmark", benchmark, "--model", "model", "--param", "temperature=0,1",
        "--design", "random", "--samples", 9, "--dry-run",
    )  # fmt: skip

    assert "2 combinations of temperature (random); there are no 9" in said.err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--model", "m", "--param", "temperature=0,1"], "needs a benchmark (--benchmark), or a single prompt"),
        (["--benchmark", "B", "--param", "temperature=0,1"], "no model"),
        (["--benchmark", "B", "--model", "m"], "no parameter to sweep"),
        (["--benchmark", "B", "--model", "m", "--param", "temperature"], "not of the form NAME=VALUES"),
        (["--benchmark", "B", "--model", "m", "--param", "temperatur=1,2"], "did you mean 'temperature'"),
        (["--benchmark", "B", "--model", "m", "--param", "top_p=0.5", "--param", "top_p=1"], "given twice"),
        (
            ["--benchmark", "B", "--model", "m", "--param", "temperature=0,1", "--design", "best"],
            "design must be 'grid', 'random' or 'latin'",
        ),
        (
            ["--benchmark", "B", "--model", "m", "--param", "temperature=0,1", "--samples", "0"],
            "samples must be at least 1",
        ),
        (["--benchmark", "B", "--model", "m", "--param", "temperature=0:1"], "has no step, and a grid needs one"),
        (["--benchmark", "B", "--model", "m", "--param", "temperature=0:1:0.00001"], "at most 10,000 values"),
        (
            ["--benchmark", "B", "--model", "m", "--param", "top_k=1:200:1", "--param", "temperature=0:1:0.01"],
            "20,200 combinations",
        ),
        (["--benchmark", "B", "--model", "m", "--param", "temperature=0,1", "--prompt", "Hi"], "give one of them"),
        (["--model", "m", "--param", "temperature=0,1", "--prompt", " "], "the prompt is empty"),
        (["--benchmark", "B", "--model", "m", "--param", "temperature=0,1", "--system", "Hi"], "takes no --system"),
        (["--benchmark", "B", "--candidate", "m", "--param", "temperature=0,1"], "no --candidate"),
        (
            ["--benchmark", "B", "--model", "m", "--param", "temperature=0,1", "--option", "temperature=1"],
            "fixed by --option too",
        ),
        (["--benchmark", "B", "--model", "m", "--param", "model=x,y"], "given by --model"),
        (["--benchmark", "B", "--model", "m", "--param", "temperature=0,1", "--repeats", "0"], "repeats"),
        (["--benchmark", "B", "--model", "m", "--param", "temperature=0,1", "--metric", "bleuu"], "bleuu"),
        (["--benchmark", "nowhere", "--model", "m", "--param", "temperature=0,1"], "nowhere"),
        (["--resume", "nothere"], "unknown run 'nothere'"),
        (["--resume", "last"], "unknown sweep 'last'"),
        (["--resume", "last", "--param", "top_p=0.5,1"], "keeps its parameters"),
        (["--resume", "last", "--limit", "3"], "keeps its parameters"),
        (["--show", "nothere"], "unknown run 'nothere'"),
        (["--show", "last", "--param", "top_p=0.5,1"], "takes only --db and --json"),
        (["--show", "last", "--dry-run"], "takes only --db and --json"),
    ],
)
def test_a_wrong_word_has_one_message_a_next_step_and_exit_2(
    benchwright: Command, without_servers: None, benchmark: Path, words: list[str], expected: str
) -> None:
    typed = [str(benchmark) if word == "B" else word for word in words]

    said = benchwright("sweep", *typed)
    as_json = benchwright("sweep", *typed, "--json")

    assert (2, 2, "") == (said.code, as_json.code, said.out)
    assert 1 == said.err.count("error: ")
    assert expected in said.err
    assert "  next: " in said.err
    assert {"message", "next"} <= set(json.loads(as_json.out)["error"])


def test_a_run_that_is_no_sweep_is_not_shown_as_one(benchwright: Command, stored_run: Callable[..., str]) -> None:
    run_id = stored_run("abc123")

    for words in (("--show", run_id), ("--resume", run_id)):
        said = benchwright("sweep", *words)
        assert 2 == said.code
        assert "run abc123 is not a sweep" in said.err
