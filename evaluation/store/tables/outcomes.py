"""Tables of outcomes: generations, the stages and traces of pipelines, passages and GPU samples."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from evaluation.store.tables.row import (
    METADATA,
    Row,
    json_field,
    key_field,
    parent_field,
    real_field,
    text_field,
    time_field,
    whole_field,
)

FIGURES = (
    "case_id",
    "total_s",
    "load_s",
    "cold",
    "reused",
    "prompt_tokens",
    "output_tokens",
    "energy_j",
    "prompt_state",
)
"""Figures of an outcome, with its candidate and case."""


class GenerationTable(Row, table=True):
    """One outcome: an answer, a candidate's own failure, or (`failure_kind`) a failure of the server."""

    __tablename__ = "generation"
    __table_args__ = (
        sa.UniqueConstraint("run_candidate_id", "case_id", "repeat"),
        # Progress and summaries count from this index alone, without touching the texts.
        sa.Index(None, "run_candidate_id", "failure_kind", "own_failure"),
        # Pages of outcomes and scores are read along this one. Evidence is read from it alone: in the table itself a
        # row's figures stand behind its texts.
        sa.Index("ix_generation_figures", "run_candidate_id", "id", *FIGURES),
        # What is missing is found from the unique index and from this one, which holds the server's failures alone.
        sa.Index(
            "ix_generation_failed_case",
            "run_candidate_id",
            "case_id",
            sqlite_where=sa.text("failure_kind IS NOT NULL"),
            postgresql_where=sa.text("failure_kind IS NOT NULL"),
        ),
        # A page of the server's failures is read from this one.
        sa.Index(
            "ix_generation_failed",
            "run_candidate_id",
            "id",
            sqlite_where=sa.text("failure_kind IS NOT NULL"),
            postgresql_where=sa.text("failure_kind IS NOT NULL"),
        ),
        # How many were reused, and the least share that was in VRAM, come from this one.
        sa.Index(None, "run_candidate_id", "reused", "vram_share"),
    )

    id: int | None = key_field()
    run_candidate_id: int = parent_field("run_candidate.id")
    case_id: str = text_field()
    repeat: int = whole_field()
    failure_kind: str | None = text_field(null=True)
    own_failure: str | None = text_field(null=True)
    message: str | None = text_field(null=True)
    text: str | None = text_field(null=True)
    answer: str | None = text_field(null=True)
    thinking: str | None = text_field(null=True)
    finish_reason: str | None = text_field(null=True)
    prompt_tokens: int | None = whole_field(null=True)
    output_tokens: int | None = whole_field(null=True)
    cached_tokens: int | None = whole_field(null=True)
    total_s: float | None = real_field()
    ttft_s: float | None = real_field()
    queue_s: float | None = real_field()
    load_s: float | None = real_field()
    prompt_s: float | None = real_field()
    generate_s: float | None = real_field()
    cold: bool
    reused: bool
    prompt_state: str | None = text_field(null=True)
    """`fresh`, `cached` or `unknown`; empty until judged."""
    n_attempts: int = whole_field()
    seed: int | None = whole_field(null=True)
    endpoint: str = text_field()
    effective_context: int | None = whole_field(null=True)
    vram_share: float | None = real_field()
    energy_j: float | None = real_field()
    started_at: datetime | None = time_field(null=True)
    finished_at: datetime = time_field()


class StageTable(Row, table=True):
    """One request of a candidate's pipeline for a case, with its reply. Stored before the case has an outcome."""

    __tablename__ = "stage"
    __table_args__ = (sa.UniqueConstraint("run_candidate_id", "case_id", "repeat", "name"),)

    id: int | None = key_field()
    run_candidate_id: int = parent_field("run_candidate.id")
    case_id: str = text_field()
    repeat: int = whole_field()
    position: int = whole_field()
    """Place among the case's requests in the order in which its pipeline made them, from 0."""
    name: str = text_field()
    kind: str = text_field()
    """`chat`, `embed`, `count` or `search`."""
    request_hash: str = text_field()
    model: str | None = text_field(null=True)
    """None for a search, which asks no model."""
    digest: str | None = text_field(null=True)
    endpoint: str | None = text_field(null=True)
    own_failure: str | None = text_field(null=True)
    message: str | None = text_field(null=True)
    text: str | None = text_field(null=True)
    answer: str | None = text_field(null=True)
    thinking: str | None = text_field(null=True)
    reply: Any = json_field(null=True)
    """What came back where it is no text: vectors, counts of tokens, or passages found."""
    mean_logprob: float | None = real_field()
    finish_reason: str | None = text_field(null=True)
    prompt_tokens: int | None = whole_field(null=True)
    output_tokens: int | None = whole_field(null=True)
    cached_tokens: int | None = whole_field(null=True)
    total_s: float | None = real_field()
    ttft_s: float | None = real_field()
    queue_s: float | None = real_field()
    load_s: float | None = real_field()
    prompt_s: float | None = real_field()
    generate_s: float | None = real_field()
    cold: bool
    reused: bool
    prompt_state: str | None = text_field(null=True)
    n_attempts: int = whole_field()
    seed: int | None = whole_field(null=True)
    energy_j: float | None = real_field()
    started_at: datetime = time_field()
    finished_at: datetime = time_field()


class TraceTable(Row, table=True):
    """What a pipeline says of its answer to a case."""

    __tablename__ = "trace"

    generation_id: int = Field(
        sa_column=sa.Column(sa.BigInteger(), sa.ForeignKey("generation.id", ondelete="CASCADE"), primary_key=True)
    )
    confidence: float | None = real_field()
    """In [0, 1]; None where the pipeline does not know it."""
    sources: list[Any] | None = json_field(null=True)
    """Hash and relevance of each passage shown to the model, in order; None without retrieval."""
    wait_s: float | None = real_field()
    """Seconds in which at least one of the requests was under way; None where that is not known."""
    notes: dict[str, Any] = json_field()


class PassageTable(Row, table=True):
    """A passage that a search has returned, stored once."""

    __tablename__ = "passage"

    hash: str = text_field(primary_key=True)
    document: str = text_field()
    position: int = whole_field()
    page: int | None = whole_field(null=True)
    text: str = text_field()
    last_page: int | None = whole_field(null=True)


class GpuSampleTable(Row, table=True):
    """State of a GPU at one time of an invocation, as far as it is reported."""

    __tablename__ = "gpu_sample"
    __table_args__ = (sa.Index(None, "invocation_id", "endpoint", "sampled_at"),)

    id: int | None = key_field()
    invocation_id: str = parent_field("invocation.id", big=False)
    endpoint: str = text_field()
    gpu_index: int = whole_field()
    gpu_name: str = text_field()
    gpu_uuid: str | None = text_field(null=True)
    """The driver's identifier of this card, by which evaluations that shared it are found."""
    sampled_at: datetime = time_field()
    utilisation: float | None = real_field()
    """The share as a fraction in [0, 1]."""
    memory_used_bytes: int | None = whole_field(null=True)
    memory_total_bytes: int | None = whole_field(null=True)
    power_w: float | None = real_field()


generation = METADATA.tables["generation"]
stage = METADATA.tables["stage"]
trace = METADATA.tables["trace"]
passage = METADATA.tables["passage"]
gpu_sample = METADATA.tables["gpu_sample"]
