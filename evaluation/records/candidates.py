"""Records of benchmarks, endpoints, models and metrics."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evaluation.files.field_mapping import FieldUse
from evaluation.model_info import ModelInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseInfo:
    """What a database holds, and which schema it has."""

    shown_url: str
    """The URL without its password."""
    dialect: str
    """`sqlite` or `postgresql`."""
    revision: str | None
    """None: empty, no schema yet."""
    newest_revision: str
    size_bytes: int | None
    n_rows: Mapping[str, int]
    """Rows by table; empty where the schema is not this version's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRecord:
    """A server that answers."""

    name: str
    url: str
    provider: str = ""
    """A name in the catalogue of providers; empty: the server is asked each time."""
    gpu_tag: str | None = None
    """None: the default tag, made of host and port by whoever leases."""
    slots: int | None = None
    electricity_price: float | None = None
    """Per kWh, in the user's currency."""
    key_variable: str | None = None
    """Name of the environment variable that holds its key. Never the key."""
    allow_remote: bool = False
    limit_pending: bool = False
    """True where the slots were set while Prefect could not be told of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRecord(ModelInfo):
    """A version of a model as one endpoint has it."""

    endpoint_name: str | None
    """None: registered by hand, not yet seen on a server."""
    first_seen: datetime
    last_seen: datetime
    is_current: bool
    """False for a version that was replaced by a newer pull of the same name."""
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
