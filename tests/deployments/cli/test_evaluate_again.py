"""`evaluate --resume`, `--reuse` and `--dry-run`: going on, taking what is there, and only looking."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ending_early import HangsAtFive, press_ctrl_c
from looking_back import another_process, held_by
from numbers_benchmark import write_numbers
from scripted_ollama import Chat, Reply, ScriptedOllama, right
from stored_runs import asked, numbers, store_run

from evaluation.records.status import Status
from evaluation.store.session import open_store

Command = Callable[..., Any]


@pytest.fixture
def run_of_three(database: str) -> str:
    """Id of a stored run of two models on three cases, as one that died has left it."""
    with open_store(database) as store:
        return store_run(
            store, asked("a:1b"), asked("b:1b"), cases=numbers(5), limit=3, status=Status.RUNNING, scored=False
        )


def fails_on_three(chat: Chat) -> Reply:
    return Reply(status=500, error="runner crashed") if chat.prompt == "What is 3?" else right(chat)


def test_resume_last_asks_only_what_is_missing_even_where_the_file_is_gone(
    evaluate: Command, benchwright: Command, benchmark: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("model", fails_on_three, digest="d" * 64)
    first = evaluate("--benchmark", benchmark, "--model", "model", "--max-failures", 1, "--json")
    benchmark.unlink()
    ollama_by_script.add("model", digest="d" * 64)
    ollama_by_script.chats.clear()

    said = evaluate("--resume", "last", "--json")

    assert (0, 0) == (first.code, said.code)
    assert {"What is 3?": 1} == ollama_by_script.asked("model")
    assert first.json["invocation_id"] == said.json["invocation_id"]
    (before,), (after,) = first.json["runs"], said.json["runs"]
    assert before["run_id"] == after["run_id"]
    assert f"resuming run {before['run_id']} (numbers, completed)" in said.err
    assert [1, 0] == [run["candidates"][0]["n_failed"] for run in (before, after)]
    assert 1 == len(benchwright("runs", "--json").json)


def test_an_interrupted_run_goes_on_by_the_beginning_of_its_id_with_another_model_and_more_repeats(
    evaluate: Command, tmp_path: Path, ollama_by_script: ScriptedOllama
) -> None:
    script = HangsAtFive(press_ctrl_c)
    ollama_by_script.add("model", script, digest="1" * 64)
    ollama_by_script.add("other", digest="2" * 64)
    path = write_numbers(tmp_path / "many.jsonl", 12)
    first = evaluate("--benchmark", path, "--model", "model", "--limit", 9, "--option", "temperature=0.5", "--json")
    script.may_go_on.set()
    ollama_by_script.add("model", digest="1" * 64)

    said = evaluate(
        "--resume", first.json["runs"][0]["run_id"][:6], "--model", "other", "--repeats", 2, "--limit", 11, "--json"
    )

    assert (130, 0) == (first.code, said.code)
    (run,) = said.json["runs"]
    assert ("completed", 11, 2) == (run["status"], run["n_cases"], run["repeats"])
    assert [("model temperature=0.5", 22), ("other temperature=0.5", 22)] == [
        (candidate["candidate"], candidate["n_ok"]) for candidate in run["candidates"]
    ]
    assert 22 == sum(ollama_by_script.asked("other").values())
    kept = first.json["runs"][0]["candidates"][0]["n_ok"]
    n_cut_off = sum(ollama_by_script.asked("model").values()) - 22
    assert kept > 0
    assert n_cut_off <= 2


def test_a_run_that_does_not_exist_cannot_be_resumed(
    benchwright: Command, without_servers: None, run_of_three: str
) -> None:
    said = benchwright("evaluate", "--resume", "UNKNOWN", "--json")

    assert (2, "error") == (said.code, said.json["status"])
    assert "unknown run 'UNKNOWN'" in said.json["error"]["message"]
    assert said.json["error"]["next"]


def test_a_resume_makes_no_database_where_there_is_none(
    benchwright: Command, without_servers: None, tmp_path: Path
) -> None:
    missing = tmp_path / "nowhere" / "results.db"
    said = benchwright("evaluate", "--resume", "last", "--db", missing, "--json")

    assert (2, "error") == (said.code, said.json["status"])
    assert f"there is no database {missing}" in said.json["error"]["message"].replace("sqlite:///", "")
    assert not missing.parent.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--seed", 1], "--seed is fixed for a run and cannot be changed on resume"),
        (["--benchmark", "sentiment"], "--benchmark is fixed for a run and cannot be changed on resume"),
        (["--option", "temperature=1"], "--option is fixed for a run and cannot be changed on resume"),
        (["--metric", "bleu"], "--metric is fixed for a run and cannot be changed on resume"),
        (["--system", "Be kind."], "--system is fixed for a run and cannot be changed on resume"),
        (["--limit", 2], "--limit 2 is less than the 3 that the run has"),
    ],
)
def test_what_would_make_it_another_run_is_refused_before_any_server_is_started(
    benchwright: Command, without_servers: None, run_of_three: str, words: list[Any], message: str
) -> None:
    said = benchwright("evaluate", "--resume", run_of_three, *words, "--json")

    assert 2 == said.code
    assert f"run {run_of_three} cannot be resumed so: {message}" in said.json["error"]["message"]
    assert said.json["error"]["next"]


def test_a_run_that_another_process_works_on_is_refused_before_any_server_is_started(
    benchwright: Command, without_servers: None, run_of_three: str, database: str
) -> None:
    with another_process() as process:
        with open_store(database) as store:
            held_by(store, process, run_of_three)
        said = benchwright("evaluate", "--resume", "last", "--json")

    assert 2 == said.code
    assert f"run {run_of_three} is in use by process {process.pid}" in said.json["error"]["message"]


@pytest.mark.parametrize(
    ("digest", "message"),
    [
        ("c" * 64, "asked a:1b with the weights digest-of-a:, and its server has cccccccccccc under that name now"),
        ("digest-of-a:1b", "asked a:1b, and its options or profile were changed since"),
    ],
    ids=["other weights", "other options"],
)
def test_what_became_another_candidate_is_refused_before_the_flow_runs(
    evaluate: Command, run_of_three: str, ollama_by_script: ScriptedOllama, digest: str, message: str
) -> None:
    ollama_by_script.add("a:1b", digest=digest)
    ollama_by_script.add("b:1b", digest="b" * 64)

    said = evaluate("--resume", "last", "--json")

    assert 2 == said.code
    assert f"run {run_of_three} {message}" in said.json["error"]["message"]
    assert ([], []) == (ollama_by_script.chats, ollama_by_script.loads)


def test_reuse_takes_what_an_earlier_run_has_and_says_how_much(
    evaluate: Command, benchmark: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("model")
    evaluate("--benchmark", benchmark, "--model", "model", "--limit", 4)
    ollama_by_script.chats.clear()
    words = ["--benchmark", benchmark, "--model", "model", "--reuse"]

    looked = evaluate(*words, "--dry-run", "--json")
    said = evaluate(*words)
    again = evaluate(*words, "--json")

    assert (4, 2) == (looked.json["n_reusable"], looked.json["n_calls"])
    assert (0, 0, 0) == (looked.code, said.code, again.code)
    assert 2 == len(ollama_by_script.chats)
    assert "model: 4 of 6 " in " ".join(said.out.split())
    (candidate,) = again.json["runs"][0]["candidates"]
    assert (6, 6) == (candidate["n_ok"], candidate["n_reused"])


def test_a_dry_run_shows_the_plan_asks_nothing_and_stores_no_run(
    benchwright: Command, without_servers: None, benchmark: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("small", digest="1" * 64)
    ollama_by_script.add("large", digest="2" * 64)
    words = ["--benchmark", benchmark, "--model", "small", "--model", "large", "--repeats", 2, "--dry-run"]
    endpoint = ["--endpoint", ollama_by_script.url, "--slots", 3]

    shown = benchwright("evaluate", *words, *endpoint)
    said = benchwright("evaluate", *words, *endpoint, "--json")

    assert (0, 0) == (shown.code, said.code)
    assert "2 model loads, 24 calls, time unknown: never asked here." in " ".join(shown.out.split())
    assert "6 × 2" in shown.out
    assert f"{ollama_by_script.name} (3 slots)" in " ".join(shown.out.split())
    assert (2, 24, 0, None) == tuple(said.json[key] for key in ("n_model_loads", "n_calls", "n_done", "seconds"))
    (lane,) = said.json["endpoints"]
    assert [["small"], ["large"]] == [[work["label"] for work in load["works"]] for load in lane["loads"]]
    assert ([], []) == (ollama_by_script.chats, ollama_by_script.loads)
    assert [] == benchwright("runs", "--json").json


def test_a_dry_run_of_a_resume_counts_what_is_stored(
    evaluate: Command, benchwright: Command, benchmark: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("model", digest="1" * 64)
    ollama_by_script.add("other", digest="2" * 64)
    evaluate("--benchmark", benchmark, "--model", "model", "--limit", 4)
    ollama_by_script.chats.clear()

    nothing = evaluate("--resume", "last", "--dry-run")
    more = evaluate("--resume", "last", "--limit", 5, "--model", "other", "--dry-run", "--json")

    assert "Nothing to ask: 4 outcomes stored already." in nothing.out
    assert (4, 6, 2) == tuple(more.json[key] for key in ("n_done", "n_calls", "n_model_loads"))
    assert [] == ollama_by_script.chats
    (run,) = benchwright("runs", "--json").json
    assert (4, 4) == (run["n_cases"], run["n_ok"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--benchmark", "no-such-thing", "--model", "m"], "no-such-thing"),
        (["--benchmark", "B", "--model", "nobody"], "unknown model 'nobody'"),
    ],
)
def test_a_dry_run_finds_the_mistakes_that_a_run_would(
    benchwright: Command,
    without_servers: None,
    benchmark: Path,
    ollama_by_script: ScriptedOllama,
    words: list[str],
    message: str,
) -> None:
    ollama_by_script.add("m")
    words = [str(benchmark) if word == "B" else word for word in words]

    said = benchwright("evaluate", *words, "--endpoint", ollama_by_script.url, "--dry-run", "--json")

    assert 2 == said.code
    assert message in said.json["error"]["message"]
