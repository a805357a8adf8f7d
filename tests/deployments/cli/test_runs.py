import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from filled_stores import fill_by_copy
from recommendable import fill

from evaluation.records.status import Status
from evaluation.store.holders import take_hold
from evaluation.store.runs import find_run
from evaluation.store.session import open_store

Command = Callable[..., Any]


def test_runs_are_listed_newest_first_with_their_counts_over_all_candidates(
    benchwright: Command, stored_run: Command
) -> None:
    stored_run("run-old")
    stored_run("run-new", status=Status.FAILED)

    listed = benchwright("runs", "list", "--json").json

    assert ["run-new", "run-old"] == [item["run_id"] for item in listed]
    newest = listed[0]
    assert ("failed", "numbers", 3) == (newest["status"], newest["benchmark"], newest["n_cases"])
    assert newest["started_at"]
    assert (4, 2, 2) == (newest["n_ok"], newest["n_failed"], newest["n_own_failed"])
    assert ["a:1b", "b:1b"] == newest["candidates"]
    assert "exact_match" == newest["headline"]


def test_runs_alone_is_the_same_as_runs_list(benchwright: Command, stored_run: Command) -> None:
    stored_run("run-1")

    assert benchwright("runs", "list", "--json").out == benchwright("runs", "--json").out
    assert benchwright("runs", "list").out == benchwright("runs").out


def test_an_empty_store_lists_no_runs_and_says_how_to_make_one(benchwright: Command) -> None:
    said = benchwright("runs")

    assert (0, "") == (said.code, said.out)
    assert "benchwright demo" in said.err
    assert [] == benchwright("runs", "--json").json


def test_the_list_shows_id_status_and_counts_to_a_person(benchwright: Command, stored_run: Command) -> None:
    stored_run("run-1")

    (line,) = [line for line in benchwright("runs", "list").out.splitlines() if "run-1" in line]

    assert ["run-1", "completed", "numbers"] == line.split()[:3]
    assert ["2/6,", "4", "failed", "a:1b,", "b:1b"] == line.split()[5:]


@pytest.mark.parametrize("is_terminal", [True, False])
def test_the_list_shows_the_headline_scores_best_first_within_80_columns(
    benchwright: Command, database: str, monkeypatch: pytest.MonkeyPatch, is_terminal: bool
) -> None:
    fill_by_copy(database, fill)
    listed = {item["run_id"]: item["values"] for item in benchwright("runs", "list", "--json").json}
    monkeypatch.delenv("COLUMNS", raising=False)
    wide = benchwright("runs", "list").out
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.stdout.isatty", lambda: is_terminal)

    narrow = re.sub(r"\x1b\[[0-9;]*m", "", benchwright("runs", "list").out)

    assert all(listed.values())
    for values in listed.values():
        best = max(values, key=values.__getitem__)
        assert re.search(rf": {best} {values[best]:.3f}", wide)
    assert max(map(len, narrow.splitlines())) <= 80


def test_long_ids_are_cut_as_far_as_they_tell_the_runs_apart_and_a_command_takes_them(
    benchwright: Command, stored_run: Command
) -> None:
    stored_run("5c9ba1f1-4c3b-44bd-9313-b99e36c4c408")
    stored_run("5c9ba1f1-4d78-48b1-a3a3-e8c2f4f3b8f0")

    shown = [line.split()[0] for line in benchwright("runs").out.splitlines() if "numbers" in line]

    assert ["5c9ba1f1-4d", "5c9ba1f1-4c"] == shown
    assert "5c9ba1f1-4c3b-44bd-9313-b99e36c4c408" in benchwright("runs", "archive", shown[1]).out


def test_a_limit_leaves_the_newest_runs(benchwright: Command, stored_run: Command) -> None:
    for name in ("run-1", "run-2", "run-3"):
        stored_run(name)

    assert ["run-3", "run-2"] == [item["run_id"] for item in benchwright("runs", "list", "--limit", 2, "--json").json]


def test_a_limit_of_nothing_is_refused(benchwright: Command) -> None:
    said = benchwright("runs", "list", "--limit", 0)

    assert 2 == said.code
    assert "--limit" in said.err


def test_options_before_the_word_are_refused_instead_of_ignored(benchwright: Command, stored_run: Command) -> None:
    stored_run("run-1")

    said = benchwright("runs", "--db", "elsewhere.db", "delete", "run-1", "--yes")

    assert 2 == said.code
    assert "options of `benchwright runs delete` stand before the word 'delete'" in said.err
    assert 1 == len(benchwright("runs", "--json").json)


def test_tags_are_added_and_removed_and_a_favourite_is_marked(benchwright: Command, stored_run: Command) -> None:
    stored_run("run-1")
    benchwright("runs", "tag", "run-1", "--add", "nightly", "--add", "gpu-2", "--favourite")

    said = benchwright("runs", "tag", "run-1", "--remove", "nightly", "--json")

    assert {"run_id": "run-1", "tags": ["gpu-2"], "favourite": True} == said.json
    assert "run-1: gpu-2\n" == benchwright("runs", "tag", "last", "--no-favourite").out
    assert "gpu-2" in benchwright("runs").out


@pytest.mark.parametrize(
    ("options", "words"), [((), "no change was given"), (("--add", " "), "a tag must not be empty")]
)
def test_a_tag_command_that_asks_for_nothing_is_refused(
    benchwright: Command, stored_run: Command, options: tuple[str, ...], words: str
) -> None:
    stored_run("run-1")

    said = benchwright("runs", "tag", "run-1", *options)

    assert 2 == said.code
    assert words in said.err
    assert "next: " in said.err


def test_an_archived_run_leaves_the_list_and_comes_back(benchwright: Command, stored_run: Command) -> None:
    stored_run("run-1")

    assert 0 == benchwright("runs", "archive", "run-1").code
    assert [] == benchwright("runs", "--json").json
    assert [True] == [item["archived"] for item in benchwright("runs", "list", "--all", "--json").json]
    back = benchwright("runs", "archive", "run-1", "--undo", "--json")
    assert {"run_id": "run-1", "archived": False} == back.json
    assert 1 == len(benchwright("runs", "--json").json)


@pytest.mark.parametrize("words", [("tag", "--favourite"), ("archive",), ("delete", "--yes")])
def test_an_unknown_run_is_named_with_those_that_exist(
    benchwright: Command, stored_run: Command, words: tuple[str, ...]
) -> None:
    stored_run("run-1")

    said = benchwright("runs", words[0], "nun-1", *words[1:])

    assert 2 == said.code
    assert "error: unknown run 'nun-1'" in said.err
    assert "run-1" in said.err
    assert "benchwright runs list" in said.err


def test_a_deleted_run_is_gone(benchwright: Command, stored_run: Command) -> None:
    stored_run("run-1")

    assert "run-1: deleted\n" == benchwright("runs", "delete", "run-1", "--yes").out
    assert [] == benchwright("runs", "list", "--all", "--json").json


def test_a_deletion_is_told_as_json(benchwright: Command, stored_run: Command) -> None:
    stored_run("run-1")

    assert {"run_id": "run-1", "deleted": True} == benchwright("runs", "delete", "run-1", "--yes", "--json").json


def test_deleting_without_a_terminal_needs_yes(
    benchwright: Command, stored_run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored_run("run-1")
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))

    said = benchwright("runs", "delete", "run-1")

    assert 2 == said.code
    assert "--yes" in said.err
    assert 1 == len(benchwright("runs", "--json").json)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "n_left"), [("n\n", 1), ("\n", 1), ("y\n", 0)])
def test_a_person_is_asked_before_a_run_is_deleted(
    benchwright: Command, stored_run: Command, monkeypatch: pytest.MonkeyPatch, typed: str, n_left: int
) -> None:
    stored_run("run-1")
    monkeypatch.setattr("sys.stdin", _Terminal(typed))

    assert 0 == benchwright("runs", "delete", "run-1").code
    assert n_left == len(benchwright("runs", "--json").json)


def test_leaving_the_question_open_deletes_nothing(
    benchwright: Command, stored_run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored_run("run-1")
    monkeypatch.setattr("sys.stdin", _Terminal(""))

    assert 130 == benchwright("runs", "delete", "run-1").code
    assert 1 == len(benchwright("runs", "--json").json)


def test_a_run_that_is_worked_on_is_not_deleted(benchwright: Command, stored_run: Command, database: str) -> None:
    stored_run("run-1", status=Status.RUNNING)
    with open_store(database) as store:
        take_hold(store, ["run-1"])

        said = benchwright("runs", "delete", "run-1", "--yes")

        assert 2 == said.code
        assert "'run-1' is still running" in said.err
        assert "run-1" == find_run(store, "run-1").plan.run_id


def test_an_error_under_json_is_one_json_object_on_stdout(benchwright: Command) -> None:
    said = benchwright("runs", "tag", "x", "--add", "y", "--json")

    assert 2 == said.code
    assert {"status", "error"} == json.loads(said.out).keys()
    assert "unknown run 'x'" in said.json["error"]["message"]


def test_control_characters_of_a_tag_do_not_reach_the_terminal(benchwright: Command, stored_run: Command) -> None:
    stored_run("run-1")

    said = benchwright("runs", "tag", "run-1", "--add", "red\x1b[31m")

    assert (2, True) == (said.code, "the tag 'red\\x1b[31m' holds the invisible character U+001B" in said.err)
    assert "\x1b" not in said.err + said.out
