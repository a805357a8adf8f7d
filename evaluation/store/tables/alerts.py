"""Tables of monitoring: alerts, silences and runs already checked."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field

from evaluation.store.tables.row import METADATA, Row, json_field, key_field, text_field, time_field, whole_field


class AlertTable(Row, table=True):
    """A broken rule, from first to last observation."""

    __tablename__ = "alert"
    __table_args__ = (
        # One at a time of a kind: what lasts is updated, and is raised again only after it was over.
        sa.Index(
            "ix_alert_open",
            "subject",
            "occurrence",
            unique=True,
            sqlite_where=sa.text("resolved_at IS NULL"),
            postgresql_where=sa.text("resolved_at IS NULL"),
        ),
        sa.Index(None, "raised_at"),
    )

    id: str = text_field(primary_key=True)
    subject: str = text_field()
    """Rule and subject as one text."""
    occurrence: str = text_field()
    """Identifier that separates one change from the next; empty for a state, which may recur."""
    rule: str = text_field()
    severity: str = text_field()
    source: str = text_field()
    task: str | None = text_field(null=True)
    benchmark: str | None = text_field(null=True)
    candidate: str | None = text_field(null=True)
    metric: str | None = text_field(null=True)
    run_id: str | None = text_field(null=True)
    """Kept when the run is deleted."""
    sentence: str = text_field()
    evidence: dict[str, Any] = json_field()
    changes: list[dict[str, Any]] = json_field()
    """Changes since the baseline: of the model, the judge, the server."""
    raised_at: datetime = time_field()
    seen_at: datetime = time_field()
    n_seen: int = whole_field()
    notified_at: datetime | None = time_field(null=True)
    """When its event was sent; None if it was silenced or is still to be sent."""
    acknowledged_at: datetime | None = time_field(null=True)
    acknowledged_by: str | None = text_field(null=True)
    note: str | None = text_field(null=True)
    resolved_at: datetime | None = time_field(null=True)
    resolution: str | None = text_field(null=True)


class AlertSilenceTable(Row, table=True):
    """Period without notifications of some alerts; a None among the first three fields matches all."""

    __tablename__ = "alert_silence"

    id: int | None = key_field()
    rule: str | None = text_field(null=True)
    task: str | None = text_field(null=True)
    candidate: str | None = text_field(null=True)
    until: datetime = time_field()
    reason: str = text_field()
    created_at: datetime = time_field()


class MonitorLookTable(Row, table=True):
    """A look at one candidate of a run, made once."""

    __tablename__ = "monitor_look"

    run_candidate_id: int = Field(
        sa_column=sa.Column(
            sa.BigInteger(),
            sa.ForeignKey("run_candidate.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
            nullable=False,
        )
    )
    quality: dict[str, Any] | None = json_field(null=True)
    """Comparison of its answers with the baseline's; None if there was nothing to compare with."""
    looked_at: datetime = time_field()


alert = METADATA.tables["alert"]
alert_silence = METADATA.tables["alert_silence"]
monitor_look = METADATA.tables["monitor_look"]
