"""Stored sweeps: their space and their findings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from evaluation.errors import StoreError
from evaluation.store.session import Store
from evaluation.store.statements import now, upsert
from evaluation.store.tables import sweep


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepRecord:
    """A sweep as stored."""

    invocation_id: str
    request: Mapping[str, Any]
    """Its parameters as typed by the user; what is evaluated is stored with the invocation."""
    combinations: Sequence[Mapping[str, Any]]
    """Combinations in the order of the run's candidates."""
    result: Mapping[str, Any] | None
    """Findings; None while the sweep is not over."""
    code_version: str
    created_at: datetime
    finished_at: datetime | None


def begin_sweep(
    store: Store,
    invocation_id: str,
    *,
    request: Mapping[str, Any],
    combinations: Sequence[Mapping[str, Any]],
    code_version: str,
) -> None:
    """Record that an invocation is a sweep; one that is already stored is left as it is.

    Raises:
        StoreError: the invocation is not stored.
    """
    row = {
        "invocation_id": invocation_id,
        "request": dict(request),
        "combinations": [dict(combination) for combination in combinations],
        "code_version": code_version,
        "created_at": now(),
    }
    with store.write() as connection:
        upsert(connection, sweep, [row], key=["invocation_id"])


def find_sweep(store: Store, invocation_id: str) -> SweepRecord | None:
    """Return the sweep of an invocation; None where it is none."""
    with store.read() as connection:
        row = connection.execute(sa.select(sweep).where(sweep.c.invocation_id == invocation_id)).first()
    return None if row is None else SweepRecord(**row._mapping)


def finish_sweep(store: Store, invocation_id: str, result: Mapping[str, Any]) -> None:
    """Store the outcome of a sweep.

    Raises:
        StoreError: no such sweep.
    """
    changed = sa.update(sweep).where(sweep.c.invocation_id == invocation_id)
    with store.write() as connection:
        done = connection.execute(changed.values(result=dict(result), finished_at=now()))
    if not done.rowcount:
        raise StoreError(f"{store.shown_url} holds no sweep {invocation_id!r}", "Was its run deleted?")
