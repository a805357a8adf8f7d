"""The schema of the first release, in one piece."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = None
branch_labels = None
depends_on = None


def _key() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("id", kind, autoincrement=True, nullable=False)


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("task", sa.Text(), nullable=True),
        sa.Column("benchmark", sa.Text(), nullable=True),
        sa.Column("candidate", sa.Text(), nullable=True),
        sa.Column("metric", sa.Text(), nullable=True),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("n_seen", sa.BigInteger(), nullable=False),
        sa.Column("notified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    op.create_index(
        "ix_alert_open",
        "alert",
        ["subject", "occurrence"],
        unique=True,
        sqlite_where=sa.text("resolved_at IS NULL"),
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_index(op.f("ix_alert_raised_at"), "alert", ["raised_at"], unique=False)
    op.create_table(
        "alert_silence",
        _key(),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("task", sa.Text(), nullable=True),
        sa.Column("candidate", sa.Text(), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_silence")),
    )
    op.create_table(
        "benchmark",
        _key(),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("task_type", sa.Text(), nullable=False),
        sa.Column("prompt_system", sa.Text(), nullable=True),
        sa.Column("prompt_template", sa.Text(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("metrics", sa.JSON(), nullable=False),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("criteria", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("n_cases", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("field_use", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_benchmark")),
        sa.UniqueConstraint("version", "name", name=op.f("uq_benchmark_version_name")),
    )
    op.create_index(op.f("ix_benchmark_name_saved_at"), "benchmark", ["name", "saved_at"], unique=False)
    op.create_table(
        "benchmark_case",
        _key(),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("cluster", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_benchmark_case")),
        sa.UniqueConstraint("version", "case_id", name=op.f("uq_benchmark_case_version_case_id")),
    )
    op.create_index(op.f("ix_benchmark_case_content_hash"), "benchmark_case", ["content_hash"], unique=False)
    op.create_index(op.f("ix_benchmark_case_version_position"), "benchmark_case", ["version", "position"], unique=False)
    op.create_table(
        "embedding",
        sa.Column("model_key", sa.Text(), nullable=False),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.Column("embedded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("model_key", "text_hash", name=op.f("pk_embedding")),
    )
    op.create_table(
        "endpoint",
        _key(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("gpu_tag", sa.Text(), nullable=True),
        sa.Column("slots", sa.BigInteger(), nullable=True),
        sa.Column("electricity_price", sa.Double(), nullable=True),
        sa.Column("key_variable", sa.Text(), nullable=True),
        sa.Column("allow_remote", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("limit_pending", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoint")),
        sa.UniqueConstraint("name", name=op.f("uq_endpoint_name")),
    )
    op.create_table(
        "evidence_change",
        _key(),
        sa.Column("n_changes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_change")),
    )
    op.create_table(
        "experiment",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("template", sa.JSON(), nullable=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("favourite", sa.Boolean(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experiment")),
        sa.UniqueConstraint("name", name=op.f("uq_experiment_name")),
    )
    op.create_table(
        "holder",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.BigInteger(), nullable=False),
        sa.Column("process_start", sa.Text(), nullable=True),
        sa.Column("lease_ids", sa.JSON(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("flow_run_id", sa.Text(), nullable=True),
        sa.Column("part", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holder")),
    )
    op.create_table(
        "invocation",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invocation")),
    )
    op.create_table(
        "kept_scoreboard",
        _key(),
        sa.Column("n_changes", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_scoreboard")),
    )
    op.create_table(
        "metric",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_metric")),
    )
    op.create_table(
        "model",
        _key(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("endpoint_name", sa.Text(), nullable=True),
        sa.Column("family", sa.Text(), nullable=True),
        sa.Column("parameter_size", sa.Text(), nullable=True),
        sa.Column("n_parameters", sa.BigInteger(), nullable=True),
        sa.Column("quantization", sa.Text(), nullable=True),
        sa.Column("context_length", sa.BigInteger(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("capabilities", sa.JSON(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=True),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("template", sa.Text(), nullable=True),
        sa.Column("remote_host", sa.Text(), nullable=True),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model")),
    )
    op.create_index(op.f("ix_model_name_digest"), "model", ["name", "digest"], unique=False)
    op.create_table(
        "profile",
        _key(),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=True),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("examples", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profile")),
        sa.UniqueConstraint("hash", "name", name=op.f("uq_profile_hash_name")),
    )
    op.create_index(op.f("ix_profile_name_saved_at"), "profile", ["name", "saved_at"], unique=False)
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
    op.create_table(
        "recovery",
        sa.Column("flow_run_id", sa.Text(), nullable=False),
        sa.Column("n_restarts", sa.BigInteger(), nullable=False),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("flow_run_id", name=op.f("pk_recovery")),
    )
    op.create_table(
        "review",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("benchmark_version", sa.Text(), nullable=False),
        sa.Column("benchmark_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.Column("run_ids", sa.JSON(), nullable=False),
        sa.Column("headline", sa.Text(), nullable=True),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
    )
    op.create_index(op.f("ix_review_created_at"), "review", ["created_at"], unique=False)
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
        "traffic_import",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("n_calls", sa.BigInteger(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_traffic_import")),
    )
    op.create_table(
        "candidate",
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("profile_hash", sa.Text(), nullable=False),
        sa.Column("profile_name", sa.Text(), nullable=False),
        sa.Column("think", sa.JSON(), nullable=True),
        sa.Column("endpoint_identity", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["profile_hash", "profile_name"],
            ["profile.hash", "profile.name"],
            name=op.f("fk_candidate_profile_hash_profile_name_profile"),
        ),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_candidate")),
    )
    op.create_table(
        "comparison",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("experiment_id", sa.Text(), nullable=True),
        sa.Column("benchmark_version", sa.Text(), nullable=False),
        sa.Column("benchmark_name", sa.Text(), nullable=False),
        sa.Column("run_ids", sa.JSON(), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment_id"],
            ["experiment.id"],
            name=op.f("fk_comparison_experiment_id_experiment"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comparison")),
    )
    op.create_index(op.f("ix_comparison_created_at"), "comparison", ["created_at"], unique=False)
    op.create_index(op.f("ix_comparison_experiment_id"), "comparison", ["experiment_id"], unique=False)
    op.create_table(
        "gpu_sample",
        _key(),
        sa.Column("invocation_id", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("gpu_index", sa.BigInteger(), nullable=False),
        sa.Column("gpu_name", sa.Text(), nullable=False),
        sa.Column("gpu_uuid", sa.Text(), nullable=True),
        sa.Column("sampled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("utilisation", sa.Double(), nullable=True),
        sa.Column("memory_used_bytes", sa.BigInteger(), nullable=True),
        sa.Column("memory_total_bytes", sa.BigInteger(), nullable=True),
        sa.Column("power_w", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["invocation_id"],
            ["invocation.id"],
            name=op.f("fk_gpu_sample_invocation_id_invocation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gpu_sample")),
    )
    op.create_index(
        op.f("ix_gpu_sample_invocation_id_endpoint_sampled_at"),
        "gpu_sample",
        ["invocation_id", "endpoint", "sampled_at"],
        unique=False,
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
            ["model_id"], ["selection_model.id"], name=op.f("fk_promotion_model_id_selection_model"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["replaces_id"], ["promotion.id"], name=op.f("fk_promotion_replaces_id_promotion")),
        sa.ForeignKeyConstraint(["restores_id"], ["promotion.id"], name=op.f("fk_promotion_restores_id_promotion")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotion")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_promotion_replaces_id")),
    )
    op.create_table(
        "race",
        sa.Column("invocation_id", sa.Text(), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["invocation_id"], ["invocation.id"], name=op.f("fk_race_invocation_id_invocation"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("invocation_id", name=op.f("pk_race")),
    )
    op.create_table(
        "review_item",
        _key(),
        sa.Column("review_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("cluster", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("question", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name=op.f("fk_review_item_review_id_review"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_item")),
        sa.UniqueConstraint("review_id", "position", name=op.f("uq_review_item_review_id_position")),
    )
    op.create_table(
        "review_session",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("review_id", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("rater", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_id"], ["review.id"], name=op.f("fk_review_session_review_id_review"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_session")),
    )
    op.create_index(op.f("ix_review_session_review_id"), "review_session", ["review_id"], unique=False)
    op.create_table(
        "run",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("invocation_id", sa.Text(), nullable=False),
        sa.Column("benchmark_version", sa.Text(), nullable=False),
        sa.Column("benchmark_name", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("n_repeats", sa.BigInteger(), nullable=False),
        sa.Column("case_limit", sa.BigInteger(), nullable=True),
        sa.Column("n_cases", sa.BigInteger(), nullable=False),
        sa.Column("metrics", sa.JSON(), nullable=False),
        sa.Column("headline", sa.Text(), nullable=False),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("favourite", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["benchmark_version", "benchmark_name"], ["benchmark.version", "benchmark.name"], name="fk_run_benchmark"
        ),
        sa.ForeignKeyConstraint(
            ["invocation_id"], ["invocation.id"], name=op.f("fk_run_invocation_id_invocation"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    op.create_index(op.f("ix_run_benchmark_version"), "run", ["benchmark_version"], unique=False)
    op.create_index(op.f("ix_run_created_at"), "run", ["created_at"], unique=False)
    op.create_index(op.f("ix_run_invocation_id"), "run", ["invocation_id"], unique=False)
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
    op.create_table(
        "sweep",
        sa.Column("invocation_id", sa.Text(), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("combinations", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["invocation_id"], ["invocation.id"], name=op.f("fk_sweep_invocation_id_invocation"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("invocation_id", name=op.f("pk_sweep")),
    )
    op.create_table(
        "traffic",
        _key(),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("import_id", sa.Text(), nullable=True),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("candidate", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_s", sa.Double(), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("error_type", sa.Text(), nullable=True),
        sa.Column("prompt_tokens", sa.BigInteger(), nullable=True),
        sa.Column("output_tokens", sa.BigInteger(), nullable=True),
        sa.Column("input", sa.Text(), nullable=True),
        sa.Column("output", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["import_id"], ["traffic_import.id"], name=op.f("fk_traffic_import_id_traffic_import"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_traffic")),
        sa.UniqueConstraint("call_id", name=op.f("uq_traffic_call_id")),
    )
    op.create_index(op.f("ix_traffic_started_at"), "traffic", ["started_at"], unique=False)
    op.create_index(
        op.f("ix_traffic_task_candidate_started_at"), "traffic", ["task", "candidate", "started_at"], unique=False
    )
    op.create_table(
        "annotation",
        _key(),
        sa.Column("experiment_id", sa.Text(), nullable=True),
        sa.Column("run_id", sa.Text(), nullable=True),
        sa.Column("case_id", sa.Text(), nullable=True),
        sa.Column("comparison_id", sa.Text(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comparison_id"],
            ["comparison.id"],
            name=op.f("fk_annotation_comparison_id_comparison"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["experiment_id"],
            ["experiment.id"],
            name=op.f("fk_annotation_experiment_id_experiment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_annotation_run_id_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annotation")),
    )
    op.create_index(op.f("ix_annotation_comparison_id"), "annotation", ["comparison_id"], unique=False)
    op.create_index(op.f("ix_annotation_experiment_id"), "annotation", ["experiment_id"], unique=False)
    op.create_index(op.f("ix_annotation_run_id"), "annotation", ["run_id"], unique=False)
    op.create_table(
        "comparison_pair",
        _key(),
        sa.Column("comparison_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("metric_key", sa.Text(), nullable=False),
        sa.Column("a", sa.Text(), nullable=False),
        sa.Column("b", sa.Text(), nullable=False),
        sa.Column("a_key", sa.Text(), nullable=False),
        sa.Column("b_key", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("difference", sa.Double(), nullable=True),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("p_value", sa.Double(), nullable=True),
        sa.Column("p_adjusted", sa.Double(), nullable=True),
        sa.Column("n_pairs", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("effect_size", sa.Double(), nullable=True),
        sa.Column("mde", sa.Double(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["comparison_id"],
            ["comparison.id"],
            name=op.f("fk_comparison_pair_comparison_id_comparison"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["metric_key"], ["metric.key"], name=op.f("fk_comparison_pair_metric_key_metric"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comparison_pair")),
        sa.UniqueConstraint("comparison_id", "position", name=op.f("uq_comparison_pair_comparison_id_position")),
    )
    op.create_index(
        op.f("ix_comparison_pair_a_key_b_key_metric_key"),
        "comparison_pair",
        ["a_key", "b_key", "metric_key"],
        unique=False,
    )
    op.create_table(
        "experiment_run",
        _key(),
        sa.Column("experiment_id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment_id"],
            ["experiment.id"],
            name=op.f("fk_experiment_run_experiment_id_experiment"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_experiment_run_run_id_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experiment_run")),
        sa.UniqueConstraint("experiment_id", "run_id", name=op.f("uq_experiment_run_experiment_id_run_id")),
    )
    op.create_index(op.f("ix_experiment_run_run_id"), "experiment_run", ["run_id"], unique=False)
    op.create_table(
        "holder_run",
        _key(),
        sa.Column("holder_id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["holder_id"], ["holder.id"], name=op.f("fk_holder_run_holder_id_holder"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_holder_run_run_id_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holder_run")),
        sa.UniqueConstraint("run_id", "holder_id", name=op.f("uq_holder_run_run_id_holder_id")),
    )
    op.create_index(op.f("ix_holder_run_holder_id"), "holder_run", ["holder_id"], unique=False)
    op.create_table(
        "race_decision",
        _key(),
        sa.Column("invocation_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("look", sa.BigInteger(), nullable=False),
        sa.Column("candidate_fingerprint", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("n_cases", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["invocation_id"],
            ["race.invocation_id"],
            name=op.f("fk_race_decision_invocation_id_race"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_race_decision")),
        sa.UniqueConstraint("invocation_id", "position", name=op.f("uq_race_decision_invocation_id_position")),
    )
    op.create_table(
        "rating",
        _key(),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("rater", sa.Text(), nullable=False),
        sa.Column("grades", sa.JSON(), nullable=True),
        sa.Column("preferred", sa.BigInteger(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("rated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["review_item.id"], name=op.f("fk_rating_item_id_review_item"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["review_session.id"], name=op.f("fk_rating_session_id_review_session"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating")),
        sa.UniqueConstraint("item_id", "rater", name=op.f("uq_rating_item_id_rater")),
    )
    op.create_index(op.f("ix_rating_session_id"), "rating", ["session_id"], unique=False)
    op.create_table(
        "review_output",
        _key(),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("candidate", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("generation_id", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("total_s", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["item_id"], ["review_item.id"], name=op.f("fk_review_output_item_id_review_item"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_output")),
        sa.UniqueConstraint("item_id", "position", name=op.f("uq_review_output_item_id_position")),
    )
    op.create_table(
        "run_candidate",
        _key(),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("candidate_fingerprint", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("model_name", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("endpoint_name", sa.Text(), nullable=False),
        sa.Column("endpoint_url", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("server_version", sa.Text(), nullable=True),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("slots", sa.BigInteger(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("given_up_reason", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["candidate_fingerprint"],
            ["candidate.fingerprint"],
            name=op.f("fk_run_candidate_candidate_fingerprint_candidate"),
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_candidate_run_id_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_candidate")),
        sa.UniqueConstraint(
            "run_id", "candidate_fingerprint", name=op.f("uq_run_candidate_run_id_candidate_fingerprint")
        ),
    )
    op.create_index(
        op.f("ix_run_candidate_candidate_fingerprint"), "run_candidate", ["candidate_fingerprint"], unique=False
    )
    op.create_table(
        "run_case",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_case_run_id_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "position", name=op.f("pk_run_case")),
        sa.UniqueConstraint("run_id", "case_id", name=op.f("uq_run_case_run_id_case_id")),
    )
    op.create_table(
        "run_flow",
        _key(),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("flow_run_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_flow_run_id_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_flow")),
        sa.UniqueConstraint("run_id", "flow_run_id", name=op.f("uq_run_flow_run_id_flow_run_id")),
    )
    op.create_index(op.f("ix_run_flow_flow_run_id"), "run_flow", ["flow_run_id"], unique=False)
    op.create_table(
        "traffic_stage",
        _key(),
        sa.Column("traffic_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("duration_s", sa.Double(), nullable=False),
        sa.Column("n_tokens", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["traffic_id"], ["traffic.id"], name=op.f("fk_traffic_stage_traffic_id_traffic"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_traffic_stage")),
        sa.UniqueConstraint("traffic_id", "position", name=op.f("uq_traffic_stage_traffic_id_position")),
    )
    op.create_table(
        "estimate",
        _key(),
        sa.Column("run_candidate_id", sa.BigInteger(), nullable=False),
        sa.Column("metric_key", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("n_cases", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("confidence_level", sa.Double(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("estimated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["metric_key"], ["metric.key"], name=op.f("fk_estimate_metric_key_metric"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["run_candidate_id"],
            ["run_candidate.id"],
            name=op.f("fk_estimate_run_candidate_id_run_candidate"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_estimate")),
        sa.UniqueConstraint(
            "run_candidate_id", "metric_key", "quantity", name=op.f("uq_estimate_run_candidate_id_metric_key_quantity")
        ),
    )
    op.create_index(op.f("ix_estimate_metric_key"), "estimate", ["metric_key"], unique=False)
    op.create_table(
        "generation",
        _key(),
        sa.Column("run_candidate_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.Column("repeat", sa.BigInteger(), nullable=False),
        sa.Column("failure_kind", sa.Text(), nullable=True),
        sa.Column("own_failure", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("thinking", sa.Text(), nullable=True),
        sa.Column("finish_reason", sa.Text(), nullable=True),
        sa.Column("prompt_tokens", sa.BigInteger(), nullable=True),
        sa.Column("output_tokens", sa.BigInteger(), nullable=True),
        sa.Column("total_s", sa.Double(), nullable=True),
        sa.Column("ttft_s", sa.Double(), nullable=True),
        sa.Column("queue_s", sa.Double(), nullable=True),
        sa.Column("load_s", sa.Double(), nullable=True),
        sa.Column("prompt_s", sa.Double(), nullable=True),
        sa.Column("generate_s", sa.Double(), nullable=True),
        sa.Column("cold", sa.Boolean(), nullable=False),
        sa.Column("reused", sa.Boolean(), nullable=False),
        sa.Column("n_attempts", sa.BigInteger(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=True),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("effective_context", sa.BigInteger(), nullable=True),
        sa.Column("vram_share", sa.Double(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("energy_j", sa.Double(), nullable=True),
        sa.Column("cached_tokens", sa.BigInteger(), nullable=True),
        sa.Column("prompt_state", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run_candidate_id"],
            ["run_candidate.id"],
            name=op.f("fk_generation_run_candidate_id_run_candidate"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_generation")),
        sa.UniqueConstraint(
            "run_candidate_id", "case_id", "repeat", name=op.f("uq_generation_run_candidate_id_case_id_repeat")
        ),
    )
    op.create_index(
        "ix_generation_failed_case",
        "generation",
        ["run_candidate_id", "case_id"],
        unique=False,
        sqlite_where=sa.text("failure_kind IS NOT NULL"),
        postgresql_where=sa.text("failure_kind IS NOT NULL"),
    )
    op.create_index(
        "ix_generation_figures",
        "generation",
        [
            "run_candidate_id",
            "id",
            "case_id",
            "total_s",
            "load_s",
            "cold",
            "reused",
            "prompt_tokens",
            "output_tokens",
            "energy_j",
            "prompt_state",
        ],
        unique=False,
    )
    op.create_index(
        op.f("ix_generation_run_candidate_id_failure_kind_own_failure"),
        "generation",
        ["run_candidate_id", "failure_kind", "own_failure"],
        unique=False,
    )
    op.create_index(
        op.f("ix_generation_run_candidate_id_reused_vram_share"),
        "generation",
        ["run_candidate_id", "reused", "vram_share"],
        unique=False,
    )
    op.create_table(
        "monitor_look",
        sa.Column("run_candidate_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("quality", sa.JSON(), nullable=True),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_candidate_id"],
            ["run_candidate.id"],
            name=op.f("fk_monitor_look_run_candidate_id_run_candidate"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_candidate_id", name=op.f("pk_monitor_look")),
    )
    op.create_table(
        "score",
        _key(),
        sa.Column("generation_id", sa.BigInteger(), nullable=False),
        sa.Column("metric_key", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("rationale", sa.Text(), nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("scorer_version", sa.Text(), nullable=False),
        sa.Column("scored_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["generation_id"], ["generation.id"], name=op.f("fk_score_generation_id_generation"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["metric_key"], ["metric.key"], name=op.f("fk_score_metric_key_metric"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score")),
        sa.UniqueConstraint("generation_id", "metric_key", name=op.f("uq_score_generation_id_metric_key")),
    )
    op.create_index(
        op.f("ix_score_generation_id_metric_key_value"), "score", ["generation_id", "metric_key", "value"], unique=False
    )
    op.create_table(
        "score_failure",
        _key(),
        sa.Column("generation_id", sa.BigInteger(), nullable=False),
        sa.Column("metric_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("scorer_version", sa.Text(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["generation_id"],
            ["generation.id"],
            name=op.f("fk_score_failure_generation_id_generation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["metric_key"], ["metric.key"], name=op.f("fk_score_failure_metric_key_metric"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_failure")),
        sa.UniqueConstraint("generation_id", "metric_key", name=op.f("uq_score_failure_generation_id_metric_key")),
    )
    op.create_table(
        "stage",
        _key(),
        sa.Column("generation_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("duration_s", sa.Double(), nullable=False),
        sa.Column("n_tokens", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["generation_id"], ["generation.id"], name=op.f("fk_stage_generation_id_generation"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage")),
        sa.UniqueConstraint("generation_id", "position", name=op.f("uq_stage_generation_id_position")),
    )


def downgrade() -> None:
    raise NotImplementedError("a database goes back to an older schema from its backup alone")
