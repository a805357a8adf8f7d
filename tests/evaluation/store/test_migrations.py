"""Which databases of other versions are upgraded, and which are refused?"""

from pathlib import Path

import pytest
import sqlalchemy as sa

from evaluation.errors import StoreError
from evaluation.store.address import parse_url
from evaluation.store.engine import make_engine
from evaluation.store.revisions import VERSION_TABLE, known_revisions, newest_revision, oldest_revision
from evaluation.store.session import backup, info, open_store, upgrade


def _with_schema(url: str, revision: str) -> None:
    """Make a database that says it has this schema."""
    open_store(url).close()
    engine = make_engine(parse_url(url))
    with engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '{revision}'"))
    engine.dispose()


@pytest.mark.parametrize("revision", ["0001", "0011"])
def test_a_database_from_before_the_first_release_is_refused_with_both_schemas_and_a_way(
    store_url: str, revision: str
) -> None:
    _with_schema(store_url, revision)

    for use in (open_store, upgrade):
        with pytest.raises(StoreError, match=f"earlier version.*schema '{revision}'.*none before '0012'") as refused:
            use(store_url)
        assert "`benchwright db upgrade` of commit 7f72b96" in str(refused.value.next_step)
        assert "`benchwright export RUN --out FILE`" in str(refused.value.next_step)
    assert (revision, newest_revision(), {}) == (
        info(store_url).revision,
        info(store_url).newest_revision,
        info(store_url).n_rows,
    )


def test_a_refused_database_can_still_be_copied(sqlite_url: str, tmp_path: Path) -> None:
    _with_schema(sqlite_url, "0011")

    backup(sqlite_url, tmp_path / "copy.db")

    assert "0011" == info(str(tmp_path / "copy.db")).revision


def test_the_schema_of_the_last_single_migration_is_opened_without_a_change() -> None:
    assert "0012" == oldest_revision()


def test_the_numbers_of_the_files_are_the_revisions_that_alembic_finds() -> None:
    from alembic.script import ScriptDirectory

    from evaluation.store import schema

    scripts = ScriptDirectory.from_config(schema._config())
    assert tuple(reversed([script.revision for script in scripts.walk_revisions()])) == known_revisions()
