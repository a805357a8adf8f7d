"""Stages and traces of pipelines, passages, and indexes of corpora."""

import sqlalchemy as sa
from alembic import op

from evaluation.store.columns import SafeText, UtcTime, big_key, json_column

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Replace the table of stages, which nothing has written, and add the others."""
    op.add_column("candidate", sa.Column("pipeline", json_column(), nullable=True))
    op.drop_table("stage")
    op.create_table(
        "stage",
        sa.Column("id", big_key(), nullable=False, autoincrement=True),
        sa.Column("run_candidate_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", SafeText(), nullable=False),
        sa.Column("repeat", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("name", SafeText(), nullable=False),
        sa.Column("kind", SafeText(), nullable=False),
        sa.Column("request_hash", SafeText(), nullable=False),
        sa.Column("model", SafeText(), nullable=True),
        sa.Column("digest", SafeText(), nullable=True),
        sa.Column("endpoint", SafeText(), nullable=True),
        sa.Column("own_failure", SafeText(), nullable=True),
        sa.Column("message", SafeText(), nullable=True),
        sa.Column("text", SafeText(), nullable=True),
        sa.Column("answer", SafeText(), nullable=True),
        sa.Column("thinking", SafeText(), nullable=True),
        sa.Column("reply", json_column(), nullable=True),
        sa.Column("mean_logprob", sa.Double(), nullable=True),
        sa.Column("finish_reason", SafeText(), nullable=True),
        sa.Column("prompt_tokens", sa.BigInteger(), nullable=True),
        sa.Column("output_tokens", sa.BigInteger(), nullable=True),
        sa.Column("cached_tokens", sa.BigInteger(), nullable=True),
        sa.Column("total_s", sa.Double(), nullable=True),
        sa.Column("ttft_s", sa.Double(), nullable=True),
        sa.Column("queue_s", sa.Double(), nullable=True),
        sa.Column("load_s", sa.Double(), nullable=True),
        sa.Column("prompt_s", sa.Double(), nullable=True),
        sa.Column("generate_s", sa.Double(), nullable=True),
        sa.Column("cold", sa.Boolean(), nullable=False),
        sa.Column("reused", sa.Boolean(), nullable=False),
        sa.Column("prompt_state", SafeText(), nullable=True),
        sa.Column("n_attempts", sa.BigInteger(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=True),
        sa.Column("energy_j", sa.Double(), nullable=True),
        sa.Column("started_at", UtcTime(), nullable=False),
        sa.Column("finished_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stage"),
        sa.ForeignKeyConstraint(
            ["run_candidate_id"],
            ["run_candidate.id"],
            name="fk_stage_run_candidate_id_run_candidate",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint(
            "run_candidate_id", "case_id", "repeat", "name", name="uq_stage_run_candidate_id_case_id_repeat_name"
        ),
    )
    op.create_table(
        "trace",
        sa.Column("generation_id", sa.BigInteger(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("sources", json_column(), nullable=True),
        sa.Column("notes", json_column(), nullable=False),
        sa.PrimaryKeyConstraint("generation_id", name="pk_trace"),
        sa.ForeignKeyConstraint(
            ["generation_id"], ["generation.id"], name="fk_trace_generation_id_generation", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "passage",
        sa.Column("hash", SafeText(), nullable=False),
        sa.Column("document", SafeText(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("page", sa.BigInteger(), nullable=True),
        sa.Column("text", SafeText(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_passage"),
    )
    op.create_table(
        "corpus_index",
        sa.Column("identity", SafeText(), nullable=False),
        sa.Column("corpus", SafeText(), nullable=False),
        sa.Column("n_documents", sa.BigInteger(), nullable=False),
        sa.Column("n_passages", sa.BigInteger(), nullable=False),
        sa.Column("chunker", SafeText(), nullable=False),
        sa.Column("embedder", SafeText(), nullable=True),
        sa.Column("embedder_digest", SafeText(), nullable=True),
        sa.Column("dimension", sa.BigInteger(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("identity", name="pk_corpus_index"),
    )
