"""Stored silences, during which nobody is notified of certain alerts."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from evaluation.errors import UnknownNameError
from evaluation.records.alerts import AlertRecord, SilenceRecord
from evaluation.store.alerts import list_alerts
from evaluation.store.record_rows import record_of
from evaluation.store.session import Store
from evaluation.store.statements import now
from evaluation.store.tables import alert_silence


def silence_alerts(
    store: Store,
    *,
    until: datetime,
    rule: str | None = None,
    task: str | None = None,
    candidate: str | None = None,
    reason: str = "",
) -> SilenceRecord:
    """Silence alerts of that rule, task and candidate until a time, and return the silence; None matches all.

    Nobody is notified of a silenced alert.
    """
    row = {"rule": rule, "task": task, "candidate": candidate, "until": until, "reason": reason, "created_at": now()}
    with store.write() as connection:
        made = connection.execute(sa.insert(alert_silence).values(row).returning(alert_silence)).mappings().one()
        return _record(made)


def list_silences(store: Store, *, moment: datetime | None = None) -> tuple[SilenceRecord, ...]:
    """Return the silences in force now, or at `moment`, the one that ends first coming first."""
    holds = alert_silence.c.until > (moment or now())
    query = sa.select(alert_silence).where(holds).order_by(alert_silence.c.until, alert_silence.c.id)
    with store.read() as connection:
        return tuple(_record(row) for row in connection.execute(query).mappings())


def end_silence(store: Store, silence_id: int) -> None:
    """End a silence, so that its alerts are notified again.

    Raises:
        UnknownNameError: there is no such silence.
    """
    with store.write() as connection:
        ended = connection.execute(sa.delete(alert_silence).where(alert_silence.c.id == silence_id))
    if not ended.rowcount:
        silence_ids = [str(silence.silence_id) for silence in list_silences(store)]
        raise UnknownNameError(
            "silence", str(silence_id), silence_ids, next_step="`benchwright alerts silences` lists them."
        )


def to_notify(store: Store, moment: datetime | None = None) -> tuple[AlertRecord, ...]:
    """Return the alerts still to be notified: open, not acknowledged and not silenced; the oldest first."""
    at = moment or now()
    silences = list_silences(store, moment=at)
    waiting = [alert for alert in list_alerts(store) if alert.notified_at is None and alert.acknowledged_at is None]
    return tuple(alert for alert in reversed(waiting) if not _is_silenced(alert, silences, at))


def _is_silenced(alert: AlertRecord, silences: Iterable[SilenceRecord], at: datetime) -> bool:
    return any(silence.covers(alert, at) for silence in silences)


def _record(row: RowMapping) -> SilenceRecord:
    return record_of(SilenceRecord, row, silence_id=row["id"])
