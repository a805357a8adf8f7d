"""The cases of a run as rows; what GPUs did; energy; limits that Prefect was not told of."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_CHUNK = 500


def upgrade() -> None:
    op.create_table(
        "run_case",
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_case_run_id_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "position", name=op.f("pk_run_case")),
        sa.UniqueConstraint("run_id", "case_id", name=op.f("uq_run_case_run_id_case_id")),
    )
    _move_case_ids()
    with op.batch_alter_table("run") as run:
        run.drop_column("case_ids")
    op.add_column("benchmark_case", sa.Column("cluster", sa.Text(), nullable=True))
    _fill_clusters()
    # All of a metric's scores in all runs: nobody asks for them, and planners chose it over what they needed.
    op.drop_index(op.f("ix_score_metric_key"), table_name="score")
    op.create_table(
        "gpu_sample",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
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
    op.add_column("generation", sa.Column("energy_j", sa.Double(), nullable=True))
    op.create_index(
        "ix_generation_failed_case",
        "generation",
        ["run_candidate_id", "case_id"],
        unique=False,
        sqlite_where=sa.text("failure_kind IS NOT NULL"),
        postgresql_where=sa.text("failure_kind IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_generation_run_candidate_id_reused_vram_share"),
        "generation",
        ["run_candidate_id", "reused", "vram_share"],
        unique=False,
    )
    op.add_column("endpoint", sa.Column("limit_pending", sa.Boolean(), server_default=sa.false(), nullable=False))


def _move_case_ids() -> None:
    """Makes rows of the lists of case ids. The ids stand in columns as they were escaped: lists hold them plain."""
    from evaluation.store.safe_text import escape_text

    connection = op.get_bind()
    runs = sa.table("run", sa.column("id"), sa.column("benchmark_version"), sa.column("case_ids", sa.JSON()))
    cases = sa.table("benchmark_case", sa.column("version"), sa.column("case_id"), sa.column("position"))
    run_case = sa.table("run_case", sa.column("run_id"), sa.column("position"), sa.column("case_id"))
    for run_id, version in connection.execute(sa.select(runs.c.id, runs.c.benchmark_version)).all():
        listed = connection.execute(sa.select(runs.c.case_ids).where(runs.c.id == run_id)).scalar_one()
        chosen = {escape_text(case_id) for case_id in listed}
        of_version = sa.select(cases.c.case_id, cases.c.position).where(cases.c.version == version)
        rows = [
            {"run_id": run_id, "position": position, "case_id": case_id}
            for case_id, position in connection.execute(of_version)
            if case_id in chosen
        ]
        for start in range(0, len(rows), _CHUNK):
            connection.execute(sa.insert(run_case), rows[start : start + _CHUNK])


def _fill_clusters() -> None:
    from evaluation.store.safe_text import escape_text

    connection = op.get_bind()
    cases = sa.table("benchmark_case", sa.column("id"), sa.column("content", sa.JSON()), sa.column("cluster"))
    page = sa.select(cases.c.id, cases.c.content).order_by(cases.c.id).limit(_CHUNK)
    filled = sa.update(cases).where(cases.c.id == sa.bindparam("row")).values(cluster=sa.bindparam("named"))
    last = 0
    while rows := connection.execute(page.where(cases.c.id > last)).all():
        last = rows[-1].id
        named = [(row.id, row.content.get("cluster")) for row in rows]
        values = [{"row": row, "named": escape_text(cluster)} for row, cluster in named if cluster is not None]
        if values:
            connection.execute(filled, values)


def downgrade() -> None:
    raise NotImplementedError("a database goes back to an older schema from its backup alone")
