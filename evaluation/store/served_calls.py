"""What the gateway knows of its calls: stored beside their rows of traffic, and summed up for budgets."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evaluation.records.policies import ServedCall, Spending
from evaluation.records.traffic_calls import TrafficCall
from evaluation.store.record_rows import record_of
from evaluation.store.session import Store
from evaluation.store.statements import upsert
from evaluation.store.tables import served_call

_AT_ONCE = 500


def save_served(connection: Connection, calls: Sequence[TrafficCall], ids: Mapping[str, int]) -> None:
    """Store what is known of those calls that the gateway answered.

    Args:
        connection: In a transaction of `Store.write`.
        calls: Calls whose rows of traffic are stored.
        ids: Their rows, by the calls' ids.
    """
    rows = [
        {**asdict(call.served), "traffic_id": ids[call.call_id], "started_at": call.started_at}
        for call in calls
        if call.served is not None
    ]
    upsert(connection, served_call, rows, key=["traffic_id"])


def spending_since(
    store: Store, moment: datetime, *, policy_id: str | None = None, key_id: str | None = None
) -> Spending:
    """Return what the calls of a policy, or of a key, have used since a moment."""
    of = served_call.c
    owner = of.policy_id == policy_id if policy_id is not None else of.key_id == key_id
    sums = [sa.func.coalesce(sa.func.sum(of[name]), 0).label(name) for name in ("tokens", "gpu_s", "joules", "usd")]
    query = sa.select(sa.func.count().label("n_calls"), *sums).where(owner, of.started_at >= moment)
    with store.read() as connection:
        row = connection.execute(query).mappings().one()
    return Spending(
        n_calls=row["n_calls"],
        tokens=int(row["tokens"]),
        gpu_s=float(row["gpu_s"]),
        joules=float(row["joules"]),
        usd=float(row["usd"]),
    )


def served_by_row(connection: Connection, traffic_ids: Sequence[int]) -> dict[int, ServedCall]:
    """Return what the gateway knows of calls, by their rows of traffic; calls of others are left out."""
    served: dict[int, ServedCall] = {}
    for start in range(0, len(traffic_ids), _AT_ONCE):
        page = traffic_ids[start : start + _AT_ONCE]
        rows = connection.execute(sa.select(served_call).where(served_call.c.traffic_id.in_(page))).mappings()
        served.update((row["traffic_id"], record_of(ServedCall, row)) for row in rows)
    return served
