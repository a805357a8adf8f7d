"""What is kept is given out only of the evidence as it is: any change of any row that it was read from is noticed."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from recommendable import fill, swap_scores

from evaluation.records.selection import ImportedCase, ScoreboardContent
from evaluation.store import scoreboard_cache
from evaluation.store.evidence_triggers import WATCHED, n_changes
from evaluation.store.revisions import VERSION_TABLE
from evaluation.store.scoreboard_cache import is_of_this_version, keep, may_be_kept, read_kept, read_serving_of
from evaluation.store.scoreboard_imports import save_import
from evaluation.store.selection_evidence import evidence_fingerprint, read_evidence
from evaluation.store.selection_models import champions, promote, read_model, save_model
from evaluation.store.session import Store, open_store
from evaluation.store.sqlite_stamp import SqliteStamp
from evaluation.store.tables import metric, run

ENGINES_OWN = {"sqlite_master", "sqlite_sequence", VERSION_TABLE}


def _imported() -> ScoreboardContent:
    nothing = np.array([np.nan])
    return ScoreboardContent(
        sha256="ab" * 32,
        name="pool",
        source="pool.csv",
        candidates=("elsewhere",),
        cases=(ImportedCase(task="chat", case_id="c0", prompt="Hi"),),
        candidate=np.array([0]),
        case=np.array([0]),
        quality=np.array([1.0]),
        latency_s=nothing,
        cost_usd=nothing,
        energy_j=nothing,
        memory_gb=nothing,
    )


def _promote_one(store: Store) -> str:
    record = save_model(
        store,
        kind="ridge",
        status="better",
        data_hash="d",
        code_version="0",
        metrics={},
        report={},
        estimator=b"estimator",
        serving=b"serving",
    )
    promote(store, record.model_id, replacing=None, reason="it is the first")
    return record.model_id


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("filled") / "filled.db"
    with open_store(str(path)) as store:
        fill(store)
        save_import(store, _imported())
        _promote_one(store)
    return path


@pytest.fixture
def path(filled: Path, tmp_path: Path) -> str:
    with closing(sqlite3.connect(filled)) as source, closing(sqlite3.connect(tmp_path / "store.db")) as copy:
        source.backup(copy)
    return str(tmp_path / "store.db")


@pytest.fixture
def stamp(path: str) -> Iterator[SqliteStamp]:
    found = SqliteStamp(path)
    yield found
    found.close()


def keep_now(stamp: SqliteStamp, content: bytes = b"content", made_by: str = "code") -> bool:
    n_before = read_kept(stamp, made_by).n_changes
    assert n_before is not None
    return keep(stamp, content, n_changes_before=n_before, made_by=made_by)


def test_all_that_evidence_and_models_are_read_from_is_watched(path: str) -> None:
    tables = set()

    def note(action: int, table: str | None, *_: object) -> int:
        if action == sqlite3.SQLITE_READ and table:
            tables.add(table)
        return sqlite3.SQLITE_OK

    with open_store(path) as store:
        sa.event.listen(store._engine, "checkout", lambda connection, *_: connection.set_authorizer(note))
        read_evidence(store)
        evidence_fingerprint(store)
        read_model(store, champions(store)[0].model.model_id)  # type: ignore[union-attr]
    assert {"generation", "score", "scoreboard_row", "promotion", "selection_model"} <= tables
    with_their_answer = {"trace", "stage"}  # written, and measured later, together with a row of `generation`
    assert set() == tables - set(WATCHED) - ENGINES_OWN - with_their_answer


@pytest.mark.parametrize("table", WATCHED)
def test_a_change_of_any_row_is_counted_whoever_makes_it(path: str, table: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        column = other.execute(f"SELECT name FROM pragma_table_info('{table}')").fetchone()[0]
        if not other.execute(f"SELECT 1 FROM {table}").fetchone():
            names = other.execute(f"SELECT name FROM pragma_table_info('{table}') WHERE \"notnull\" AND NOT pk")
            listed = ", ".join(name for (name,) in names)
            other.execute(f"INSERT INTO {table} ({column}, {listed}) VALUES (1{', 0' * (listed.count(',') + 1)})")
        counts = [n_changes(other)]
        other.execute(f"CREATE TEMP TABLE kept AS SELECT * FROM {table} LIMIT 1")
        for statement in (
            f"UPDATE {table} SET {column} = {column}",
            f"DELETE FROM {table}",
            f"INSERT INTO {table} SELECT * FROM kept",
        ):
            other.execute(statement)
            counts.append(n_changes(other))
    assert None not in counts
    assert sorted(set(counts)) == counts  # type: ignore[type-var]


def test_what_is_kept_is_given_out_until_a_row_changes(path: str, stamp: SqliteStamp) -> None:
    assert keep_now(stamp)
    assert b"content" == read_kept(stamp, "code").content
    with open_store(path) as store:
        swap_scores(store, "summarization", "small", "large")
    assert read_kept(stamp, "code").content is None
    assert keep_now(stamp, b"another")
    assert b"another" == read_kept(stamp, "code").content


def test_what_another_code_computed_is_not_given_out(stamp: SqliteStamp) -> None:
    keep_now(stamp)
    assert read_kept(stamp, "other code").content is None


def test_what_changed_while_it_was_read_is_not_kept(path: str, stamp: SqliteStamp) -> None:
    n_before = read_kept(stamp, "code").n_changes
    assert n_before is not None
    with open_store(path) as store:
        swap_scores(store, "summarization", "small", "large")
    assert not keep(stamp, b"content", n_changes_before=n_before, made_by="code")


@pytest.mark.parametrize(
    "damage",
    [
        "DROP TRIGGER evidence_change_score_update",
        "DELETE FROM evidence_change",
        "DROP TRIGGER evidence_change_score_update; CREATE TRIGGER evidence_change_score_update AFTER UPDATE ON score "
        "BEGIN SELECT 1; END",
    ],
)
def test_where_nobody_counts_nothing_is_given_out_or_kept(path: str, stamp: SqliteStamp, damage: str) -> None:
    keep_now(stamp)
    with closing(sqlite3.connect(path)) as other:
        other.executescript(damage)
    found = read_kept(stamp, "code")
    assert (None, None) == (found.n_changes, found.content)
    assert not keep(stamp, b"content", n_changes_before=0, made_by="code")


def test_a_copy_of_the_database_keeps_it_too(path: str, stamp: SqliteStamp, tmp_path: Path) -> None:
    keep_now(stamp)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(tmp_path / "copy.db")) as target:
        source.backup(target)
    copy = SqliteStamp(str(tmp_path / "copy.db"))
    assert b"content" == read_kept(copy, "code").content
    copy.close()


def test_what_is_too_large_is_not_kept(stamp: SqliteStamp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoreboard_cache, "MOST_BYTES", 6)
    assert not keep_now(stamp, b"content")
    assert keep_now(stamp, b"little")
    monkeypatch.setattr(scoreboard_cache, "MOST_BYTES", 5)
    assert read_kept(stamp, "code").content is None


def test_nothing_is_kept_where_another_package_says_what_a_value_means(path: str) -> None:
    with open_store(path) as store:
        assert may_be_kept(store)
        with store.write() as connection:
            connection.execute(sa.insert(metric).values(key="k", name="of_theirs", signature="s"))
        assert not may_be_kept(store)
        with store.write() as connection:
            connection.execute(sa.delete(metric).where(metric.c.name == "of_theirs"))
            connection.execute(sa.update(run).values(metrics=[["of_theirs", "s"]]))
        assert not may_be_kept(store)


def test_a_model_whose_bytes_were_changed_is_none(path: str, stamp: SqliteStamp) -> None:
    with open_store(path) as store:
        model_id = champions(store)[0].model.model_id  # type: ignore[union-attr]
    assert (1, "better", b"serving") == read_serving_of(stamp, model_id)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("UPDATE selection_model SET serving = ?", (b"other",))
    assert read_serving_of(stamp, model_id) is None
    assert read_serving_of(stamp, "unknown") is None


def test_a_file_of_another_version_is_told_apart(path: str, stamp: SqliteStamp, tmp_path: Path) -> None:
    assert is_of_this_version(stamp)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    assert not is_of_this_version(stamp)
    for name, content in (
        ("empty.db", b""),
        ("text.db", b"no database, but a text that is longer than its header" * 9),
    ):
        (tmp_path / name).write_bytes(content)
        assert not is_of_this_version(SqliteStamp(str(tmp_path / name)))
    assert not is_of_this_version(SqliteStamp(str(tmp_path / "missing.db")))
    assert not (tmp_path / "missing.db").exists()
