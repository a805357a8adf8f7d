"""Records of benchmarks, endpoints, models and metrics."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evaluation.files.field_mapping import FieldUse
from evaluation.model_info import ModelInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseInfo:
    """Content and schema revision of a database."""

    shown_url: str
    """The URL without its password."""
    dialect: str
    """`sqlite` or `postgresql`."""
    revision: str | None
    """None for an empty database without a schema."""
    newest_revision: str
    size_bytes: int | None
    n_rows: Mapping[str, int]
    """Rows by table; empty if the schema is not that of this version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRecord:
    """A server that answers."""

    name: str
    url: str
    provider: str = ""
    """Name in the catalogue of providers; empty if the server is probed each time."""
    gpu_tag: str | None = None
    """None for the default tag, which is built from host and port when slots are leased."""
    slots: int | None = None
    electricity_price: float | None = None
    """Price per kWh in the user's currency."""
    key_variable: str | None = None
    """Name of the environment variable with its key, never the key itself."""
    allow_remote: bool = False
    limit_pending: bool = False
    """True if the slots were set while Prefect could not be informed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRecord(ModelInfo):
    """A version of a model on one endpoint."""

    endpoint_name: str | None
    """None if registered by hand and not yet seen on a server."""
    first_seen: datetime
    last_seen: datetime
    is_current: bool
    """False if replaced by a newer pull of the same name."""
    retired_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkRecord:
    """A benchmark version without its cases."""

    name: str
    version: str
    task_type: str
    n_cases: int
    metrics: tuple[str, ...]
    headline: str
    options: Mapping[str, Any]
    description: str
    criteria: str
    licence: str
    source: str
    format: str
    fields: FieldUse
    saved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricUse:
    """A metric that a run is scored with."""

    name: str
    signature: str
