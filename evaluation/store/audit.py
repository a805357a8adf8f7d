"""The stored audit: a row for each change that was requested over HTTP."""

from datetime import datetime

import sqlalchemy as sa

from evaluation.records.access import AuditEntry
from evaluation.store.record_rows import record_of
from evaluation.store.session import Store
from evaluation.store.statements import now
from evaluation.store.tables import audit_entry


def record_change(
    store: Store, *, key_id: str | None, key_name: str, method: str, path: str, status: int, request_id: str
) -> None:
    """Store that a change was requested, by whom, and how it was answered."""
    row = {
        "at": now(),
        "key_id": key_id,
        "key_name": key_name,
        "method": method,
        "path": path,
        "status": status,
        "request_id": request_id,
    }
    with store.write() as connection:
        connection.execute(sa.insert(audit_entry).values(row))


def list_changes(
    store: Store, *, before: int | None = None, since: datetime | None = None, limit: int = 100
) -> tuple[AuditEntry, ...]:
    """Return the newest changes, the newest first.

    Args:
        store: Where they are.
        before: Only entries with a lower id, to go on with the next page.
        since: Only changes from then on.
        limit: Number of entries at most.
    """
    query = sa.select(audit_entry).order_by(audit_entry.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(audit_entry.c.id < before)
    if since is not None:
        query = query.where(audit_entry.c.at >= since)
    with store.read() as connection:
        return tuple(record_of(AuditEntry, row, entry_id=row["id"]) for row in connection.execute(query).mappings())
