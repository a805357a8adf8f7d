"""What `benchwright compare` would do, and how one goes on that was interrupted."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from compared_runs import candidate, cases_of, right_on, store_run
from ending_early import HangsAtFive, press_ctrl_c
from numbers_benchmark import write_numbers
from scripted_ollama import ScriptedOllama
from stored_rows import list_comparisons

from evaluation.store.session import open_store

Command = Callable[..., Any]
CASES = cases_of(40)


@pytest.fixture
def three_sides(database: str) -> None:
    """A run of three candidates."""
    with open_store(database) as store:
        asked = [candidate(f"m{n}:1b", right_on(CASES, range(n * 10))) for n in range(3)]
        store_run(store, *asked, cases=CASES, run_id="three")


@pytest.mark.usefixtures("three_sides", "without_servers")
def test_a_dry_run_of_stored_runs_names_the_pairs_and_stores_nothing(benchwright: Command, database: str) -> None:
    said = benchwright("compare", "three", "--dry-run", "--publish")
    against = benchwright("compare", "three", "--against", "m1:1b", "--metric", "exact_match", "--dry-run", "--json")

    assert (0, 0) == (said.code, against.code)
    first, *pairs, last = said.out.splitlines()
    assert first.startswith("numbers: 3 pairs of 3 sides would be compared by exact_match, ")
    assert ["m0:1b – m1:1b", "m0:1b – m2:1b", "m1:1b – m2:1b"] == [line.strip() for line in pairs]
    assert "Nothing was compared, and nothing is stored." == last
    (planned,) = against.json["planned"]
    assert [["m1:1b", "m0:1b"], ["m1:1b", "m2:1b"]] == planned["pairs"]
    assert (["exact_match"], ["three"]) == (planned["metrics"], planned["run_ids"])
    with open_store(database) as store:
        assert () == list_comparisons(store)


@pytest.mark.usefixtures("three_sides")
def test_a_dry_run_refuses_what_the_comparison_would(benchwright: Command) -> None:
    said = benchwright("compare", "three", "--against", "nobody", "--dry-run")

    assert 2 == said.code
    assert "unknown side 'nobody'" in said.err


@pytest.mark.usefixtures("without_servers")
def test_a_dry_run_of_an_evaluation_says_what_is_asked_and_what_it_is_compared_with(
    benchwright: Command, benchmark: Path, ollama_by_script: ScriptedOllama
) -> None:
    ollama_by_script.add("good")
    ollama_by_script.add("half")
    asked = ("--benchmark", benchmark, "--endpoint", ollama_by_script.url, "--model", "good", "--model", "half")

    said = benchwright("compare", *asked, "--dry-run")
    as_json = benchwright("compare", *asked, "--dry-run", "--json").json
    refused = benchwright("compare", *asked, "--dry-run", "--against", "nobody")

    assert 0 == said.code
    assert "2 model loads, 12 calls" in said.out
    assert "Then compared on numbers: good and half (1 pair)." in said.out
    assert 12 == as_json["n_calls"]
    assert [["good", "half"]] == [found["evaluated"] for found in as_json["planned"]]
    assert (2, True) == (refused.code, "unknown side 'nobody'" in refused.err)
    assert [] == ollama_by_script.chats


def test_a_single_check_is_written_as_one(
    benchwright: Command, three_sides: None, database: str, tmp_path: Path
) -> None:
    with open_store(database) as store:
        store_run(store, candidate("m3:1b", right_on(CASES, range(30))), cases=CASES, run_id="four")
        store_run(store, candidate("m4:1b", right_on(CASES, range(20))), cases=CASES, run_id="five")

    one = benchwright("compare", "four", "five", "--junit", tmp_path / "one.xml")
    two = benchwright("compare", "three", "--junit", tmp_path / "two.xml")

    assert f"wrote 1 check to {tmp_path / 'one.xml'}" in one.err
    assert f"wrote 2 checks to {tmp_path / 'two.xml'}" in two.err


@pytest.mark.parametrize("how", [(), ("--json",)])
def test_a_comparison_whose_evaluation_was_interrupted_says_how_it_goes_on_and_goes_on_so(
    benchwright: Command,
    ollama_by_script: ScriptedOllama,
    prefect_api: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    how: tuple[str, ...],
) -> None:
    monkeypatch.setattr("deployments.prefect_delivery.settle", lambda *_, **__: None)
    script = HangsAtFive(press_ctrl_c)
    ollama_by_script.add("good", script, digest="1" * 64)
    ollama_by_script.add("other", digest="2" * 64)
    asked = ("--benchmark", write_numbers(tmp_path / "numbers.jsonl", 12), "--endpoint", ollama_by_script.url)
    models = ("--model", "good", "--model", "other", "--metric", "exact_match")

    said = benchwright("compare", *asked, *models, "--margin", "2pp", *how)
    script.may_go_on.set()
    ollama_by_script.add("good", digest="1" * 64)

    assert 130 == said.code
    if how:
        assert ("cancelled", [], 1) == (said.json["status"], said.json["comparisons"], len(said.json["runs"]))
    (line,) = [line for line in said.err.splitlines() if line.startswith("  next: ")]
    resume, compare = (shlex.split(step) for step in line.split("`")[1::2])
    assert ["--margin", "2pp", "--metric", "exact_match"] == compare[3:]
    assert 0 == benchwright(*resume[1:]).code
    after = benchwright(*compare[1:], "--json")
    assert (0, 12) == (after.code, after.json["comparisons"][0]["n_pairs"])
