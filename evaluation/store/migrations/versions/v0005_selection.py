"""Selection models and promotions; recommendations; scoreboards from elsewhere; indexes that evidence is read from."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _key() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("id", kind, autoincrement=True, nullable=False)


def upgrade() -> None:
    op.create_table(
        "selection_model",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("data_hash", sa.Text(), nullable=False),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("metrics", sa.JSON(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("estimator", sa.LargeBinary(), nullable=True),
        sa.Column("estimator_sha256", sa.Text(), nullable=True),
        sa.Column("serving", sa.LargeBinary(), nullable=True),
        sa.Column("serving_sha256", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_selection_model")),
        sa.UniqueConstraint("version", name=op.f("uq_selection_model_version")),
    )
    op.create_table(
        "promotion",
        _key(),
        sa.Column("model_id", sa.Text(), nullable=True),
        sa.Column("replaces_id", sa.BigInteger(), nullable=True),
        sa.Column("restores_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_id"],
            ["selection_model.id"],
            name=op.f("fk_promotion_model_id_selection_model"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["replaces_id"], ["promotion.id"], name=op.f("fk_promotion_replaces_id_promotion")),
        sa.ForeignKeyConstraint(["restores_id"], ["promotion.id"], name=op.f("fk_promotion_restores_id_promotion")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotion")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_promotion_replaces_id")),
    )
    op.create_table(
        "recommendation",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=True),
        sa.Column("prompt_hash", sa.Text(), nullable=True),
        sa.Column("prompt", sa.Text(), nullable=True),
        sa.Column("constraints", sa.JSON(), nullable=False),
        sa.Column("weights", sa.JSON(), nullable=False),
        sa.Column("on_tie", sa.Text(), nullable=False),
        sa.Column("candidate_key", sa.Text(), nullable=True),
        sa.Column("candidate_label", sa.Text(), nullable=True),
        sa.Column("expected", sa.JSON(), nullable=False),
        sa.Column("alternatives", sa.JSON(), nullable=False),
        sa.Column("tied", sa.JSON(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("propensity", sa.Double(), nullable=True),
        sa.Column("n_cases", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence_fingerprint", sa.Text(), nullable=False),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("quality", sa.Double(), nullable=True),
        sa.Column("latency_s", sa.Double(), nullable=True),
        sa.Column("ok", sa.Boolean(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recommendation")),
    )
    op.create_index(op.f("ix_recommendation_created_at"), "recommendation", ["created_at"], unique=False)
    op.create_index(
        "ix_recommendation_reported",
        "recommendation",
        ["reported_at"],
        unique=False,
        sqlite_where=sa.text("reported_at IS NOT NULL"),
        postgresql_where=sa.text("reported_at IS NOT NULL"),
    )
    _scoreboards()
    _indexes_of_evidence()


def _scoreboards() -> None:
    op.create_table(
        "scoreboard_import",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("tasks", sa.JSON(), nullable=False),
        sa.Column("candidates", sa.JSON(), nullable=False),
        sa.Column("n_cases", sa.BigInteger(), nullable=False),
        sa.Column("n_rows", sa.BigInteger(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scoreboard_import")),
    )
    op.create_table(
        "scoreboard_case",
        _key(),
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), nullable=True),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["scoreboard_import.id"],
            name=op.f("fk_scoreboard_case_import_id_scoreboard_import"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scoreboard_case")),
        sa.UniqueConstraint("import_id", "position", name=op.f("uq_scoreboard_case_import_id_position")),
    )
    op.create_table(
        "scoreboard_row",
        _key(),
        sa.Column("import_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("case_position", sa.BigInteger(), nullable=False),
        sa.Column("candidate_position", sa.BigInteger(), nullable=False),
        sa.Column("quality", sa.Double(), nullable=False),
        sa.Column("latency_s", sa.Double(), nullable=True),
        sa.Column("cost_usd", sa.Double(), nullable=True),
        sa.Column("energy_j", sa.Double(), nullable=True),
        sa.Column("memory_gb", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["scoreboard_import.id"],
            name=op.f("fk_scoreboard_row_import_id_scoreboard_import"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scoreboard_row")),
        sa.UniqueConstraint("import_id", "position", name=op.f("uq_scoreboard_row_import_id_position")),
    )


def _indexes_of_evidence() -> None:
    figures = ["case_id", "total_s", "load_s", "cold", "reused", "prompt_tokens", "output_tokens", "energy_j"]
    op.create_index("ix_generation_figures", "generation", ["run_candidate_id", "id", *figures], unique=False)
    op.drop_index(op.f("ix_generation_run_candidate_id_id"), table_name="generation")
    op.create_index(
        op.f("ix_score_generation_id_metric_key_value"),
        "score",
        ["generation_id", "metric_key", "value"],
        unique=False,
    )


def downgrade() -> None:
    raise NotImplementedError("a database goes back to an older schema from its backup alone")
