"""A block that began with one database file, and what becomes of whoever opens another one under its name."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from evaluation.errors import DatabaseLostError, StoreError
from evaluation.store.database_file import one_file
from evaluation.store.session import Store, open_store


@pytest.fixture
def path(sqlite_url: str) -> Path:
    """The file of the test's database."""
    return Path(sqlite_url.removeprefix("sqlite:///"))


def test_in_the_block_a_deleted_database_is_not_made_again(sqlite_url: str, path: Path, tmp_path: Path) -> None:
    with open_store(sqlite_url) as store, one_file(store):
        open_store(sqlite_url).close()
        path.rename(tmp_path / "moved.db")
        for upgrade_from_empty in (True, False):
            with pytest.raises(DatabaseLostError, match="was deleted or replaced while it was in use"):
                open_store(sqlite_url, upgrade_from_empty=upgrade_from_empty)
        with pytest.raises(DatabaseLostError), one_file(store):
            pass
        assert not path.exists()
    open_store(sqlite_url).close()
    assert path.exists(), "after the block it may be any file"


def test_in_the_block_another_database_in_its_place_is_refused(sqlite_url: str, path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    open_store(str(other)).close()
    with open_store(sqlite_url) as store, one_file(store):
        path.rename(tmp_path / "moved.db")
        other.rename(path)
        with pytest.raises(DatabaseLostError):
            open_store(sqlite_url)
        with pytest.raises(DatabaseLostError), Store(sa.make_url(sqlite_url)).read():
            pass


def test_other_databases_are_opened_as_ever_in_the_block(sqlite_url: str, path: Path, tmp_path: Path) -> None:
    with open_store(sqlite_url) as store, one_file(store):
        path.rename(tmp_path / "moved.db")
        open_store(str(tmp_path / "moved.db")).close()


@pytest.mark.parametrize("fails", [False, True])
def test_what_was_done_while_the_file_went_away_is_not_called_done(
    sqlite_url: str, path: Path, tmp_path: Path, fails: bool
) -> None:
    def loses_the_file(transaction: Callable[[], object]) -> None:
        path.rename(tmp_path / "moved.db")
        if fails:
            raise StoreError("the disk failed")

    with open_store(sqlite_url) as store, pytest.raises(DatabaseLostError), store.write():
        loses_the_file(store.write)
