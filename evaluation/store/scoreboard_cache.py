"""A cache of what was computed from the evidence, in SQLite, for later processes; PostgreSQL has none.

An entry is returned only if no row it was computed from has changed since (`watched_tables`), and the code that
computed it is identical.
"""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evaluation.errors import StoreError
from evaluation.store.evidence_triggers import n_changes
from evaluation.store.revisions import VERSION_TABLE, newest_revision
from evaluation.store.sqlite_stamp import SqliteStamp

if TYPE_CHECKING:
    from evaluation.store.session import Store

MOST_BYTES = 32_000_000
"""Bytes of cached content; more is computed each time, since writing it may take longer than a query may wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptContent:
    """Content cached in a database."""

    n_changes: int | None
    """Number of changes to the evidence; None if it is not counted, in which case nothing can be cached."""
    content: bytes | None
    """Content computed from this evidence; None if nothing is cached."""


def read_kept(stamp: SqliteStamp, made_by: str) -> KeptContent:
    """Return the scoreboard kept for the evidence as it is now.

    Args:
        stamp: Stamp of the file.
        made_by: The code that may have computed it.

    Raises:
        StoreError: the file is unreachable, or cannot be read.
    """
    with stamp.read() as connection:
        changes = n_changes(connection)
        row = connection.execute(
            "SELECT content FROM kept_scoreboard WHERE n_changes = ? AND made_by = ? AND length(content) <= ?",
            (changes, made_by, MOST_BYTES),
        ).fetchone()
    return KeptContent(n_changes=changes, content=None if row is None else bytes(row[0]))


def count_changes(stamp: SqliteStamp) -> int | None:
    """Return how often the evidence has changed; None where nothing counts that.

    Raises:
        StoreError: the file is unreachable, or cannot be read.
    """
    with stamp.read() as connection:
        return n_changes(connection)


def is_of_this_version(stamp: SqliteStamp) -> bool:
    """Return False where there is no readable database, or another version of this program wrote it."""
    try:
        with stamp.read() as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (VERSION_TABLE,)).fetchone():
                return False
            row = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608
    except StoreError:
        return False
    return row is not None and row[0] == newest_revision()


def keep(stamp: SqliteStamp, content: bytes, *, n_changes_before: int, made_by: str) -> bool:
    """Keep a scoreboard and return whether it was kept.

    Not where the evidence has changed since it was read, or the scoreboard is too large.

    Args:
        stamp: Stamp of the file.
        content: What was computed.
        n_changes_before: How often the evidence had changed before it was read.
        made_by: The code that computed it.

    Raises:
        StoreError: the file is unreachable, or cannot be written.
    """
    if len(content) > MOST_BYTES:
        return False
    with stamp.write_plainly() as connection:
        if n_changes(connection) != n_changes_before:
            return False
        connection.execute(
            "INSERT OR REPLACE INTO kept_scoreboard (id, n_changes, made_by, content) VALUES (1, ?, ?, ?)",
            (n_changes_before, made_by, content),
        )
    return True


def may_be_kept(store: "Store") -> bool:
    """Return True where all metrics are built in: what other packages say of their metrics may change with them."""
    import sqlalchemy as sa

    from evaluation.metrics import METRICS
    from evaluation.store.tables import metric, run

    with store.read() as connection:
        names = set(connection.execute(sa.select(metric.c.name)).scalars())
        names |= {name for planned in connection.execute(sa.select(run.c.metrics)).scalars() for name, _ in planned}
    return all(name.partition(" by ")[0] in METRICS for name in names)


def read_serving_of(stamp: SqliteStamp, model_id: str) -> tuple[int, str, bytes] | None:
    """Return the version, the status and the serving bytes of a selection model; None where they are damaged.

    Raises:
        StoreError: the file is unreachable, or cannot be read.
    """
    with stamp.read() as connection:
        row = connection.execute(
            "SELECT version, status, serving, serving_sha256 FROM selection_model WHERE id = ?", (model_id,)
        ).fetchone()
    if row is None or row[2] is None or hashlib.sha256(row[2]).hexdigest() != row[3]:
        return None
    return int(row[0]), str(row[1]), bytes(row[2])
