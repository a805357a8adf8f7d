"""`benchwright benchmarks confirm`: a person confirms case by case, blind, and goes on later."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evaluation.benchmarks.loading import load_benchmark
from evaluation.case import Benchmark
from evaluation.passage import Passage
from evaluation.store.benchmarks import find_benchmark, load_benchmark_version, save_benchmark
from evaluation.store.session import open_store
from evaluation.suite_writing.drafts import Draft, Kind, Proof, WritingTask
from evaluation.suite_writing.suite import Origin, written_suite
from tasks.suite_writing.keep import write_suite_file

Command = Callable[..., Any]
PASSAGE = Passage(document="a.md", position=0, text="…")


@pytest.fixture
def suite() -> Benchmark:
    """A suite of four cases, one of them hostile."""
    drafts = [
        Draft(
            task=WritingTask(number=n, kind=Kind.FACT, passages=(PASSAGE,)),
            question=f"Who is number {n}? \u202e[red]",
            answer=f"Person {n}",
            proofs=(Proof(document="a.md", text=f"Number {n} is Person {n}."),),
        )
        for n in range(4)
    ]
    origin = Origin(
        writer="secret-writer",
        checker="secret-checker",
        corpus="docs",
        corpus_digest="d" * 64,
        n_documents=1,
        n_drafts=6,
    )
    return written_suite("docs", drafts, origin)


@pytest.fixture
def typing(benchwright: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    """Runs the command while somebody types these lines."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))

    def run(*words: object, lines: str) -> Any:
        monkeypatch.setattr("sys.stdin", io.StringIO(lines))
        return benchwright("benchmarks", "confirm", *words)

    return run


def test_a_stored_suite_is_left_with_what_was_confirmed_and_nobody_is_named(
    typing: Command, database: str, suite: Benchmark
) -> None:
    with open_store(database) as store:
        save_benchmark(store, suite)
    said = typing("docs-synthetic", lines="ana\ny\nmaybe\nn\ny\nY\n")

    assert 0 == said.code, said.err
    assert "ana confirmed 3 of 4 cases of docs-synthetic" in said.out
    assert "invalid answer 'maybe'" in said.err
    assert "secret" not in said.out + said.err
    assert "fact-" not in said.out + said.err
    assert "\u202e" not in said.err
    assert 4 == said.err.count("proof     Number")
    with open_store(database) as store:
        record = find_benchmark(store, "docs-synthetic")
        assert record is not None
        confirmed = load_benchmark_version(store, record.version)
    assert 3 == len(confirmed.cases)
    assert confirmed.description.endswith("ana confirmed 3 cases blind and dropped 1.")


def test_who_leaves_goes_on_where_it_was_and_somebody_else_begins_anew(
    typing: Command, suite: Benchmark, tmp_path: Path
) -> None:
    write_suite_file(tmp_path / "suite.jsonl", suite)
    words = (tmp_path / "suite.jsonl", "--out", tmp_path / "confirmed.jsonl", "--json")

    left = typing(*words, "--rater", "ana", lines="y\nn\nq\n")
    assert (0, {"status": "open", "benchmark": "docs-synthetic"}) == (left.code, left.json)
    other = typing(*words, "--rater", "bo", lines="")
    assert "4 of 4 cases left" in other.err
    ended = typing(*words, "--rater", "ana", lines="y\ny\n")
    assert "2 of 4 cases left" in ended.err
    loaded = load_benchmark(tmp_path / "confirmed.jsonl")
    assert {
        "status": "completed",
        "benchmark": "docs-synthetic",
        "version": loaded.version,
        "n_confirmed": 3,
        "n_dropped": 1,
    } == ended.json
    assert 3 == len(loaded.cases)


def test_all_dropped_keeps_nothing_and_fails(typing: Command, suite: Benchmark, tmp_path: Path) -> None:
    write_suite_file(tmp_path / "suite.jsonl", suite)
    said = typing(
        tmp_path / "suite.jsonl", "--out", tmp_path / "confirmed.jsonl", "--rater", "ana", lines="n\nn\nn\nn\n"
    )

    assert 1 == said.code
    assert "no case is left" in said.err
    assert not (tmp_path / "confirmed.jsonl").exists()


def test_only_a_written_suite_and_only_to_a_new_place(
    typing: Command, suite: Benchmark, benchmark: Path, tmp_path: Path
) -> None:
    file = tmp_path / "suite.jsonl"
    write_suite_file(file, suite)

    for words, message in [
        ((benchmark,), "no case is tagged synthetic"),
        ((file,), "is a file, which is not changed"),
        ((file, "--out", file), "is there already"),
        ((file, "--out", tmp_path / "new.jsonl", "--rater", " "), "name"),
    ]:
        said = typing(*words, lines="")
        assert (2, True) == (said.code, message in said.err), said.err
