"""Deletion of many rows in short transactions, without blocking other processes for long."""

import sqlalchemy as sa

from evaluation.store.session import Store

_AT_ONCE = 5_000
"""Rows in one transaction."""


def delete_rows(store: Store, table: sa.Table, condition: sa.ColumnElement[bool]) -> int:
    """Delete rows with their dependents, some thousands per transaction, and return how many rows were deleted."""
    n_deleted = 0
    while True:
        with store.write() as connection:
            some = sa.select(table.c.id).where(condition).limit(_AT_ONCE)
            n = connection.execute(sa.delete(table).where(table.c.id.in_(some))).rowcount
        n_deleted += n
        if n < _AT_ONCE:
            return n_deleted
