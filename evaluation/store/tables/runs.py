"""Tables of invocations and runs, and of the processes working on them."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from evaluation.store.columns import SafeText
from evaluation.store.tables.row import (
    METADATA,
    Row,
    json_field,
    key_field,
    parent_field,
    text_field,
    time_field,
    whole_field,
)


class InvocationTable(Row, table=True):
    """One request as it was made."""

    __tablename__ = "invocation"

    id: str = text_field(primary_key=True)
    request: dict[str, Any] = json_field()
    code_version: str = text_field()
    created_at: datetime = time_field()


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

    id: str = text_field(primary_key=True)
    invocation_id: str = parent_field("invocation.id", big=False)
    benchmark_version: str = text_field()
    benchmark_name: str = text_field()
    name: str = text_field()
    seed: int = whole_field()
    n_repeats: int = whole_field()
    case_limit: int | None = whole_field(null=True)
    n_cases: int = whole_field()
    metrics: list[list[str]] = json_field()
    headline: str = text_field()
    code_version: str = text_field()
    tags: list[str] = json_field()
    favourite: bool
    status: str = text_field()
    reason: str | None = text_field(null=True)
    archived_at: datetime | None = time_field(null=True)
    created_at: datetime = time_field()
    started_at: datetime | None = time_field(null=True)
    finished_at: datetime | None = time_field(null=True)


class RunCaseTable(Row, table=True):
    """A case of a run, with its position in the benchmark version."""

    __tablename__ = "run_case"
    __table_args__ = (sa.UniqueConstraint("run_id", "case_id"),)

    run_id: str = Field(
        sa_column=sa.Column(SafeText(), sa.ForeignKey("run.id", ondelete="CASCADE"), primary_key=True, nullable=False)
    )
    position: int = Field(sa_type=sa.BigInteger, primary_key=True, nullable=False)
    case_id: str = text_field()


class RunCandidateTable(Row, table=True):
    """A candidate of a run, with everything that can change its answers."""

    __tablename__ = "run_candidate"
    __table_args__ = (sa.UniqueConstraint("run_id", "candidate_fingerprint"),)

    id: int | None = key_field()
    run_id: str = parent_field("run.id", big=False)
    candidate_fingerprint: str = Field(
        sa_column=sa.Column(SafeText(), sa.ForeignKey("candidate.fingerprint"), nullable=False, index=True)
    )
    label: str = text_field()
    model_name: str = text_field()
    digest: str | None = text_field(null=True)
    endpoint_name: str = text_field()
    endpoint_url: str = text_field()
    provider: str = text_field()
    server_version: str | None = text_field(null=True)
    options: dict[str, Any] = json_field()
    slots: int = whole_field()
    details: dict[str, Any] = json_field()
    status: str = text_field()
    given_up_reason: str | None = text_field(null=True)
    started_at: datetime | None = time_field(null=True)
    finished_at: datetime | None = time_field(null=True)


class RunFlowTable(Row, table=True):
    """A Prefect flow run that worked on a run."""

    __tablename__ = "run_flow"
    __table_args__ = (sa.UniqueConstraint("run_id", "flow_run_id"), sa.Index(None, "flow_run_id"))

    id: int | None = key_field()
    run_id: str = parent_field("run.id", big=False)
    flow_run_id: str = text_field()
    created_at: datetime = time_field()


class HolderTable(Row, table=True):
    """A process that works on runs, or did so."""

    __tablename__ = "holder"

    id: str = text_field(primary_key=True)
    host: str = text_field()
    pid: int = whole_field()
    process_start: str | None = text_field(null=True)
    lease_ids: list[str] = json_field()
    started_at: datetime = time_field()
    heartbeat_at: datetime = time_field()
    ended_at: datetime | None = time_field(null=True)
    flow_run_id: str | None = text_field(null=True)
    part: str | None = text_field(null=True)


class HolderRunTable(Row, table=True):
    """A run that a holder works on."""

    __tablename__ = "holder_run"
    __table_args__ = (sa.UniqueConstraint("run_id", "holder_id"), sa.Index(None, "holder_id"))

    id: int | None = key_field()
    holder_id: str = parent_field("holder.id", big=False)
    run_id: str = parent_field("run.id", big=False)


class RecoveryTable(Row, table=True):
    """A Prefect flow run whose process died, with the number of times it was restarted."""

    __tablename__ = "recovery"

    flow_run_id: str = text_field(primary_key=True)
    n_restarts: int = whole_field()
    wanted_at: datetime | None = time_field(null=True)
    claimed_at: datetime | None = time_field(null=True)
    given_up_at: datetime | None = time_field(null=True)


invocation = METADATA.tables["invocation"]
run = METADATA.tables["run"]
run_case = METADATA.tables["run_case"]
run_candidate = METADATA.tables["run_candidate"]
run_flow = METADATA.tables["run_flow"]
holder = METADATA.tables["holder"]
holder_run = METADATA.tables["holder_run"]
recovery = METADATA.tables["recovery"]
