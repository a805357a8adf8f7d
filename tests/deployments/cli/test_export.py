"""`export` gives what `show` shows, and refuses what would silently leave everything out."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from evaluated_once import evaluate_once
from scripted_ollama import Chat, Reply, ScriptedOllama

from deployments.cli.flow_runs import TerminatedError

Command = Callable[..., Any]


@pytest.fixture
def finished(evaluate: Command, benchmark: Path, database: str, ollama_by_script: ScriptedOllama) -> dict[str, Any]:
    """A run of two candidates, one of which the server fails on once, and which writes a formula."""

    def mixed(chat: Chat) -> Reply:
        if chat.prompt == "What is 2?":
            return Reply(status=500, error="runner crashed")
        return Reply(text="=SUM(1)")

    ollama_by_script.add("good")
    ollama_by_script.add("mixed", mixed, digest="e" * 64)
    words = (
        "--benchmark", benchmark, "--model", "good", "--model", "mixed", "--max-failures", "50%", "--case-timeout", 2,
        "--metric", "exact_match", "--metric", "token_f1", "--json",
    )  # fmt: skip
    run: dict[str, Any] = evaluate_once("to be exported", database, lambda: evaluate(*words).json["runs"][0])
    return run


def rows_of(said: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(said.out, newline="")))


def test_what_is_exported_equals_what_is_shown(benchwright: Command, finished: dict[str, Any]) -> None:
    answers = rows_of(benchwright("export", "last"))
    assert 12 == len(answers)
    good = [row for row in answers if row["candidate"] == "good"]
    assert finished["candidates"][0]["metrics"]["exact_match"]["value"] == sum(
        float(row["exact_match"]) for row in good
    ) / len(good)
    (failed,) = [row for row in answers if row["failure"]]
    assert ("mixed", "runner_crashed", "", "") == (
        failed["candidate"],
        failed["failure"],
        failed["exact_match"],
        failed["answer"],
    )

    results = json.loads(benchwright("export", "last", "--table", "results", "--format", "json").out)
    shown = benchwright("show", "--json").json
    for found in shown["candidates"]:
        for metric, numbers in found["metrics"].items():
            (row,) = [
                row
                for row in results
                if (row["candidate"], row["metric"], row["quantity"]) == (found["candidate"], metric, "mean")
            ]
            assert [numbers[key] for key in ("value", "low", "high", "n", "method")] == [
                row[key] for key in ("value", "low", "high", "n", "method")
            ]


def test_filters_choose_and_a_formula_is_defused(
    benchwright: Command, finished: dict[str, Any], tmp_path: Path
) -> None:
    mixed = rows_of(benchwright("export", "last", "--candidate", "mixed", "--answered", "--metric", "token_f1"))
    assert 5 == len(mixed)
    assert {"'=SUM(1)"} == {row["answer"] for row in mixed}
    assert "exact_match" not in mixed[0]
    assert 1 == len(rows_of(benchwright("export", "last", "--failed")))

    case_id = mixed[0]["case_id"]
    scores = rows_of(benchwright("export", "last", "--table", "scores", "--case", case_id))
    assert [("good", "exact_match"), ("good", "token_f1"), ("mixed", "exact_match"), ("mixed", "token_f1")] == [
        (row["candidate"], row["metric"]) for row in scores
    ]

    out = tmp_path / "a.parquet"
    said = benchwright("export", "last", "--format", "parquet", "--out", out)
    assert f"{out}: 12 answers of run {finished['run_id']}" in said.err
    assert {"=SUM(1)"} == {text for text in pq.read_table(out)["answer"].to_pylist()[6:] if text}


def test_an_experiment_is_exported_with_all_its_runs(benchwright: Command, finished: dict[str, Any]) -> None:
    benchwright("experiments", "create", "ladder")
    assert "no run to export" in benchwright("export", "ladder").err
    benchwright("experiments", "add", "ladder", "last")

    assert 12 == len(rows_of(benchwright("export", "ladder")))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("no-such",), "unknown run, experiment or comparison 'no-such'. Known: run-1."),
        (("run-1", "--format", "xlsx"), "cannot be printed to a terminal"),
        (("run-1", "--format", "xls"), "unknown format 'xls'; did you mean 'xlsx'?"),
        (("run-1", "--out", "a.ods"), "unknown format"),
        (("run-1", "--table", "pairs"), "has no pairs"),
        (("run-1", "--table", "rows"), "unknown table 'rows'"),
        (("run-1", "--format", "parquet"), "cannot be printed to a terminal"),
        (("run-1", "--candidate", "a"), "unknown candidate of run run-1 'a'"),
        (("run-1", "--metric", "exact"), "did you mean 'exact_match'"),
        (("run-1", "--table", "results", "--failed"), "choose among answers"),
        (("run-1", "--table", "results", "--case", "c0"), "does not choose among results"),
        (("run-1", "--out", "/no-such/a.csv"), "cannot write '/no-such/a.csv'"),
        (("run-1", "--case", "c9"), "unknown case of run run-1 'c9'"),
    ],
)
def test_wrong_input_ends_with_one_message_and_a_next_step(
    benchwright: Command, stored_run: Command, arguments: tuple[str, ...], expected: str
) -> None:
    stored_run("run-1")

    said = benchwright("export", *arguments)

    assert (2, "") == (said.code, said.out)
    assert expected in said.err
    assert "Traceback" not in said.err


def test_the_form_is_told_by_the_files_name_unless_it_is_said(
    benchwright: Command, stored_run: Command, tmp_path: Path
) -> None:
    stored_run("run-1")

    benchwright("export", "run-1", "--out", tmp_path / "a.json")
    benchwright("export", "run-1", "--out", tmp_path / "a.parquet")
    benchwright("export", "run-1", "--out", tmp_path / "b.json", "--format", "csv")

    assert 6 == len(json.loads((tmp_path / "a.json").read_text()))
    assert 6 == pq.read_table(tmp_path / "a.parquet").num_rows
    assert (tmp_path / "b.json").read_text().startswith("run_id,")


@pytest.mark.parametrize(("raised", "code"), [(KeyboardInterrupt, 130), (TerminatedError, 143)])
def test_an_interrupted_export_leaves_no_half_a_file(
    benchwright: Command,
    stored_run: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    raised: type[BaseException],
    code: int,
) -> None:
    stored_run("run-1")

    def interrupted(*_: object) -> Iterator[dict[str, object]]:
        yield {"case_id": "c0"}
        raise raised

    monkeypatch.setattr("evaluation.exports.rows.answer_rows", interrupted)
    (tmp_path / "out").mkdir()
    said = benchwright("export", "run-1", "--out", tmp_path / "out" / "a.csv")

    assert (code, "") == (said.code, said.err)
    assert [] == list((tmp_path / "out").iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_one_error_and_a_closed_pipe_is_none(stored_run: Command, database: str) -> None:
    stored_run("run-1")
    command = [sys.executable, "-m", "deployments.cli", "export", "run-1", "--db", database]
    with Path("/dev/full").open("wb") as full:
        stopped = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    reader, writer = os.pipe()
    os.close(reader)
    closed = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)

    assert 2 == stopped.returncode
    assert stopped.stderr.startswith(
        "error: cannot write what was exported: No space left on device\n  next: Make room"
    )
    assert (0, "") == (closed.returncode, closed.stderr)
