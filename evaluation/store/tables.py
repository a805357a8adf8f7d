"""The tables. Rows are built by the functions beside this file from values that are already valid."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from evaluation.store.columns import SafeText, UtcTime, big_key, json_column

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Row(SQLModel):
    """What all tables share: one metadata of our own, with named constraints."""

    metadata = sa.MetaData(naming_convention=NAMING_CONVENTION)


def _key() -> Any:
    return Field(default=None, sa_column=sa.Column(big_key(), primary_key=True, autoincrement=True))


def _text(*, null: bool = False, primary_key: bool = False) -> Any:
    return Field(sa_type=SafeText, nullable=null, primary_key=primary_key)


def _time(*, null: bool = False) -> Any:
    return Field(sa_type=UtcTime, nullable=null)


def _json(*, null: bool = False) -> Any:
    return Field(sa_type=json_column(), nullable=null)


def _real(*, null: bool = True) -> Any:
    return Field(sa_type=sa.Double, nullable=null)


def _whole(*, null: bool = False) -> Any:
    return Field(sa_type=sa.BigInteger, nullable=null)


def _parent(target: str, *, big: bool = True) -> Any:
    """A column of a row that goes when its parent goes."""
    kind = sa.BigInteger() if big else SafeText()
    return Field(sa_column=sa.Column(kind, sa.ForeignKey(target, ondelete="CASCADE"), nullable=False))


class EndpointTable(Row, table=True):
    """A server."""

    __tablename__ = "endpoint"
    __table_args__ = (sa.UniqueConstraint("name"),)

    id: int | None = _key()
    name: str = _text()
    url: str = _text()
    provider: str = _text()
    gpu_tag: str | None = _text(null=True)
    slots: int | None = _whole(null=True)
    electricity_price: float | None = _real()
    key_variable: str | None = _text(null=True)
    allow_remote: bool
    limit_pending: bool = Field(sa_column=sa.Column(sa.Boolean(), server_default=sa.false(), nullable=False))
    """The slots were set while Prefect could not be told of them."""
    created_at: datetime = _time()
    removed_at: datetime | None = _time(null=True)


class ModelTable(Row, table=True):
    """A version of a model on an endpoint."""

    __tablename__ = "model"
    __table_args__ = (sa.Index(None, "name", "digest"),)

    id: int | None = _key()
    name: str = _text()
    digest: str | None = _text(null=True)
    endpoint_name: str | None = _text(null=True)
    family: str | None = _text(null=True)
    parameter_size: str | None = _text(null=True)
    n_parameters: int | None = _whole(null=True)
    quantization: str | None = _text(null=True)
    context_length: int | None = _whole(null=True)
    size_bytes: int | None = _whole(null=True)
    capabilities: list[str] = _json()
    licence: str | None = _text(null=True)
    parameters: dict[str, Any] = _json()
    template: str | None = _text(null=True)
    remote_host: str | None = _text(null=True)
    first_seen: datetime = _time()
    last_seen: datetime = _time()
    is_current: bool
    retired_at: datetime | None = _time(null=True)


class ProfileTable(Row, table=True):
    """A prompt profile: a name and one content that it had."""

    __tablename__ = "profile"
    __table_args__ = (sa.UniqueConstraint("hash", "name"), sa.Index(None, "name", "saved_at"))

    id: int | None = _key()
    hash: str = _text()
    name: str = _text()
    system: str | None = _text(null=True)
    template: str = _text()
    examples: list[list[str]] = _json()
    created_at: datetime = _time()
    saved_at: datetime | None = _time(null=True)
    """When the name was last given this content; None: only used, never saved under its name."""


class CandidateTable(Row, table=True):
    """A model with its options, profile and think mode."""

    __tablename__ = "candidate"
    __table_args__ = (sa.ForeignKeyConstraint(["profile_hash", "profile_name"], ["profile.hash", "profile.name"]),)

    fingerprint: str = _text(primary_key=True)
    model: str = _text()
    digest: str | None = _text(null=True)
    options: dict[str, Any] = _json()
    profile_hash: str = _text()
    profile_name: str = _text()
    think: Any = _json(null=True)
    endpoint_identity: str | None = _text(null=True)
    created_at: datetime = _time()


class BenchmarkTable(Row, table=True):
    """A benchmark version under a name; what is measured on it may change."""

    __tablename__ = "benchmark"
    __table_args__ = (sa.UniqueConstraint("version", "name"), sa.Index(None, "name", "saved_at"))

    id: int | None = _key()
    version: str = _text()
    name: str = _text()
    task_type: str = _text()
    prompt_system: str | None = _text(null=True)
    prompt_template: str = _text()
    options: dict[str, Any] = _json()
    metrics: list[str] = _json()
    headline: str = _text()
    description: str = _text()
    criteria: str = _text()
    licence: str = _text()
    source: str = _text()
    format: str = _text()
    n_cases: int = _whole()
    created_at: datetime = _time()
    saved_at: datetime = _time()


class BenchmarkCaseTable(Row, table=True):
    """A case of a benchmark version; shared by all names of that version."""

    __tablename__ = "benchmark_case"
    __table_args__ = (
        sa.UniqueConstraint("version", "case_id"),
        sa.Index(None, "version", "position"),
        sa.Index(None, "content_hash"),
    )

    id: int | None = _key()
    version: str = _text()
    case_id: str = _text()
    position: int = _whole()
    content_hash: str = _text()
    content: dict[str, Any] = _json()
    cluster: str | None = _text(null=True)
    """As in the content, for whoever needs nothing else of it."""


class InvocationTable(Row, table=True):
    """What was asked for, once."""

    __tablename__ = "invocation"

    id: str = _text(primary_key=True)
    request: dict[str, Any] = _json()
    code_version: str = _text()
    created_at: datetime = _time()


class RunTable(Row, table=True):
    """A benchmark asked of an invocation's candidates."""

    __tablename__ = "run"
    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["benchmark_version", "benchmark_name"], ["benchmark.version", "benchmark.name"], name="fk_run_benchmark"
        ),
        sa.Index(None, "invocation_id"),
        sa.Index(None, "created_at"),
        sa.Index(None, "benchmark_version"),
    )

    id: str = _text(primary_key=True)
    invocation_id: str = _parent("invocation.id", big=False)
    benchmark_version: str = _text()
    benchmark_name: str = _text()
    name: str = _text()
    seed: int = _whole()
    n_repeats: int = _whole()
    case_limit: int | None = _whole(null=True)
    n_cases: int = _whole()
    metrics: list[list[str]] = _json()
    headline: str = _text()
    code_version: str = _text()
    tags: list[str] = _json()
    favourite: bool
    status: str = _text()
    reason: str | None = _text(null=True)
    archived_at: datetime | None = _time(null=True)
    created_at: datetime = _time()
    started_at: datetime | None = _time(null=True)
    finished_at: datetime | None = _time(null=True)


class RunCaseTable(Row, table=True):
    """A case that a run asks; its position is the one in the benchmark version."""

    __tablename__ = "run_case"
    __table_args__ = (sa.UniqueConstraint("run_id", "case_id"),)

    run_id: str = Field(
        sa_column=sa.Column(SafeText(), sa.ForeignKey("run.id", ondelete="CASCADE"), primary_key=True, nullable=False)
    )
    position: int = Field(sa_type=sa.BigInteger, primary_key=True, nullable=False)
    case_id: str = _text()


class RunCandidateTable(Row, table=True):
    """A candidate of a run, with all that can change its answers."""

    __tablename__ = "run_candidate"
    __table_args__ = (sa.UniqueConstraint("run_id", "candidate_fingerprint"),)

    id: int | None = _key()
    run_id: str = _parent("run.id", big=False)
    candidate_fingerprint: str = Field(
        sa_column=sa.Column(SafeText(), sa.ForeignKey("candidate.fingerprint"), nullable=False, index=True)
    )
    label: str = _text()
    model_name: str = _text()
    digest: str | None = _text(null=True)
    endpoint_name: str = _text()
    endpoint_url: str = _text()
    provider: str = _text()
    server_version: str | None = _text(null=True)
    options: dict[str, Any] = _json()
    slots: int = _whole()
    details: dict[str, Any] = _json()
    status: str = _text()
    given_up_reason: str | None = _text(null=True)
    started_at: datetime | None = _time(null=True)
    finished_at: datetime | None = _time(null=True)


class RunFlowTable(Row, table=True):
    """A Prefect flow run that worked on a run."""

    __tablename__ = "run_flow"
    __table_args__ = (sa.UniqueConstraint("run_id", "flow_run_id"), sa.Index(None, "flow_run_id"))

    id: int | None = _key()
    run_id: str = _parent("run.id", big=False)
    flow_run_id: str = _text()
    created_at: datetime = _time()


class HolderTable(Row, table=True):
    """A process that works on runs, or did."""

    __tablename__ = "holder"

    id: str = _text(primary_key=True)
    host: str = _text()
    pid: int = _whole()
    process_start: str | None = _text(null=True)
    lease_ids: list[str] = _json()
    started_at: datetime = _time()
    heartbeat_at: datetime = _time()
    ended_at: datetime | None = _time(null=True)


class HolderRunTable(Row, table=True):
    """A run that a holder works on."""

    __tablename__ = "holder_run"
    __table_args__ = (sa.UniqueConstraint("run_id", "holder_id"), sa.Index(None, "holder_id"))

    id: int | None = _key()
    holder_id: str = _parent("holder.id", big=False)
    run_id: str = _parent("run.id", big=False)


class GenerationTable(Row, table=True):
    """One outcome: an answer, a candidate's own failure, or (`failure_kind`) a failure of the server's."""

    __tablename__ = "generation"
    __table_args__ = (
        sa.UniqueConstraint("run_candidate_id", "case_id", "repeat"),
        # Progress and summaries count from this index alone, without touching the texts.
        sa.Index(None, "run_candidate_id", "failure_kind", "own_failure"),
        # Pages of outcomes and scores are read along this one.
        sa.Index(None, "run_candidate_id", "id"),
        # What is missing is found from the unique index and from this one, which holds the server's failures alone.
        sa.Index(
            "ix_generation_failed_case",
            "run_candidate_id",
            "case_id",
            sqlite_where=sa.text("failure_kind IS NOT NULL"),
            postgresql_where=sa.text("failure_kind IS NOT NULL"),
        ),
        # How many were reused, and the least share that was in VRAM, come from this one.
        sa.Index(None, "run_candidate_id", "reused", "vram_share"),
    )

    id: int | None = _key()
    run_candidate_id: int = _parent("run_candidate.id")
    case_id: str = _text()
    repeat: int = _whole()
    failure_kind: str | None = _text(null=True)
    own_failure: str | None = _text(null=True)
    message: str | None = _text(null=True)
    text: str | None = _text(null=True)
    answer: str | None = _text(null=True)
    thinking: str | None = _text(null=True)
    finish_reason: str | None = _text(null=True)
    prompt_tokens: int | None = _whole(null=True)
    output_tokens: int | None = _whole(null=True)
    total_s: float | None = _real()
    ttft_s: float | None = _real()
    queue_s: float | None = _real()
    load_s: float | None = _real()
    prompt_s: float | None = _real()
    generate_s: float | None = _real()
    cold: bool
    reused: bool
    n_attempts: int = _whole()
    seed: int | None = _whole(null=True)
    endpoint: str = _text()
    effective_context: int | None = _whole(null=True)
    vram_share: float | None = _real()
    energy_j: float | None = _real()
    started_at: datetime | None = _time(null=True)
    finished_at: datetime = _time()


class StageTable(Row, table=True):
    """One step of a generation."""

    __tablename__ = "stage"
    __table_args__ = (sa.UniqueConstraint("generation_id", "position"),)

    id: int | None = _key()
    generation_id: int = _parent("generation.id")
    position: int = _whole()
    name: str = _text()
    duration_s: float = _real(null=False)
    n_tokens: int | None = _whole(null=True)


class GpuSampleTable(Row, table=True):
    """What a GPU did at a moment of an invocation, as far as it says."""

    __tablename__ = "gpu_sample"
    __table_args__ = (sa.Index(None, "invocation_id", "endpoint", "sampled_at"),)

    id: int | None = _key()
    invocation_id: str = _parent("invocation.id", big=False)
    endpoint: str = _text()
    gpu_index: int = _whole()
    gpu_name: str = _text()
    gpu_uuid: str | None = _text(null=True)
    """The driver's name of this very card: evaluations that shared it are found by it."""
    sampled_at: datetime = _time()
    utilisation: float | None = _real()
    """In [0, 1]."""
    memory_used_bytes: int | None = _whole(null=True)
    memory_total_bytes: int | None = _whole(null=True)
    power_w: float | None = _real()


class MetricTable(Row, table=True):
    """A metric's signature, written once: with a JSON schema in it, it may be long."""

    __tablename__ = "metric"

    key: str = _text(primary_key=True)
    name: str = _text()
    signature: str = _text()


class ScoreTable(Row, table=True):
    """A metric's value for a generation."""

    __tablename__ = "score"
    __table_args__ = (sa.UniqueConstraint("generation_id", "metric_key"),)

    id: int | None = _key()
    generation_id: int = _parent("generation.id")
    metric_key: str = _parent("metric.key", big=False)
    value: float = _real(null=False)
    label: str | None = _text(null=True)
    rationale: str | None = _text(null=True)
    evidence: list[Any] = _json()
    scorer_version: str = _text()
    scored_at: datetime = _time()


class EstimateTable(Row, table=True):
    """A candidate's value in a run."""

    __tablename__ = "estimate"
    __table_args__ = (sa.UniqueConstraint("run_candidate_id", "metric_key", "quantity"), sa.Index(None, "metric_key"))

    id: int | None = _key()
    run_candidate_id: int = _parent("run_candidate.id")
    metric_key: str = _parent("metric.key", big=False)
    quantity: str = _text()
    value: float = _real(null=False)
    low: float | None = _real()
    high: float | None = _real()
    n_cases: int = _whole()
    method: str = _text()
    confidence_level: float = _real(null=False)
    details: dict[str, Any] = _json()
    estimated_at: datetime = _time()


METADATA: sa.MetaData = Row.metadata
_TABLES = METADATA.tables

endpoint = _TABLES["endpoint"]
model = _TABLES["model"]
profile = _TABLES["profile"]
candidate = _TABLES["candidate"]
benchmark = _TABLES["benchmark"]
benchmark_case = _TABLES["benchmark_case"]
invocation = _TABLES["invocation"]
run = _TABLES["run"]
run_case = _TABLES["run_case"]
run_candidate = _TABLES["run_candidate"]
run_flow = _TABLES["run_flow"]
holder = _TABLES["holder"]
holder_run = _TABLES["holder_run"]
generation = _TABLES["generation"]
stage = _TABLES["stage"]
gpu_sample = _TABLES["gpu_sample"]
metric = _TABLES["metric"]
score = _TABLES["score"]
estimate = _TABLES["estimate"]
