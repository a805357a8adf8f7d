"""Stored answers to requests with an idempotency key: the same request sent again gets the same answer."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evaluation.records.access import StoredReply
from evaluation.store.record_rows import record_of
from evaluation.store.session import Store
from evaluation.store.statements import now, one_at_a_time
from evaluation.store.tables import idempotent_request

KEPT_FOR = timedelta(hours=24)
GIVEN_UP_AFTER = timedelta(minutes=10)
"""A request without an answer for so long was lost with its process, and may be sent again."""


def begin_request(store: Store, *, owner: str, path: str, idempotency_key: str, body_hash: str) -> StoredReply | None:
    """Reserve an idempotency key for a request, and return None; or return what is stored under it.

    Args:
        store: Where answers are kept.
        owner: Id of the access key that sends it.
        path: Path of the request.
        idempotency_key: Chosen by the client.
        body_hash: Hash of the request's body.
    """
    row = {"owner": owner, "path": path, "idempotency_key": idempotency_key, "body_hash": body_hash}
    with store.write() as connection:
        one_at_a_time(connection, "idempotent requests")
        _forget_old(connection)
        stored = connection.execute(sa.select(idempotent_request).where(_is(owner, path, idempotency_key)))
        if (existing := stored.mappings().first()) is not None:
            return record_of(StoredReply, existing)
        connection.execute(sa.insert(idempotent_request).values({**row, "created_at": now()}))
    return None


def finish_request(
    store: Store, *, owner: str, path: str, idempotency_key: str, status: int | None, body: str | None
) -> None:
    """Store the answer to a reserved request; without a status it may be sent again."""
    reserved = _is(owner, path, idempotency_key)
    with store.write() as connection:
        if status is None:
            connection.execute(sa.delete(idempotent_request).where(reserved))
        else:
            connection.execute(sa.update(idempotent_request).where(reserved).values(status=status, body=body))


def _forget_old(connection: Connection) -> None:
    column = idempotent_request.c
    is_lost = sa.and_(column.status.is_(None), column.created_at < now() - GIVEN_UP_AFTER)
    connection.execute(sa.delete(idempotent_request).where(sa.or_(column.created_at < now() - KEPT_FOR, is_lost)))


def _is(owner: str, path: str, idempotency_key: str) -> sa.ColumnElement[bool]:
    column = idempotent_request.c
    return sa.and_(column.owner == owner, column.path == path, column.idempotency_key == idempotency_key)
