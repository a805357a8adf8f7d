"""Stored alerts: what is wrong, since when, and whether a person has acknowledged it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.records.alerts import (
    AlertChanges,
    AlertRecord,
    Change,
    Finding,
    MonitorLook,
    QualityRecord,
    earlier_onset,
)
from evaluation.results.as_json import as_json, from_json
from evaluation.store.record_rows import record_of
from evaluation.store.session import Store
from evaluation.store.statements import now, one_at_a_time, upsert
from evaluation.store.tables import alert, monitor_look

STALE_AFTER = timedelta(days=7)
"""Time after which an alert without new evidence is closed."""
OVER = "it is over: the newest figures are as they should be"
STALE = "there has been nothing to judge it by for 7 days"
_OF_FINDING = ("rule", "severity", "source", "task", "benchmark", "candidate", "metric", "run_id", "sentence")
_FRESH = ("severity", "run_id", "sentence", "evidence", "changes")
"""The fields of a lasting alert that each look updates."""


def record_look(
    store: Store,
    findings: Sequence[Finding],
    *,
    judged: Collection[str],
    looks: Sequence[MonitorLook] = (),
    moment: datetime | None = None,
) -> AlertChanges:
    """Apply one monitoring pass in one transaction: raise new alerts, update lasting ones, resolve those that are gone.

    Args:
        store: The store.
        findings: What is wrong.
        judged: Subjects of everything that could be judged; an open alert of such a subject is resolved when nothing
            is found for it any more.
        looks: The runs that were looked at.
        moment: Time of the pass; None: now.
    """
    at = moment or now()
    with store.write() as connection:
        one_at_a_time(connection, "alert")
        seen = [
            {"run_candidate_id": record.run_candidate_id, "quality": as_json(record.quality), "looked_at": at}
            for record in looks
        ]
        upsert(connection, monitor_look, seen, key=["run_candidate_id"])
        open_alerts = {(row["subject"], row["occurrence"]): row for row in _open(connection)}
        raised, updated = [], []
        for finding in findings:
            place = (finding.subject, finding.occurrence)
            if place in open_alerts:
                updated.append(_update(connection, open_alerts.pop(place), finding, at))
            elif finding.raises and not _was_raised(connection, finding):
                raised.append(_raise(connection, finding, at))
        resolved = [_resolve(connection, row, at, judged) for row in open_alerts.values()]
    return AlertChanges(
        raised=tuple(raised),
        updated=tuple(updated),
        resolved=tuple(record for record in resolved if record is not None),
    )


def _open(connection: Connection) -> Sequence[RowMapping]:
    query = (
        sa.select(alert).where(alert.c.resolved_at.is_(None)).order_by(alert.c.raised_at, alert.c.subject, alert.c.id)
    )
    return connection.execute(query).mappings().all()


def _was_raised(connection: Connection, finding: Finding) -> bool:
    """Return True for a change that was reported once already; a state may come back."""
    if not finding.occurrence:
        return False
    same = sa.and_(alert.c.subject == finding.subject, alert.c.occurrence == finding.occurrence)
    return connection.execute(sa.select(alert.c.id).where(same).limit(1)).first() is not None


def _raise(connection: Connection, finding: Finding, at: datetime) -> AlertRecord:
    row = {name: getattr(finding, name) for name in _OF_FINDING}
    row |= {"id": uuid4().hex[:12], "subject": finding.subject, "occurrence": finding.occurrence}
    row |= {"evidence": dict(finding.evidence), "changes": as_json(finding.changes)}
    row |= {"raised_at": at, "seen_at": at, "n_seen": 1}
    connection.execute(sa.insert(alert).values(row))
    return _read(connection, row["id"])


def _update(connection: Connection, row: RowMapping, finding: Finding, at: datetime) -> AlertRecord:
    fresh: dict[str, Any] = {name: getattr(finding, name) for name in _FRESH}
    fresh |= {"evidence": earlier_onset(row["evidence"], finding.evidence), "changes": as_json(finding.changes)}
    fresh |= {"seen_at": at, "n_seen": row["n_seen"] + 1}
    connection.execute(sa.update(alert).where(alert.c.id == row["id"]).values(fresh))
    return _read(connection, row["id"])


def _resolve(connection: Connection, row: RowMapping, at: datetime, judged: Collection[str]) -> AlertRecord | None:
    is_over = row["subject"] in judged
    if not is_over and at - row["seen_at"] < STALE_AFTER:
        return None
    ended = {"resolved_at": at, "resolution": OVER if is_over else STALE}
    connection.execute(sa.update(alert).where(alert.c.id == row["id"]).values(ended))
    return _read(connection, row["id"])


def list_alerts(store: Store, *, with_resolved: bool = False, since: datetime | None = None) -> tuple[AlertRecord, ...]:
    """Return the alerts, the newest first.

    Args:
        store: The store.
        with_resolved: Include resolved alerts.
        since: Only alerts raised then or later.
    """
    query = sa.select(alert).order_by(alert.c.raised_at.desc(), alert.c.subject, alert.c.id)
    if not with_resolved:
        query = query.where(alert.c.resolved_at.is_(None))
    if since is not None:
        query = query.where(alert.c.raised_at >= since)
    with store.read() as connection:
        return tuple(_record(row) for row in connection.execute(query).mappings())


def find_alert(store: Store, id_or_prefix: str) -> AlertRecord:
    """Return the newest one for `last`, else the one with that id or a unique prefix of it.

    Raises:
        UnknownNameError: there is none.
        ConfigurationError: several ids have that prefix.
    """
    newest = sa.select(alert).order_by(alert.c.raised_at.desc(), alert.c.subject, alert.c.id)
    alike = newest if id_or_prefix == "last" else newest.where(alert.c.id.startswith(id_or_prefix, autoescape=True))
    with store.read() as connection:
        matches = (
            connection.execute(alike.limit(2 if id_or_prefix != "last" else 1)).mappings().all() if id_or_prefix else []
        )
        recent_rows = connection.execute(newest.limit(20)).mappings().all()
    if not matches:
        step = "`benchwright alerts list --all` shows them all."
        raise UnknownNameError("alert", id_or_prefix, [row["id"] for row in recent_rows], step, is_newest=True)
    if len(matches) > 1:
        raise ConfigurationError(f"several alerts begin with {id_or_prefix!r}", "Give more of the id.")
    return _record(matches[0])


def acknowledge_alert(
    store: Store, alert_id: str, *, by: str | None = None, note: str | None = None, ends: bool = False
) -> AlertRecord:
    """Acknowledge an alert and return it: nobody is notified of it any more.

    Args:
        store: The store.
        alert_id: Id of the alert.
        by: Who acknowledges it.
        note: What they say.
        ends: True where acknowledging resolves the alert: an accepted change is over.
    """
    moment = now()
    values: dict[str, Any] = {"acknowledged_at": moment, "acknowledged_by": by, "note": note}
    if ends:
        values |= {"resolved_at": sa.func.coalesce(alert.c.resolved_at, _moment(moment)), "resolution": "acknowledged"}
    with store.write() as connection:
        connection.execute(sa.update(alert).where(alert.c.id == alert_id).values(values))
        return _read(connection, alert_id)


def _moment(moment: datetime) -> sa.BindParameter[datetime]:
    return sa.bindparam("moment", moment, type_=alert.c.resolved_at.type)


def note_notified(store: Store, alert_ids: Iterable[str]) -> None:
    """Record that the events of these alerts were sent."""
    with store.write() as connection:
        connection.execute(sa.update(alert).where(alert.c.id.in_(list(alert_ids))).values(notified_at=now()))


def find_looks(store: Store, run_candidate_ids: Collection[int]) -> dict[int, MonitorLook]:
    """Return what monitoring found of each of these candidates of runs that it looked at, by the candidate's row."""
    looks: dict[int, MonitorLook] = {}
    ids = sorted(run_candidate_ids)
    with store.read() as connection:
        for start in range(0, len(ids), 500):
            query = sa.select(monitor_look).where(monitor_look.c.run_candidate_id.in_(ids[start : start + 500]))
            for row in connection.execute(query).mappings():
                quality = None if row["quality"] is None else from_json(QualityRecord, row["quality"])
                looks[row["run_candidate_id"]] = record_of(MonitorLook, row, quality=quality)
    return looks


def _read(connection: Connection, alert_id: str) -> AlertRecord:
    return _record(connection.execute(sa.select(alert).where(alert.c.id == alert_id)).mappings().one())


def _record(row: RowMapping | Mapping[str, Any]) -> AlertRecord:
    changes = tuple(from_json(Change, change) for change in row["changes"])
    return record_of(AlertRecord, row, alert_id=row["id"], changes=changes)
