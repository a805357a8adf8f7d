"""The schema revisions that this version knows, from file names, so that nothing must be imported to read them."""

from functools import cache
from pathlib import Path

VERSION_TABLE = "benchwright_version"
"""Differs from Alembic's default name: Prefect may keep its own tables in the same PostgreSQL database."""
MIGRATIONS = Path(__file__).parent / "migrations"


@cache
def known_revisions() -> tuple[str, ...]:
    """Return the revisions that this version knows, oldest first: each is the number in its file's name.

    Alembic, which would tell the same, is imported only where there is something to migrate.
    """
    return tuple(sorted(path.name[1:5] for path in (MIGRATIONS / "versions").glob("v[0-9][0-9][0-9][0-9]_*.py")))


def oldest_revision() -> str:
    """Return the oldest revision of a database that can be used or upgraded here."""
    return known_revisions()[0]


def newest_revision() -> str:
    """Return the revision that this version reads and writes."""
    return known_revisions()[-1]
