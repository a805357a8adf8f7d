"""Recoveries of dead flow runs: which died, who restarts them, and how often.

The store decides between two processes that would restart the same one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evaluation.store.session import Store
from evaluation.store.statements import now, upsert
from evaluation.store.tables import recovery

CLAIM_FORGOTTEN_AFTER_S = 120.0
"""Seconds after which an unfinished claim of a flow run counts as abandoned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryRecord:
    """A flow run whose process died."""

    flow_run_id: str
    n_restarts: int
    wanted_at: datetime | None
    """When it was found dead; None if it has been handled since."""
    claimed_at: datetime | None
    """When a process claimed it; None if it is not claimed."""
    given_up_at: datetime | None

    @property
    def is_open(self) -> bool:
        """True where it still has to be handled, or somebody is handling it."""
        return self.given_up_at is None and (self.wanted_at is not None or self.claimed_at is not None)


def want(connection: Connection, flow_run_id: str) -> None:
    """Record, in an open transaction, that a flow run's process is gone."""
    row = {"flow_run_id": flow_run_id, "n_restarts": 0, "wanted_at": now()}
    still_unknown = recovery.c.wanted_at.is_(None)
    upsert(connection, recovery, [row], key=["flow_run_id"], update=["wanted_at"], where=still_unknown)


def request_recovery(store: Store, flow_run_id: str) -> None:
    """Request a recovery in a transaction of its own."""
    with store.write() as connection:
        want(connection, flow_run_id)


def find_recovery(store: Store, flow_run_id: str) -> RecoveryRecord | None:
    """Return what is recorded of a flow run's deaths; None: it never died."""
    with store.read() as connection:
        row = connection.execute(sa.select(recovery).where(recovery.c.flow_run_id == flow_run_id)).mappings().first()
    return None if row is None else RecoveryRecord(**row)


def requested_recoveries(store: Store) -> tuple[RecoveryRecord, ...]:
    """Return the flow runs that wait for recovery, in the order in which they died."""
    query = sa.select(recovery).where(_is_open()).order_by(recovery.c.wanted_at, recovery.c.flow_run_id)
    with store.read() as connection:
        return tuple(RecoveryRecord(**row) for row in connection.execute(query).mappings())


def claim_recovery(store: Store, flow_run_id: str) -> bool:
    """Claim the recovery and return True where it is ours: of two who ask, only one gets it."""
    this = sa.update(recovery).where(recovery.c.flow_run_id == flow_run_id, _is_open())
    with store.write() as connection:
        return bool(connection.execute(this.values(claimed_at=now(), wanted_at=None)).rowcount)


def _is_open() -> sa.ColumnElement[bool]:
    forgotten = recovery.c.claimed_at < now() - timedelta(seconds=CLAIM_FORGOTTEN_AFTER_S)
    unclaimed = sa.and_(recovery.c.claimed_at.is_(None), recovery.c.wanted_at.is_not(None))
    return sa.and_(recovery.c.given_up_at.is_(None), sa.or_(unclaimed, forgotten))


def count_restart(store: Store, flow_run_id: str) -> int:
    """Count a restart of the flow run and return the number of restarts so far, this one included."""
    with store.write() as connection:
        _set(connection, flow_run_id, n_restarts=recovery.c.n_restarts + 1)
        query = sa.select(recovery.c.n_restarts).where(recovery.c.flow_run_id == flow_run_id)
        return int(connection.execute(query).scalar_one())


def end_claim(store: Store, flow_run_id: str) -> None:
    """Release the claim on a recovery that was taken care of."""
    with store.write() as connection:
        _set(connection, flow_run_id, claimed_at=None)


def put_back(store: Store, flow_run_id: str, wanted_at: datetime | None) -> None:
    """Release a claim where nothing could be done now: the recovery is open again, with its old date."""
    with store.write() as connection:
        _set(connection, flow_run_id, claimed_at=None, wanted_at=wanted_at or now())


def give_up(store: Store, flow_run_id: str) -> None:
    """Record that the flow run is not restarted any more, whether or not it was found dead."""
    row = {"flow_run_id": flow_run_id, "n_restarts": 0, "wanted_at": None, "claimed_at": None, "given_up_at": now()}
    with store.write() as connection:
        upsert(connection, recovery, [row], key=["flow_run_id"], update=["wanted_at", "claimed_at", "given_up_at"])


def _set(connection: Connection, flow_run_id: str, **values: object) -> None:
    connection.execute(sa.update(recovery).where(recovery.c.flow_run_id == flow_run_id).values(**values))
