import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from evaluation.store.session import upgrade

Command = Callable[..., Any]


def test_info_says_where_the_database_is_its_schema_and_what_it_holds(
    benchwright: Command, stored_run: Command, database: str
) -> None:
    stored_run("run-1")

    info = benchwright("db", "info", "--json").json

    assert (database, info["newest_revision"]) == (info["shown_url"], info["revision"])
    assert (1, 2, 6) == tuple(info["n_rows"][name] for name in ("run", "run_candidate", "generation"))
    said = benchwright("db", "info")
    assert database in said.out
    assert "generation=6" in said.out
    assert "" == said.err


def test_the_option_goes_before_the_variable(benchwright: Command, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    upgrade(str(other))

    assert f"sqlite:///{other}" == benchwright("db", "info", "--db", other, "--json").json["shown_url"]


def test_a_backup_is_a_database_with_the_same_rows(benchwright: Command, stored_run: Command, tmp_path: Path) -> None:
    stored_run("run-1")
    copy = tmp_path / "copies" / "copy.db"

    said = benchwright("db", "backup", copy, "--json")

    assert {"path": str(copy), "size_bytes": copy.stat().st_size} == said.json
    assert ["run-1"] == [item["run_id"] for item in benchwright("runs", "--db", copy, "--json").json]


def test_a_backup_overwrites_nothing(benchwright: Command, tmp_path: Path) -> None:
    there = tmp_path / "there.db"
    there.write_text("mine")

    said = benchwright("db", "backup", there)

    assert 2 == said.code
    assert f"{str(there)!r} exists already" in said.err
    assert "mine" == there.read_text()


@pytest.mark.parametrize("words", [("info",), ("backup", "copy.db")])
def test_a_database_that_is_not_there_is_named(
    benchwright: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)

    said = benchwright("db", *words, "--db", tmp_path / "nowhere.db")

    assert 2 == said.code
    assert f"there is no database sqlite:///{tmp_path / 'nowhere.db'}" in said.err
    assert not (tmp_path / "nowhere.db").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("compare", "a", "b"),
        ("compare", "--history", "a", "b"),
        ("compare", "a", "b", "--publish"),
        ("show", "last"),
        ("export", "last"),
        ("runs", "list"),
        ("runs", "delete", "a", "--yes"),
        ("sweep", "--show", "last"),
        ("experiments", "list"),
        ("experiments", "show", "a"),
        ("benchmarks", "list"),
        ("profiles", "list"),
        ("endpoints", "list"),
        ("models", "list", "--stored"),
    ],
)
@pytest.mark.usefixtures("without_servers")
def test_what_reads_a_database_makes_none_under_a_name_that_was_mistyped(
    benchwright: Command, tmp_path: Path, words: tuple[str, ...]
) -> None:
    said = benchwright(*words, "--db", tmp_path / "typo.db")

    assert 2 == said.code
    assert f"there is no database sqlite:///{tmp_path / 'typo.db'}" in said.err
    assert "next: Check the path, or run an evaluation to make it" in said.err
    assert not (tmp_path / "typo.db").exists()


def test_the_results_of_a_setting_are_not_made_by_reading_them_but_the_suites_are_listed(
    benchwright: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "not-yet.db"
    monkeypatch.setenv("BENCHWRIGHT_DATABASE_URL", str(path))

    assert 2 == benchwright("runs", "list").code
    assert not path.exists()
    assert 0 == benchwright("benchmarks", "list").code


def test_upgrade_makes_a_database_where_there_is_none(benchwright: Command, tmp_path: Path) -> None:
    said = benchwright("db", "upgrade", "--db", tmp_path / "new" / "results.db", "--json")

    assert 0 == said.code
    assert said.json["revision"] == said.json["newest_revision"]


def _of_a_newer_version(path: Path) -> Path:
    upgrade(str(path))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE benchwright_version SET version_num = '9999'")
    return path


@pytest.mark.parametrize("words", [("runs", "list"), ("models", "list", "--stored"), ("db", "upgrade")])
def test_a_database_of_a_newer_version_is_refused(benchwright: Command, tmp_path: Path, words: tuple[str, ...]) -> None:
    said = benchwright(*words, "--db", _of_a_newer_version(tmp_path / "newer.db"))

    assert (2, "") == (said.code, said.out)
    assert "'9999'" in said.err
    assert "Install a newer benchwright" in said.err


def test_info_works_on_a_database_of_a_newer_version_and_says_so(benchwright: Command, tmp_path: Path) -> None:
    said = benchwright("db", "info", "--db", _of_a_newer_version(tmp_path / "newer.db"))

    assert 0 == said.code
    assert "9999" in said.out
    assert "newer" in said.err


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://me:hunter2@host/results", "unsupported database scheme 'mysql'"),
        ("postgresql://me:hunter2@127.0.0.1:9/results", "cannot be reached"),
        (":memory:", "must outlive this process"),
    ],
)
def test_a_database_that_cannot_be_opened_is_one_message_without_its_password(
    benchwright: Command, url: str, words: str
) -> None:
    said = benchwright("runs", "list", "--db", url)

    assert (2, "") == (said.code, said.out)
    assert words in said.err
    assert "hunter2" not in said.err
    assert "Traceback" not in said.err


def test_a_path_below_a_file_is_refused_even_for_root(benchwright: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    said = benchwright("db", "upgrade", "--db", tmp_path / "file" / "results.db", "--json")

    assert 2 == said.code
    assert "cannot be made" in said.json["error"]["message"]
    assert said.json["error"]["next"]


def test_a_file_that_is_no_database_is_left_as_it_is(benchwright: Command, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, " * 100)

    said = benchwright("runs", "list", "--db", path)

    assert 2 == said.code
    assert "is not a database" in said.err
    assert "not a database, " * 100 == path.read_text()


def test_a_wrong_setting_is_one_message(benchwright: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHWRIGHT_RETRY_BASE_S", "soon")

    said = benchwright("runs", "list")

    assert 2 == said.code
    assert "BENCHWRIGHT_RETRY_BASE_S" in said.err


def test_commands_work_on_postgresql_whose_backup_is_its_own_tools_work(
    benchwright: Command, postgresql_url: str
) -> None:
    assert [] == benchwright("runs", "list", "--db", postgresql_url, "--json").json
    assert "postgresql" == benchwright("db", "info", "--db", postgresql_url, "--json").json["dialect"]

    said = benchwright("db", "backup", "copy.dump", "--db", postgresql_url)

    assert 2 == said.code
    assert "pg_dump --format=custom --file=copy.dump" in said.err
