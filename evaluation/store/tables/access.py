"""Tables of access through the HTTP interface."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from evaluation.store.tables.row import METADATA, Row, json_field, key_field, text_field, time_field, whole_field


class ApiKeyTable(Row, table=True):
    """A key; of its secret, only the hash."""

    __tablename__ = "api_key"

    id: str = text_field(primary_key=True)
    name: str = text_field()
    scopes: Any = json_field()
    secret_hash: str = text_field()
    rate: str | None = text_field(null=True)
    budget: dict[str, Any] | None = json_field(null=True)
    created_at: datetime = time_field()
    expires_at: datetime | None = time_field(null=True)
    revoked_at: datetime | None = time_field(null=True)


class AuditTable(Row, table=True):
    """A change requested over HTTP; kept when its key is deleted."""

    __tablename__ = "audit_entry"
    __table_args__ = (sa.Index(None, "at"),)

    id: int | None = key_field()
    at: datetime = time_field()
    key_id: str | None = text_field(null=True)
    key_name: str = text_field()
    method: str = text_field()
    path: str = text_field()
    status: int = whole_field()
    request_id: str = text_field()


class IdempotencyTable(Row, table=True):
    """The answer to a request that may be sent again."""

    __tablename__ = "idempotent_request"
    __table_args__ = (sa.UniqueConstraint("owner", "path", "idempotency_key"), sa.Index(None, "created_at"))

    id: int | None = key_field()
    owner: str = text_field()
    """Id of the key with which it was sent, or `local`."""
    path: str = text_field()
    idempotency_key: str = text_field()
    body_hash: str = text_field()
    status: int | None = whole_field(null=True)
    body: str | None = text_field(null=True)
    created_at: datetime = time_field()


api_key = METADATA.tables["api_key"]
audit_entry = METADATA.tables["audit_entry"]
idempotent_request = METADATA.tables["idempotent_request"]
