"""Tables of endpoints, models, prompt profiles and candidates."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from evaluation.store.tables.row import (
    METADATA,
    Row,
    json_field,
    key_field,
    real_field,
    text_field,
    time_field,
    whole_field,
)


class EndpointTable(Row, table=True):
    """A server."""

    __tablename__ = "endpoint"
    __table_args__ = (sa.UniqueConstraint("name"),)

    id: int | None = key_field()
    name: str = text_field()
    url: str = text_field()
    provider: str = text_field()
    gpu_tag: str | None = text_field(null=True)
    slots: int | None = whole_field(null=True)
    electricity_price: float | None = real_field()
    key_variable: str | None = text_field(null=True)
    allow_remote: bool
    limit_pending: bool = Field(sa_column=sa.Column(sa.Boolean(), server_default=sa.false(), nullable=False))
    """True if the slots were set while Prefect could not be informed."""
    created_at: datetime = time_field()
    removed_at: datetime | None = time_field(null=True)


class ModelTable(Row, table=True):
    """A version of a model on an endpoint."""

    __tablename__ = "model"
    __table_args__ = (sa.Index(None, "name", "digest"),)

    id: int | None = key_field()
    name: str = text_field()
    digest: str | None = text_field(null=True)
    endpoint_name: str | None = text_field(null=True)
    family: str | None = text_field(null=True)
    parameter_size: str | None = text_field(null=True)
    n_parameters: int | None = whole_field(null=True)
    quantization: str | None = text_field(null=True)
    context_length: int | None = whole_field(null=True)
    size_bytes: int | None = whole_field(null=True)
    capabilities: list[str] = json_field()
    licence: str | None = text_field(null=True)
    parameters: dict[str, Any] = json_field()
    template: str | None = text_field(null=True)
    remote_host: str | None = text_field(null=True)
    first_seen: datetime = time_field()
    last_seen: datetime = time_field()
    is_current: bool
    retired_at: datetime | None = time_field(null=True)


class ProfileTable(Row, table=True):
    """A prompt profile: a name with one of its contents."""

    __tablename__ = "profile"
    __table_args__ = (sa.UniqueConstraint("hash", "name"), sa.Index(None, "name", "saved_at"))

    id: int | None = key_field()
    hash: str = text_field()
    name: str = text_field()
    system: str | None = text_field(null=True)
    template: str = text_field()
    examples: list[list[str]] = json_field()
    created_at: datetime = time_field()
    saved_at: datetime | None = time_field(null=True)
    """When the name was last given this content; None if only used and never saved under its name."""


class CandidateTable(Row, table=True):
    """A model with its options, profile, think mode and pipeline."""

    __tablename__ = "candidate"
    __table_args__ = (sa.ForeignKeyConstraint(["profile_hash", "profile_name"], ["profile.hash", "profile.name"]),)

    fingerprint: str = text_field(primary_key=True)
    model: str = text_field()
    digest: str | None = text_field(null=True)
    options: dict[str, Any] = json_field()
    profile_hash: str = text_field()
    profile_name: str = text_field()
    think: Any = json_field(null=True)
    endpoint_identity: str | None = text_field(null=True)
    pipeline: dict[str, Any] | None = json_field(null=True)
    """The pipeline with its options and the weights of its other models; None: the model is asked directly."""
    created_at: datetime = time_field()


endpoint = METADATA.tables["endpoint"]
model = METADATA.tables["model"]
profile = METADATA.tables["profile"]
candidate = METADATA.tables["candidate"]
