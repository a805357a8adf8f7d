"""Which databases of other versions are upgraded, and which are refused?"""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from evaluation.errors import StoreError
from evaluation.store.address import parse_url
from evaluation.store.engine import make_engine
from evaluation.store.revisions import VERSION_TABLE, known_revisions, newest_revision, oldest_revision
from evaluation.store.session import backup, info, open_store, upgrade
from evaluation.store.tables import METADATA

SCHEMAS = Path(__file__).parent / "schemas"
"""What each schema was when a version with it was made: statements for each kind of database. Never changed later."""


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


def _remove_tables(url: str) -> None:
    engine = make_engine(parse_url(url), foreign_keys=False)
    with engine.begin() as connection:
        METADATA.drop_all(connection)
        connection.execute(sa.text(f"DROP TABLE {VERSION_TABLE}"))
    engine.dispose()


def _make_by(url: str, path: Path) -> None:
    """Make tables by the statements of a file."""
    engine = make_engine(parse_url(url))
    with engine.begin() as connection:
        for statement in filter(None, map(str.strip, path.read_text().split(";"))):
            connection.exec_driver_sql(statement)
    engine.dispose()


def _schema(url: str) -> dict[str, dict[str, Any]]:
    """Return what the database knows of our tables, in an order that does not depend on their making."""
    engine = make_engine(parse_url(url))
    inspector = sa.inspect(engine)
    read = {
        "columns": lambda table: [{**column, "type": str(column["type"])} for column in inspector.get_columns(table)],
        "primary key": lambda table: [inspector.get_pk_constraint(table)],
        "foreign keys": inspector.get_foreign_keys,
        "unique": inspector.get_unique_constraints,
        "indexes": lambda table: [_with_conditions(index) for index in inspector.get_indexes(table)],
    }
    schema = {table: {name: sorted(map(repr, kind(table))) for name, kind in read.items()} for table in METADATA.tables}
    engine.dispose()
    return schema


def _with_conditions(index: Any) -> dict[str, Any]:
    """Return the index with its options as text: a condition is an object that equals itself alone."""
    return {**index, "dialect_options": {name: str(value) for name, value in index["dialect_options"].items()}}


@pytest.mark.parametrize("revision", known_revisions())
def test_an_upgraded_database_has_the_schema_that_an_empty_one_gets(store_url: str, revision: str) -> None:
    with open_store(store_url) as store:
        dialect = store.dialect
    new = _schema(store_url)
    _remove_tables(store_url)

    _make_by(store_url, SCHEMAS / f"{revision}_{dialect}.sql")
    upgrade(store_url)

    assert new == _schema(store_url)
    open_store(store_url, upgrade_from_empty=False).close()


def test_the_oldest_schema_that_is_opened_is_that_of_the_first_release() -> None:
    assert "0012" == oldest_revision()


def test_the_numbers_of_the_files_are_the_revisions_that_alembic_finds() -> None:
    from alembic.script import ScriptDirectory

    from evaluation.store import schema

    scripts = ScriptDirectory.from_config(schema._config())
    assert tuple(reversed([script.revision for script in scripts.walk_revisions()])) == known_revisions()
