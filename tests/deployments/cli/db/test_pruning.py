import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from deployments.cli.db.pruning import read_age
from evaluation.errors import ConfigurationError
from evaluation.store.holders import take_hold
from evaluation.store.runs import tag_run
from evaluation.store.session import open_store
from evaluation.store.tables import passage, run

Command = Callable[..., Any]


@pytest.fixture
def old_run(stored_run: Command, database: str) -> Callable[[str], str]:
    """Stores a run that ended 100 days ago."""

    def store_one(run_id: str) -> str:
        stored_run(run_id)
        with open_store(database) as store, store.write() as connection:
            ended_at = datetime.now(UTC) - timedelta(days=100)
            connection.execute(sa.update(run).where(run.c.id == run_id).values(finished_at=ended_at))
        return run_id

    return store_one


def _run_ids(benchwright: Command) -> set[str]:
    return {item["run_id"] for item in benchwright("runs", "--json").json}


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_dry_run_says_what_would_go_and_deletes_nothing(
    benchwright: Command, stored_run: Command, old_run: Command, database: str
) -> None:
    old_run("old")
    old_run("liked")
    stored_run("new")
    with open_store(database) as store:
        tag_run(store, "liked", favourite=True)

    said = benchwright("db", "prune", "--older-than", "90d", "--dry-run")

    assert 0 == said.code
    lines = dict(line.split("  ", 1) for line in said.out.splitlines())
    assert ("1", "6") == (lines["runs"].strip(), lines["their answers"].strip())
    assert ("1", "1: marked as favourites") == (
        lines["old runs kept"].strip(),
        said.out.splitlines()[-1].split("  ")[-1].strip(),
    )
    assert "`--also evidence`" in said.err
    assert {"old", "liked", "new"} == _run_ids(benchwright)
    found = benchwright("db", "prune", "--older-than", "90d", "--also", "favourites", "--dry-run", "--json").json
    assert ({"old", "liked"}, False) == (set(found["run_ids"]), found["deleted"])
    assert found["size_bytes"] > 0


def test_a_baseline_is_kept_and_it_is_said_why_and_how_to_let_it_go(
    benchwright: Command, old_run: Command, database: str
) -> None:
    old_run("base")
    with open_store(database) as store:
        tag_run(store, "base", add=["baseline"])

    said = benchwright("db", "prune", "--older-than", "90d", "--yes")
    assert "baselines           1: tagged as baselines, or the monitor compares newer runs with them" in said.out
    assert {"base"} == _run_ids(benchwright)

    found = benchwright("db", "prune", "--older-than", "90d", "--yes", "--also", "baselines", "--json").json
    assert (["base"], {}, 0, 0) == (found["run_ids"], found["n_kept"], found["n_staying"], found["n_alerts"])
    assert set() == _run_ids(benchwright)


def test_with_yes_the_old_goes_and_the_rest_stays(benchwright: Command, stored_run: Command, old_run: Command) -> None:
    old_run("old")
    stored_run("new")

    found = benchwright("db", "prune", "--older-than", "90d", "--yes", "--json").json

    assert (["old"], 1, 6, True) == (found["run_ids"], found["n_runs"], found["n_answers"], found["deleted"])
    assert (None, 0) == (found["not_given_back"], found["free_bytes"])
    assert {"new"} == _run_ids(benchwright)
    again = benchwright("db", "prune", "--older-than", "90d")
    assert 0 == again.code
    assert "nothing was old enough to delete" in again.out


def test_what_no_run_refers_to_any_more_goes_even_where_no_run_is_old(
    benchwright: Command, stored_run: Command, database: str
) -> None:
    stored_run("new")
    with open_store(database) as store, store.write() as connection:
        rows = [{"hash": text, "document": "a.md", "position": 0, "text": text} for text in ("Fact 1.", "Fact 2.")]
        connection.execute(sa.insert(passage), rows)

    dry = benchwright("db", "prune", "--older-than", "90d", "--dry-run")
    said = benchwright("db", "prune", "--older-than", "90d")
    again = benchwright("db", "prune", "--older-than", "90d", "--json")

    assert "no run refers" not in dry.err
    assert "deleted, as no run refers to them any more: 2 passages" in said.err
    assert "nothing was old enough to delete" in said.out
    assert "no run refers" not in again.err
    assert False is again.json["deleted"]
    assert {"new"} == _run_ids(benchwright)


def test_without_a_terminal_and_without_yes_nothing_is_deleted(
    benchwright: Command, old_run: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_run("old")
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))

    said = benchwright("db", "prune", "--older-than", "90d", "--json")

    assert 2 == said.code
    assert "--yes" in said.json["error"]["next"]
    assert {"old"} == _run_ids(benchwright)


@pytest.mark.parametrize(("typed", "left"), [("n\n", {"old"}), ("\n", {"old"}), ("y\n", set())])
def test_a_person_reads_what_would_go_and_is_asked(
    benchwright: Command, old_run: Command, monkeypatch: pytest.MonkeyPatch, typed: str, left: set[str]
) -> None:
    old_run("old")
    monkeypatch.setattr("sys.stdin", _Terminal(typed))

    said = benchwright("db", "prune", "--older-than", "90d")

    assert 0 == said.code
    assert "their answers" in said.out
    assert ("nothing was deleted" in said.err) is bool(left)
    assert ("deleted: 1 run with 6 answers" in said.out) is not bool(left)
    assert left == _run_ids(benchwright)


def test_while_a_run_is_worked_on_the_room_is_not_given_back_and_this_is_said(
    benchwright: Command, stored_run: Command, old_run: Command, database: str
) -> None:
    for number in range(20):
        old_run(f"old-{number}")
    stored_run("at-work")
    with open_store(database) as store:
        take_hold(store, ["at-work"])

    found = benchwright("db", "prune", "--older-than", "90d", "--yes", "--json").json

    assert 20 == found["n_runs"]
    assert found["free_bytes"] > 0
    assert "a run is in progress" in found["not_given_back"]


@pytest.mark.parametrize(("text", "hours"), [("36h", 36), ("90d", 2160), ("2w", 336), (" 1 d ", 24)])
def test_an_age_is_hours_days_or_weeks(text: str, hours: int) -> None:
    assert timedelta(hours=hours) == read_age(text)


@pytest.mark.parametrize("text", ["90", "0d", "-1d", "90m", "d", "", "999999w", "1.5d", "٣d"])
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is not an age"):
        read_age(text)


def test_an_age_must_be_given_and_kinds_have_names(benchwright: Command, old_run: Command) -> None:
    old_run("old")
    assert 2 == benchwright("db", "prune", "--yes").code
    said = benchwright("db", "prune", "--older-than", "1d", "--also", "held", "--yes")
    assert 2 == said.code
    assert "favourites" in said.err
    assert {"old"} == _run_ids(benchwright)


def test_a_database_on_postgresql_is_pruned_and_not_rewritten(benchwright: Command, postgresql_url: str) -> None:
    found = benchwright("db", "prune", "--older-than", "1h", "--db", postgresql_url, "--yes", "--json").json
    assert (0, 0, None) == (found["free_bytes"], found["n_runs"], found["not_given_back"])


def test_the_size_of_a_database_on_postgresql_is_said_before_and_after(
    benchwright: Command, postgresql_url: str
) -> None:
    size = benchwright("db", "info", "--db", postgresql_url, "--json").json["size_bytes"]
    found = benchwright("db", "prune", "--older-than", "1h", "--db", postgresql_url, "--yes", "--json").json
    said = benchwright("db", "prune", "--older-than", "1h", "--db", postgresql_url, "--yes").out

    assert 0.5 < found["size_bytes"] / size < 2
    before, *_, after = (line for line in said.splitlines() if "database" in line)
    assert re.fullmatch(r"size of the database  [0-9.,]+ [kMG]B", before)
    assert re.fullmatch(r"the database has [0-9.,]+ [kMG]B now", after)
    assert "file" not in said
