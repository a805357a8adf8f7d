"""The schema revision of a database, and its migration to this version's."""

from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection

from evaluation.errors import StoreError
from evaluation.store.address import shown
from evaluation.store.evidence_triggers import statements_to_watch
from evaluation.store.revisions import MIGRATIONS, VERSION_TABLE, known_revisions, newest_revision, oldest_revision
from evaluation.store.run_change_triggers import statements_to_end_states
from evaluation.store.tables import METADATA

_LOCK = 7_236_478_112
"""Key of the advisory lock: an arbitrary number, equal in all processes that upgrade a PostgreSQL database."""
_LEAVE_AN_OLD_SCHEMA = (
    "Run `benchwright db upgrade` of commit 7f72b96, which upgrades it; or write its results to files with the "
    "version that made it (`benchwright export RUN --out FILE`) and use another --db"
)


if TYPE_CHECKING:
    from alembic.config import Config


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def stored_revision(connection: Connection) -> str | None:
    """Return the database's revision; None where it has no Benchwright schema."""
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608


def is_empty(connection: Connection) -> bool:
    """Return True where nothing is in the way of our tables.

    There is no table at all, or on a shared server none of our names.
    """
    names = set(sa.inspect(connection).get_table_names())
    return not names if connection.dialect.name == "sqlite" else names.isdisjoint(METADATA.tables)


def check_upgradable(connection: Connection, url: URL) -> str | None:
    """Return the database's revision; None where it is empty.

    Raises:
        StoreError: it holds other tables than ours, or its schema is older or newer than those this version knows.
    """
    revision = stored_revision(connection)
    if revision is None:
        if not is_empty(connection):
            raise StoreError(f"the database {shown(url)} holds something else's tables", "Use another --db")
    elif revision < oldest_revision():
        raise StoreError(
            f"the database {shown(url)} was written by an earlier version: it has schema {revision!r}, "
            f"and this version upgrades none before {oldest_revision()!r}",
            _LEAVE_AN_OLD_SCHEMA,
        )
    elif revision not in known_revisions():
        raise StoreError(
            f"the database {shown(url)} was written by a newer version: it has schema {revision!r}, "
            f"and this version knows none after {newest_revision()!r}",
            "Install a newer benchwright, or use another --db",
        )
    return revision


def migrate(connection: Connection, url: URL) -> None:
    """Bring the schema to this version's, inside the caller's transaction; do nothing where it is already there.

    An empty database is given the tables as they are declared; the migrations are for what older versions made.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    revision = check_upgradable(connection, url)
    if revision == newest_revision():
        return
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    if revision is None:
        METADATA.create_all(connection)
        command.stamp(config, "head")
    else:
        command.upgrade(config, "head")
    if connection.dialect.name == "sqlite":
        for statement in statements_to_watch():
            connection.exec_driver_sql(statement)
    for statement in statements_to_end_states(connection.dialect.name):
        connection.exec_driver_sql(statement)
