"""`benchwright evaluate` in this process: what it prints, its exit codes, and one clear message for every mistake."""

import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ending_early import HangsAtFive, cancel_in_prefect, press_ctrl_c, room_for, terminate
from numbers_benchmark import write_cases, write_numbers
from scripted_ollama import Chat, Reply, ScriptedOllama, right

Command = Callable[..., Any]
NOBODY_LISTENS = "http://127.0.0.1:9"


def test_results_are_printed_with_intervals_and_can_be_looked_into(
    evaluate: Command, benchwright: Command, benchmark: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("good")

    said = evaluate("--benchmark", benchmark, "--model", "good", "--metric", "exact_match")

    assert 0 == said.code
    assert "numbers · 6 cases · run " in said.out
    assert "1.000" in said.out
    assert "numbers: 6 cases" in said.err
    (line,) = benchwright("runs", "--json").json
    assert ("completed", 6, 6, 0) == tuple(line[key] for key in ("status", "n_cases", "n_ok", "n_failed"))
    case = benchwright("show", "last", "--case", "c3").out
    assert "What is 3?" in case


def test_json_is_one_object_with_the_pinned_keys(
    evaluate: Command, benchmark: Path, ollama_by_script: ScriptedOllama
) -> None:
    def mixed(chat: Chat) -> Reply:
        if chat.prompt == "What is 2?":
            return Reply(text="")
        if chat.prompt == "What is 4?":
            return Reply(status=500, error="runner crashed")
        return right(chat)

    ollama_by_script.add("mixed", mixed, digest="e" * 64)

    said = evaluate(
        "--benchmark", benchmark, "--model", "mixed", "--repeats", 2, "--max-failures", "20%", "--json",
        "--metric", "exact_match", "--option", "temperature=0.5",
    )  # fmt: skip

    assert 0 == said.code
    found = said.json
    assert {"status", "invocation_id", "runs"} <= found.keys()
    (run,) = found["runs"]
    assert ("completed", "numbers", "exact_match") == (run["status"], run["benchmark"], run["headline"])
    (candidate,) = run["candidates"]
    counts = {key: candidate[key] for key in ("n_cases", "n_ok", "n_failed", "failures", "own_failures")}
    assert {
        "n_cases": 6,
        "n_ok": 10,
        "n_failed": 2,
        "failures": {"runner_crashed": 2},
        "own_failures": {"empty_answer": 2},
    } == counts
    assert ("mixed", "e" * 64, 0.5) == (candidate["model"], candidate["digest"], candidate["options"]["temperature"])
    numbers = candidate["metrics"]["exact_match"]
    assert (0.8, 5) == (numbers["value"], numbers["n"])
    assert numbers["low"] < 0.8 < numbers["high"]


def test_a_failed_run_exits_with_3_and_shows_the_others_results(
    evaluate: Command, benchmark: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("broken", lambda _: Reply(status=400, error='option "x" must be of type int'))
    ollama_by_script.add("good")

    said = evaluate(
        "--benchmark", benchmark, "--model", "broken", "--model", "good", "--json", "--fail-under", "exact_match=2"
    )

    assert 3 == said.code
    assert ("failed", "failed") == (said.json["status"], said.json["runs"][0]["status"])
    broken, good = said.json["runs"][0]["candidates"]
    assert ("failed", "completed", 6) == (broken["status"], good["status"], good["n_ok"])
    assert "Traceback" not in said.err


def test_a_check_that_does_not_hold_exits_with_1_and_names_it(
    evaluate: Command, benchmark: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("half", lambda chat: right(chat) if chat.prompt < "What is 3?" else Reply(text="no"))
    words = ["--benchmark", benchmark, "--model", "half", "--metric", "exact_match"]

    held = evaluate(*words, "--fail-under", "exact_match=0.5")
    not_held = evaluate(*words, "--fail-under", "exact_match=0.51", "--fail-under", "latency_s=1000")

    assert (0, 1) == (held.code, not_held.code)
    assert "check failed: half on numbers: exact_match 0.5 is under 0.51" in not_held.err
    assert "latency_s" not in not_held.err.split("check failed", 1)[1]


def test_a_check_of_what_could_not_be_measured_does_not_hold(
    evaluate: Command, benchmark: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("silent", lambda _: Reply(text=""))

    said = evaluate("--benchmark", benchmark, "--model", "silent", "--fail-under", "tokens_per_s=1")

    assert 1 == said.code
    assert "check failed: silent on numbers: tokens_per_s could not be measured" in said.err


def test_a_file_holds_all_of_it_and_a_run_gives_it_back(
    evaluate: Command, benchwright: Command, benchmark: Path, tmp_path: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("good")
    asked = {
        "benchmarks": [str(benchmark)],
        "candidates": ["good temperature=0.2"],
        "endpoints": [ollama_by_script.url],
        "metrics": ["exact_match"],
        "limit": 2,
        "seed": 7,
    }
    path = tmp_path / "evaluation.yaml"
    path.write_text(yaml.safe_dump(asked))

    first = benchwright("evaluate", "-f", path, "--limit", 3, "--json")
    given_back = benchwright("show", "last", "--as-yaml").out
    path.write_text(given_back)
    second = benchwright("evaluate", "-f", path, "--json")

    assert (0, 0) == (first.code, second.code)
    assert {**asked, "limit": 3} == yaml.safe_load(given_back)
    pairs = [(said.json["runs"][0]["n_cases"], said.json["runs"][0]["seed"]) for said in (first, second)]
    assert [(3, 7), (3, 7)] == pairs


@pytest.mark.parametrize(
    ("words", "message", "next_step"),
    [
        (["--model", "good"], "no benchmark: give at least one with --benchmark", "evaluate --help"),
        (["--benchmark", "B"], "no model: give at least one", None),
        (["--benchmark", "no-such-thing", "--model", "good"], "no-such-thing", None),
        (["--benchmark", "B", "--model", "good", "--metric", "exact_mach"], "'exact_mach'; did you mean", None),
        (["--benchmark", "B", "--model", "good", "--option", "temperature=hot"], "temperature='hot' is not a n", None),
        (["--benchmark", "B", "--model", "good", "--option", "top_p=3"], "top_p='3' is out of bounds", None),
        (["--benchmark", "B", "--model", "good", "--option", "tempreature=1"], "mean 'temperature'", None),
        (["--benchmark", "B", "--model", "good", "--option", "temperature"], "not of the form key=value", "example"),
        (["--benchmark", "B", "--candidate", "good num_ctx=1"], "num_ctx='1' is out of bounds", None),
        (["--benchmark", "B", "--model", "good", "--max-failures", "some"], "max_failures 'some' is neither", None),
        (["--benchmark", "B", "--model", "good", "--limit", "0"], "limit", None),
        (["--benchmark", "B", "--model", "good", "--repeats", "0"], "repeats", None),
        (
            ["--benchmark", "B", "--model", "good", "--timeout", "0"],
            "timeout_s must be more than 0 (got 0.0)",
            "--timeout",
        ),
        (["--benchmark", "B", "--model", "good", "--slots", "0"], "slots", None),
        (["--benchmark", "B", "--model", "good", "--fail-under", "exact_match"], "not of the form METRIC=VALUE", "For"),
        (["-f", "no-such-file.yaml"], "no-such-file.yaml", "path"),
    ],
)
def test_a_mistake_in_the_request_is_one_message_before_any_server_is_started(
    benchwright: Command,
    benchmark: Path,
    without_servers: None,
    words: list[str],
    message: str,
    next_step: str | None,
) -> None:
    said = benchwright("evaluate", *(str(benchmark) if word == "B" else word for word in words), "--json")

    _is_one_clear_message(said, message)
    if next_step is not None:
        assert next_step in said.json["error"]["next"]


def test_a_wrong_value_in_a_file_is_told_with_the_files_name(
    benchwright: Command, benchmark: Path, without_servers: None, tmp_path: Path
) -> None:
    file = tmp_path / "evaluation.yaml"
    file.write_text(f"benchmarks: {benchmark}\nmodels: good\nlimit: 0\n")

    said = benchwright("evaluate", "-f", file, "--json")

    _is_one_clear_message(said, f"the command line with {file}: limit must be at least 1 (got 0)")


def _is_one_clear_message(said: Any, message: str) -> None:
    assert 2 == said.code
    assert {"status", "error"} == said.json.keys()
    assert "error" == said.json["status"]
    assert {"message", "next"} == said.json["error"].keys()
    assert message in said.json["error"]["message"]
    assert "error: " in said.err
    assert message in said.err
    assert "Traceback" not in said.err + said.out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "bad.jsonl"),
        ('{"prompt": "a", "references": ["b"]}\n{"prompt": \n', "line 2"),
        (
            '{"case_id": "x", "prompt": "a", "references": ["b"]}\n'
            '{"case_id": "x", "prompt": "c", "references": ["d"]}\n',
            "'x'",
        ),
    ],
    ids=["empty", "broken line", "duplicate id"],
)
def test_a_bad_file_is_refused_by_name_before_any_server_is_started(
    benchwright: Command, tmp_path: Path, without_servers: None, content: str, message: str
) -> None:
    (tmp_path / "bad.jsonl").write_text(content)

    said = benchwright("evaluate", "--benchmark", tmp_path / "bad.jsonl", "--model", "good", "--json")

    _is_one_clear_message(said, message)
    assert "bad.jsonl" in said.json["error"]["message"]


def test_a_missing_file_is_named(benchwright: Command, tmp_path: Path, without_servers: None) -> None:
    said = benchwright("evaluate", "--benchmark", tmp_path / "nowhere.jsonl", "--model", "good", "--json")

    _is_one_clear_message(said, "nowhere.jsonl")


@pytest.mark.parametrize("url", [NOBODY_LISTENS, "htp:/wrong", "http://127.0.0.1:99999"])
def test_a_server_that_is_down_or_an_address_that_is_wrong_is_named(
    benchwright: Command, benchmark: Path, prefect_api: str, url: str
) -> None:
    said = benchwright("evaluate", "--benchmark", benchmark, "--model", "good", "--endpoint", url, "--json")

    _is_one_clear_message(said, url.removeprefix("http://"))
    assert said.json["error"]["next"]


def test_an_unknown_model_is_answered_with_those_that_exist_and_how_to_pull_it(
    evaluate: Command, benchmark: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("good")
    ollama_by_script.add("better")

    said = evaluate("--benchmark", benchmark, "--model", "mistral", "--json")

    _is_one_clear_message(said, "unknown model 'mistral'")
    assert "models pull mistral" in said.json["error"]["next"]


def test_a_prefect_server_that_does_not_answer_is_named(
    benchwright: Command, benchmark: Path, ollama_by_script: ScriptedOllama, monkeypatch: pytest.MonkeyPatch
) -> None:
    ollama_by_script.add("good")
    monkeypatch.setenv("PREFECT_API_URL", f"{NOBODY_LISTENS}/api")

    said = benchwright(
        "evaluate", "--benchmark", benchmark, "--model", "good", "--endpoint", ollama_by_script.url, "--json"
    )

    _is_one_clear_message(said, f"no Prefect server answers at {NOBODY_LISTENS}/api")
    assert "prefect server start" in said.json["error"]["next"]


def test_a_store_below_a_file_cannot_be_opened(
    benchwright: Command, benchmark: Path, tmp_path: Path, without_servers: None
) -> None:
    (tmp_path / "a-file").touch()
    path = tmp_path / "a-file" / "results.db"

    said = benchwright("evaluate", "--benchmark", benchmark, "--model", "good", "--db", path, "--json")

    _is_one_clear_message(said, str(path))
    assert said.json["error"]["next"]


def test_a_database_of_a_newer_version_is_refused(
    benchwright: Command, benchmark: Path, database: str, without_servers: None
) -> None:
    with sqlite3.connect(database.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE benchwright_version SET version_num = '9999'")
    connection.close()

    said = benchwright("evaluate", "--benchmark", benchmark, "--model", "good", "--json")

    _is_one_clear_message(said, "newer")
    assert said.json["error"]["next"]


def test_where_every_prompt_is_too_long_the_exit_code_is_3_and_what_helps_is_named(
    evaluate: Command, benchmark: Path, ollama_by_script: ScriptedOllama
) -> None:
    said = "request (9000 tokens) exceeds the available context size (4096 tokens)"
    ollama_by_script.add("small", lambda _: Reply(status=400, error=said))

    ended = evaluate("--benchmark", benchmark, "--model", "small")

    assert 3 == ended.code
    text = " ".join((ended.out + ended.err).split())
    for words in ("every prompt is too long", "has 9000 tokens", "num_ctx is 4096", "--option num_ctx=8192, all that"):
        assert words in text
    assert "Traceback" not in ended.err


def test_a_disk_that_is_full_in_mid_run_exits_with_3_and_shows_what_was_stored(
    evaluate: Command, benchwright: Command, database: str, tmp_path: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("chatty", lambda _: Reply(text="word " * 4000))
    path = write_numbers(tmp_path / "many.jsonl", 40)

    with room_for(database, 60):
        said = evaluate("--benchmark", path, "--model", "chatty", "--json")

    assert 3 == said.code
    assert ("failed", "failed") == (said.json["status"], said.json["runs"][0]["status"])
    assert "the disk is full" in said.json["runs"][0]["reason"]
    assert 0 < said.json["runs"][0]["candidates"][0]["n_ok"] < 40
    assert "error: the database" in said.err
    assert "next: Free some space" in said.err
    assert "Traceback" not in said.err
    assert 0 == benchwright("show", "last").code


def test_a_database_deleted_in_mid_run_ends_the_run_at_once_with_the_reason(
    evaluate: Command, database: str, tmp_path: Path, ollama_by_script: ScriptedOllama
) -> None:
    path = Path(database.removeprefix("sqlite:///"))
    n_asked = 0

    def deletes_at_five(chat: Chat) -> Reply:
        nonlocal n_asked
        n_asked += 1
        if chat.prompt == "What is 5?":
            for name in ("", "-wal", "-shm"):
                Path(f"{path}{name}").unlink(missing_ok=True)
        return right(chat)

    ollama_by_script.add("good", deletes_at_five)

    said = evaluate("--benchmark", write_numbers(tmp_path / "many.jsonl", 200), "--model", "good", "--json")

    assert 3 == said.code
    assert "failed" == said.json["status"]
    assert "was deleted or replaced while it was in use" in said.json["error"]["message"]
    assert n_asked < 200
    assert "unknown run" not in said.err
    assert "Traceback" not in said.err
    assert not path.exists()


def test_a_disk_that_is_full_before_there_is_a_run_is_for_the_user_to_mend(
    evaluate: Command, database: str, tmp_path: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("good")
    path = write_cases(tmp_path / "long.jsonl", [{"prompt": "What is it? " * 4000, "references": ["it"]}])

    with room_for(database, 0):
        said = evaluate("--benchmark", path, "--model", "good", "--json")

    _is_one_clear_message(said, "the disk is full")


@pytest.mark.parametrize(
    ("interrupt", "code"),
    [(press_ctrl_c, 130), (terminate, 143), (cancel_in_prefect, 143)],
    ids=["Ctrl-C", "SIGTERM", "cancelled in Prefect"],
)
def test_a_run_that_is_ended_early_has_its_exit_code_and_its_results(
    evaluate: Command,
    benchwright: Command,
    tmp_path: Path,
    ollama_by_script: ScriptedOllama,
    prefect_api: str,
    monkeypatch: pytest.MonkeyPatch,
    interrupt: Callable[[], None],
    code: int,
) -> None:
    monkeypatch.setattr("tasks.interruption.LOOK_EVERY_S", 0.1)
    script = HangsAtFive(interrupt, prefect_api)
    ollama_by_script.add("model", script)
    path = write_numbers(tmp_path / "many.jsonl", 30)

    said = evaluate("--benchmark", path, "--model", "model", "--json")
    script.may_go_on.set()

    assert [] == script.troubles
    assert code == said.code
    (run,) = said.json["runs"]
    assert ("cancelled", "cancelled") == (said.json["status"], run["status"])
    assert 0 < run["candidates"][0]["n_ok"] < 30
    assert "Traceback" not in said.err
    shown = benchwright("show", "last")
    assert 0 == shown.code
    assert "cancelled" in shown.out


@pytest.mark.parametrize(("interrupt", "code"), [(press_ctrl_c, 130), (terminate, 143)], ids=["Ctrl-C", "SIGTERM"])
def test_an_interruption_before_the_run_began_is_one_object_too(
    evaluate: Command,
    benchmark: Path,
    ollama_by_script: ScriptedOllama,
    monkeypatch: pytest.MonkeyPatch,
    interrupt: Callable[[], None],
    code: int,
) -> None:
    ollama_by_script.add("good")
    handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    monkeypatch.setattr("deployments.prefect_server.PrefectServer.wait", lambda *_: interrupt())

    said = evaluate("--benchmark", benchmark, "--model", "good", "--json")

    assert code == said.code
    assert ("cancelled", []) == (said.json["status"], said.json["runs"])
    assert handlers == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]


def test_ctrl_c_after_the_run_shows_it_all_the_same(
    evaluate: Command, benchmark: Path, ollama_by_script: ScriptedOllama, monkeypatch: pytest.MonkeyPatch
) -> None:
    ollama_by_script.add("good")
    monkeypatch.setattr("deployments.prefect_delivery.settle", lambda *_, **__: press_ctrl_c())

    said = evaluate("--benchmark", benchmark, "--model", "good", "--json")

    assert (0, "completed") == (said.code, said.json["status"])


def test_a_model_that_was_asked_for_twice_is_evaluated_once_and_that_is_said(
    evaluate: Command, benchmark: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("good")

    said = evaluate("--benchmark", benchmark, "--model", "good", "--model", "good", "--limit", 2, "--json")

    assert 1 == len(said.json["runs"][0]["candidates"])
    assert "good was requested twice" in said.err
