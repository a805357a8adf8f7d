"""`benchwright traffic`: calls in production, listed and imported."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Three calls: two of today, of which one failed, and one of long ago."""
    now = datetime.now(UTC)
    calls = [
        {"candidate": "a:1b", "started_at": (now - timedelta(hours=1)).isoformat(), "duration_s": 2, "id": "1"},
        {
            "candidate": "a:1b",
            "started_at": now.isoformat(),
            "duration_s": 9,
            "ok": False,
            "error_type": "TimeoutError",
        },
        {"candidate": "b:1b", "started_at": "2020-01-01T00:00:00Z", "duration_s": 0.5, "output_tokens": 5},
    ]
    calls[0]["stages"] = [{"name": "retrieval", "duration_s": 0.5}]
    path = tmp_path / "calls.jsonl"
    path.write_text("".join(json.dumps({"task": "flash", **call}) + "\n" for call in calls))
    return path


def test_a_log_is_imported_once_and_listed_by_task_and_candidate(benchwright: Command, log: Path) -> None:
    empty = benchwright("traffic", "list")
    said = benchwright("traffic", "import", log)
    again = benchwright("traffic", "import", log)
    log.write_text(log.read_text() + log.read_text().splitlines()[0] + "\n")
    grown = benchwright("traffic", "import", log, "--json").json
    listed = benchwright("traffic", "list")
    recent = benchwright("traffic", "list", "--since", "1d", "--json").json

    assert (0, "", True) == (empty.code, empty.out, "no calls are recorded" in empty.err)
    assert f"{log}: 3 new calls\n" == said.out
    assert f"{log}: this file was imported already, with 3 calls\n" == again.out
    assert (4, True) == (grown["n_lines"], grown["is_new"])
    assert "a:1b" in listed.out
    assert [("flash", "a:1b", 2.0)] == [(one["task"], one["candidate"], one["mean_duration_s"]) for one in recent]


def test_tokens_that_no_call_says_are_no_zero(benchwright: Command, log: Path) -> None:
    benchwright("traffic", "import", log)
    listed = benchwright("traffic", "list").out
    counts = benchwright("traffic", "list", "--json").json

    rows = [line.split() for line in listed.splitlines() if "flash" in line]
    assert [["a:1b", "–", "–"], ["b:1b", "–", "5"]] == [[row[1], *row[-6:-4]] for row in rows]
    assert [(None, None), (None, 5)] == [(one["prompt_tokens"], one["output_tokens"]) for one in counts]


def test_single_calls_are_listed_with_their_steps(benchwright: Command, log: Path) -> None:
    benchwright("traffic", "import", log)
    listed = benchwright("traffic", "list", "--calls", 10)
    failed = benchwright("traffic", "list", "--calls", 10, "--failed", "--json").json
    nobody = benchwright("traffic", "list", "--candidate", "c:1b")

    assert "retrieval 0.500 s" in listed.out
    assert ["TimeoutError"] == [one["error_type"] for one in failed]
    assert (0, "no matching calls\n") == (nobody.code, nobody.err)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("list", "--since", "yesterday"), "--since 'yesterday' is not a time"),
        (("list", "--failed"), "--failed needs --calls"),
        (("import", "missing.jsonl"), "no such file"),
    ],
)
def test_wrong_words_are_one_message_and_2(benchwright: Command, words: tuple[str, ...], problem: str) -> None:
    said = benchwright("traffic", *words, "--json")
    assert (2, True) == (said.code, problem in said.json["error"]["message"])


def test_a_wrong_line_is_named_and_nothing_is_imported(benchwright: Command, log: Path) -> None:
    log.write_text(log.read_text() + '{"task": "flash"}\n')
    said = benchwright("traffic", "import", log)
    assert 2 == said.code
    assert f"{log}, line 4: the field 'candidate' is missing" in said.err
    assert [] == benchwright("traffic", "list", "--json").json


def test_calls_are_forgotten_after_a_yes_and_their_file_can_be_imported_again(benchwright: Command, log: Path) -> None:
    benchwright("traffic", "import", log)
    unsure = benchwright("traffic", "forget", "--candidate", "a:1b", "--json")
    said = benchwright("traffic", "forget", "--candidate", "a:1b", "--yes")
    nobody = benchwright("traffic", "forget", "--task", "other", "--yes")
    rest = benchwright("traffic", "forget", "--import", log, "--yes", "--json").json
    again = benchwright("traffic", "import", log)

    assert (2, True) == (unsure.code, "--yes" in unsure.json["error"]["next"])
    assert "2 calls forgotten\n" == said.out
    assert (0, "no matching calls\n") == (nobody.code, nobody.err)
    assert {"n_calls": 1, "n_forgotten": 1} == rest
    assert f"{log}: 3 new calls\n" == again.out
    assert 2 == benchwright("traffic", "forget", "--yes").code
    assert 2 == benchwright("traffic", "forget", "--import", "other.jsonl", "--yes").code


def test_old_calls_go_with_what_else_is_old(benchwright: Command, log: Path) -> None:
    benchwright("traffic", "import", log)
    said = benchwright("db", "prune", "--older-than", "90d", "--yes")

    assert "1 production call" in said.out
    assert {"a:1b"} == {one["candidate"] for one in benchwright("traffic", "list", "--json").json}
