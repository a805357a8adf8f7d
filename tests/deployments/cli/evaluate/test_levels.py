"""`evaluate --level`: levels are nested, go on from one another, and ask nothing twice."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ending_early import HangsAtFive, press_ctrl_c
from looking_back import another_process, held_by
from numbers_benchmark import write_numbers
from scripted_ollama import Chat, Reply, ScriptedOllama, right

from evaluation.store.session import open_store

Command = Callable[..., Any]


def requests(server: ScriptedOllama) -> tuple[int, int]:
    """Number of requests, and how often the same one came at most."""
    counts = Counter((chat.model, chat.prompt) for chat in server.chats)
    return counts.total(), max(counts.values())


@pytest.fixture
def sixty(tmp_path: Path) -> Path:
    return write_numbers(tmp_path / "sixty.jsonl", 60)


def half_right(chat: Chat) -> Reply:
    number = int(chat.prompt.removeprefix("What is ").removesuffix("?"))
    return right(chat) if number % 2 else Reply(text="no idea")


def run_of(said: Any) -> Any:
    (run,) = said.json["runs"]
    return run


def test_every_level_goes_on_from_the_one_before_and_every_case_is_asked_once(
    evaluate: Command, benchwright: Command, sixty: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("a", digest="a" * 64)
    ollama_by_script.add("b", half_right, digest="b" * 64)
    command = ("--benchmark", sixty, "--model", "a", "--model", "b", "--json")

    counts, runs = [], []
    for level in ("smoke", "smoke", "quick", "quick", "full", "full", "smoke"):
        said = evaluate(*command, "--level", level)
        assert 0 == said.code, said.err
        counts.append(requests(ollama_by_script))
        runs.append(run_of(said))
    plain = evaluate(*command, "--seed", 0)

    assert [(2 * n, 1) for n in (5, 5, 50, 50, 60, 60, 60)] == counts
    assert {runs[0]["run_id"]} == {run["run_id"] for run in runs}
    assert [5, 5, 50, 50, 60, 60, 60] == [run["n_cases"] for run in runs]
    assert [0] * 7 == [sum(candidate["n_reused"] for candidate in run["candidates"]) for run in runs]
    latency = [run["candidates"][0]["metrics"]["latency_s"]["p50"]["n"] for run in runs]
    assert [5, 5, 50, 50, 60, 60, 60] == latency
    assert values_of(run_of(plain)) == values_of(runs[-1])
    assert verdict_of(benchwright, run_of(plain)) == verdict_of(benchwright, runs[-1])


def values_of(run: Any) -> list[tuple[Any, ...]]:
    return [
        (candidate["candidate"], *(candidate["metrics"]["exact_match"][key] for key in ("value", "low", "high")))
        for candidate in run["candidates"]
    ]


def verdict_of(benchwright: Command, run: Any) -> Any:
    (compared,) = benchwright("compare", run["run_id"], "--json").json["results"]
    return compared["sentences"][0]


def test_after_a_level_it_is_said_whether_going_on_can_change_the_verdict_and_at_which_cost(
    evaluate: Command, database: str, tmp_path: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("a", digest="a" * 64)
    ollama_by_script.add("b", half_right, digest="b" * 64)
    many = write_numbers(tmp_path / "many.jsonl", 70)
    command = ("--benchmark", many, "--model", "a", "--model", "b", "--db", database, "--level")

    smoke = evaluate(*command, "smoke")
    smoke_json = evaluate(*command, "smoke", "--json").json
    quick = evaluate(*command, "quick", "--json").json
    full = evaluate(*command, "full", "--json").json

    (run_id,) = {run["run_id"] for found in (smoke_json, quick, full) for run in found["runs"]}
    assert re.search(
        r"going on to quick \(45 more cases each, about [0-9.]+ m?s\) can still change the verdict: "
        r"5 cases are too few to tell a from b \(at least 6\)",
        " ".join(smoke.out.split()),
    )
    assert f"next: `benchwright evaluate --resume {run_id} --level quick --db {database}`" in " ".join(
        smoke.err.split()
    )
    assert ["smoke", "quick", "full"] == [found["level"] for found in (smoke_json, quick, full)]
    to_quick, to_full = smoke_json["going_on"]
    assert ("quick", 50, 45, 90, True, None) == tuple(to_quick[key] for key in KEYS)
    assert ("full", 70, 65, 130, True, None) == tuple(to_full[key] for key in KEYS)
    assert f"benchwright evaluate --resume {run_id} --level full --db {database}" == to_full["command"]
    (left,) = quick["going_on"]
    assert ("full", 70, 20, 40, False) == tuple(left[key] for key in KEYS[:-1])
    assert 0 <= left["chance"] < 0.01
    assert left["sentence"].endswith(
        "is unlikely to change the verdict (predicted chance under 1 %): 50 cases show a to be better than b"
    )
    assert () == tuple(full["going_on"])


KEYS = ("level", "n_cases", "n_more", "n_calls", "can_change", "chance")


def test_two_that_are_alike_can_still_be_told_apart_and_the_cases_that_would_do_it_are_counted(
    evaluate: Command, tmp_path: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("a", digest="a" * 64)
    ollama_by_script.add("b", wrong_now_and_then, digest="b" * 64)
    many = write_numbers(tmp_path / "many.jsonl", 400)

    found = evaluate("--benchmark", many, "--model", "a", "--model", "b", "--level", "quick", "--json").json

    (left,) = found["going_on"]
    assert (True, 350) == (left["can_change"], left["n_more"])
    assert 0.5 < left["chance"] < 1
    assert "50 cases do not tell a from b; " in left["sentence"]
    assert "more cases would settle a 3-point difference" in left["sentence"]


def wrong_now_and_then(chat: Chat) -> Reply:
    number = int(chat.prompt.removeprefix("What is ").removesuffix("?"))
    return Reply(text="no idea") if number % 17 == 3 else right(chat)


def test_for_a_single_candidate_it_is_said_how_far_its_interval_would_narrow(
    evaluate: Command, tmp_path: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("b", half_right, digest="b" * 64)
    many = write_numbers(tmp_path / "many.jsonl", 200)

    found = evaluate("--benchmark", many, "--model", "b", "--level", "quick", "--json").json

    (left,) = found["going_on"]
    metric = run_of_json(found)["candidates"][0]["metrics"]["exact_match"]
    assert (None, None) == (left["can_change"], left["chance"])
    assert (metric["high"] - metric["low"]) / 2 == pytest.approx(left["interval_width"])
    assert "would narrow the interval of exact_match from 2" in left["sentence"]


def run_of_json(found: Any) -> Any:
    (run,) = found["runs"]
    return run


def test_an_evaluation_without_a_level_says_nothing_of_levels(
    evaluate: Command, benchmark: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("a", digest="a" * 64)

    found = evaluate("--benchmark", benchmark, "--model", "a", "--limit", 5, "--json").json

    assert {"status", "invocation_id", "runs"} == found.keys()


def test_a_level_that_was_cut_off_goes_on_when_it_is_repeated(
    evaluate: Command, sixty: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("a", digest="a" * 64)
    command = ("--benchmark", sixty, "--model", "a", "--json")
    evaluate(*command, "--level", "smoke")
    script = HangsAtFive(press_ctrl_c)
    ollama_by_script.add("a", script, digest="a" * 64)
    cut_off = evaluate(*command, "--level", "quick")
    stored = run_of(cut_off)["candidates"][0]["n_ok"]
    script.may_go_on.set()
    ollama_by_script.add("a", digest="a" * 64)
    ollama_by_script.chats.clear()

    said = evaluate(*command, "--level", "quick")

    assert (130, 0) == (cut_off.code, said.code)
    assert 5 <= stored < 50
    assert (50 - stored, 1) == requests(ollama_by_script)
    assert (50, 50) == (run_of(said)["n_cases"], run_of(said)["candidates"][0]["n_ok"])


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        (("--seed", 1), "seed"),
        (("--repeats", 2), "repeats"),
        (("--metric", "exact_match(ignore_case=False)"), "metrics"),
        (("--slots", 3), "slots"),
        (("--option", "temperature=0.5"), "candidates"),
        (("--gpu-tag", "another"), "servers"),
    ],
)
def test_nothing_is_mixed_where_anything_differs(
    evaluate: Command, sixty: Path, ollama_by_script: ScriptedOllama, changed: tuple[object, ...], named: str
) -> None:
    ollama_by_script.add("a", digest="a" * 64)
    command = ("--benchmark", sixty, "--model", "a", "--json", "--level")
    first = run_of(evaluate(*command, "smoke"))

    said = evaluate(*command, "smoke", *changed)

    assert first["run_id"] != run_of(said)["run_id"]
    assert f"a new run begins: run {first['run_id']} cannot be gone on from, with other {named}" in said.err


def test_other_weights_another_server_version_and_another_benchmark_begin_anew(
    evaluate: Command, tmp_path: Path, sixty: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("a", digest="a" * 64)
    command = ("--benchmark", sixty, "--model", "a", "--json", "--level", "smoke")
    run_ids = [run_of(evaluate(*command))["run_id"]]
    ollama_by_script.add("a", digest="c" * 64)
    weights = evaluate(*command)
    run_ids.append(run_of(weights)["run_id"])
    ollama_by_script.version = "0.34.0"
    version = evaluate(*command)
    run_ids.append(run_of(version)["run_id"])
    write_numbers(sixty, 61)
    run_ids.append(run_of(evaluate(*command))["run_id"])

    assert 4 == len(set(run_ids))
    assert "with other weights of a" in weights.err
    assert "with other servers" in version.err


def test_an_added_candidate_is_asked_all_cases_and_the_others_those_that_they_lack(
    evaluate: Command, sixty: Path, ollama_by_script: ScriptedOllama
) -> None:
    for name in "ab":
        ollama_by_script.add(name, digest=name * 64)
    command = ("--benchmark", sixty, "--model", "a", "--json", "--level")
    evaluate(*command, "smoke")

    said = evaluate(*command, "quick", "--model", "b")

    assert (50, 50) == tuple(sum(ollama_by_script.asked(name).values()) for name in "ab")
    assert ["a", "b"] == [candidate["candidate"] for candidate in run_of(said)["candidates"]]


def test_a_level_and_a_limit_are_refused_by_both_names_wherever_they_are_written(
    evaluate: Command, tmp_path: Path, sixty: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("a")
    file = tmp_path / "request.yaml"
    file.write_text(yaml.safe_dump({"benchmarks": [str(sixty)], "models": ["a"], "limit": 7}))

    typed = evaluate("--benchmark", sixty, "--model", "a", "--limit", 7, "--level", "quick")
    mixed = evaluate("--file", file, "--level", "quick")
    unknown = evaluate("--benchmark", sixty, "--model", "a", "--level", "quik")

    assert (2, 2, 2) == (typed.code, mixed.code, unknown.code)
    for said in (typed, mixed):
        assert "limit 7 and level 'quick' both set the number of cases" in said.err
        assert "--limit, --level" in said.err
    assert "'smoke', 'quick' or 'full' (got 'quik')" in unknown.err
    assert not ollama_by_script.chats


def test_a_request_file_has_the_level_and_a_resume_raises_it(
    evaluate: Command, tmp_path: Path, sixty: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("a", digest="a" * 64)
    file = tmp_path / "request.yaml"
    file.write_text(yaml.safe_dump({"benchmarks": [str(sixty)], "models": ["a"], "level": "smoke"}))

    n_cases = [run_of(evaluate("--file", file, "--json"))["n_cases"]]
    n_cases.append(run_of(evaluate("--resume", "last", "--limit", 7, "--json"))["n_cases"])
    n_cases.append(run_of(evaluate("--resume", "last", "--level", "quick", "--json"))["n_cases"])
    n_cases.append(run_of(evaluate("--resume", "last", "--level", "full", "--json"))["n_cases"])
    less = evaluate("--resume", "last", "--level", "smoke")

    assert [5, 7, 50, 60] == n_cases
    assert (60, 1) == requests(ollama_by_script)
    assert 2 == less.code
    assert "--level smoke: the run asks all cases already" in less.err


def test_a_benchmark_of_fewer_cases_than_a_level_is_asked_whole_and_says_so(
    evaluate: Command, benchmark: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("a", digest="a" * 64)

    said = evaluate("--benchmark", benchmark, "--model", "a", "--level", "quick", "--json")

    assert 6 == run_of(said)["n_cases"]
    assert "numbers: level quick (50 cases) is all of its 6 cases" in said.err


def test_a_level_that_somebody_works_on_is_left_to_them(
    evaluate: Command, database: str, sixty: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("a", digest="a" * 64)
    command = ("--benchmark", sixty, "--model", "a", "--level")
    first = run_of(evaluate(*command, "smoke", "--json"))

    with another_process() as process:
        with open_store(database) as store:
            held_by(store, process, first["run_id"])
        said = evaluate(*command, "quick")

    assert 2 == said.code
    assert f"run {first['run_id']} is in use by process" in said.err
    assert (5, 1) == requests(ollama_by_script)


def test_a_dry_run_counts_what_the_level_before_has(
    evaluate: Command, sixty: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("a", digest="a" * 64)
    command = ("--benchmark", sixty, "--model", "a", "--json", "--level")
    evaluate(*command, "smoke")

    said = evaluate(*command, "quick", "--dry-run")

    assert (5, 45) == tuple(said.json[key] for key in ("n_done", "n_calls"))
