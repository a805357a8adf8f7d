"""What was read from a run once, kept in the database until one of the run's answers, stages or scores changes.

A run has a state with a random token; triggers (`run_change_triggers`) delete it with the first change, and the next
state has another token. What is read between two looks at the same token is of one state, and is kept with it. It
counts only while that state is there, so that nobody, in whatever process, is ever given what was true before.
"""

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from secrets import token_hex
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evaluation.errors import StoreError
from evaluation.fingerprint import fingerprint
from evaluation.records.status import Status
from evaluation.store.session import Store
from evaluation.store.statements import upsert
from evaluation.store.tables import kept_reading, run, run_candidate, run_state
from evaluation.version import code_hash

FEWEST_ANSWERS = 1_000
"""Answers that a run must be about to be worth keeping anything of: fewer are read as quickly as what is kept."""
_NEXT_TRANSACTION, _FIRST_UNENDED = (
    sa.cast(sa.cast(end(sa.func.pg_current_snapshot()), sa.Text), sa.BigInteger)
    for end in (sa.func.pg_snapshot_xmax, sa.func.pg_snapshot_xmin)
)


def kept_or_read(store: Store, run_id: str, name: str, basis: Any, read: Callable[[], Any]) -> Any:
    """Return the JSON that was kept of a run under this name; where there is none, that of `read`, which is then kept.

    Nothing is kept of a run under way, or of a small one, and nothing where the database cannot be written.

    Args:
        store: Where the run is.
        run_id: Its id.
        name: What is read.
        basis: All that the reading depends on beside the run's answers, stages and scores, as JSON.
        read: Reads it.
    """
    return kept_or_read_all(store, [run_id], name, basis, lambda _: {run_id: read()})[run_id]


def kept_or_read_all(
    store: Store,
    run_ids: Sequence[str],
    name: str,
    basis: Any,
    read: Callable[[Sequence[str]], Mapping[str, Any]],
    *,
    fewest: int | None = None,
) -> dict[str, Any]:
    """Return the JSON of each run, as `kept_or_read` does; `read` reads together all that were not kept.

    `fewest` answers are those from which on a run is about enough; None: `FEWEST_ANSWERS`.
    """
    kept = _kept(store, run_ids, name)
    others = [run_id for run_id in run_ids if run_id not in kept]
    worth_it = {*kept, *_worth_keeping(store, others, FEWEST_ANSWERS if fewest is None else fewest)}
    made_by = _made_by(basis) if worth_it else None
    values_by_run = {
        run_id: json.loads(zlib.decompress(row.content)) for run_id, row in kept.items() if row.made_by == made_by
    }
    missing = [run_id for run_id in run_ids if run_id not in values_by_run]
    if not missing:
        return values_by_run
    tokens: dict[str, str | None] = {}
    with suppress(StoreError):
        for run_id in missing:
            if made_by is not None and run_id in worth_it:
                tokens[run_id] = _state(store, run_id)
    values = read(missing)
    with suppress(StoreError):
        for run_id, token in tokens.items():
            if token is not None:
                content = {"name": name, "made_by": made_by, "content": _packed(values[run_id])}
                _keep(store, run_id, token, content)
    return {**values_by_run, **values}


def current_state(store: Store, run_id: str) -> str | None:
    """Return what no other state of the run's answers, stages and scores is called, for the basis of a reading.

    None: of this run nothing is kept, or not now.
    """
    if not _worth_keeping(store, [run_id], FEWEST_ANSWERS):
        return None
    with suppress(StoreError):
        return _state(store, run_id)
    return None


def _made_by(basis: Any) -> str | None:
    """Return the hash of the code and of what else a reading depends on; None: the code is not known."""
    code = code_hash()
    return None if code is None else fingerprint([code, basis])


def _worth_keeping(store: Store, run_ids: Sequence[str], fewest: int) -> frozenset[str]:
    """Return the runs that have ended, and are about enough answers."""
    if not run_ids:
        return frozenset()
    of_run = run_candidate.c.run_id == run.c.id
    n_candidates = sa.select(sa.func.count()).where(of_run).correlate(run).scalar_subquery()
    query = sa.select(run.c.id).where(
        run.c.id.in_(run_ids),
        run.c.status.not_in((Status.PLANNED, Status.RUNNING)),
        run.c.n_cases * run.c.n_repeats * n_candidates >= fewest,
    )
    with store.read() as connection:
        return frozenset(connection.execute(query).scalars())


def _kept(store: Store, run_ids: Sequence[str], name: str) -> dict[str, sa.Row[Any]]:
    of_state = sa.and_(run_state.c.run_id == kept_reading.c.run_id, run_state.c.token == kept_reading.c.token)
    query = (
        sa.select(kept_reading.c.run_id, kept_reading.c.made_by, kept_reading.c.content)
        .join(run_state, of_state)
        .where(kept_reading.c.run_id.in_(run_ids), kept_reading.c.name == name)
    )
    with store.read() as connection:
        return {row.run_id: row for row in connection.execute(query)}


def _packed(value: Any) -> bytes:
    return zlib.compress(json.dumps(value, separators=(",", ":")).encode(), level=1)


def _state(store: Store, run_id: str) -> str | None:
    """Return the token of the run's state; None where somebody may be writing who does not see that state yet."""
    state = sa.select(run_state.c.token).where(run_state.c.run_id == run_id)
    with store.read() as connection:
        is_there = connection.execute(state).one_or_none() is not None
    if not is_there:
        with store.write() as connection:
            connection.execute(sa.delete(kept_reading).where(kept_reading.c.run_id == run_id))  # of earlier states
            upsert(connection, run_state, [{"run_id": run_id, "token": token_hex(16)}], key=["run_id"])
    if store.dialect == "postgresql":
        with store.write() as connection:
            return _settled_state(connection, run_id)
    with store.read() as connection:
        return connection.execute(state).scalar()


def _settled_state(connection: Connection, run_id: str) -> str | None:
    """Return the token of the run's state once all transactions have ended that began to write before it was there.

    The triggers of such a one deleted nothing, and what it wrote is seen only once it has ended. Of a database that was
    copied to another server, the numbers begin again.
    """
    state = run_state.c
    is_unknown = sa.or_(state.settled_at.is_(None), state.settled_at > _NEXT_TRANSACTION)
    of_run = state.run_id == run_id
    connection.execute(sa.update(run_state).where(of_run, is_unknown).values(settled_at=_NEXT_TRANSACTION))
    return connection.execute(sa.select(state.token).where(of_run, state.settled_at <= _FIRST_UNENDED)).scalar()


def _keep(store: Store, run_id: str, token: str, values: dict[str, Any]) -> None:
    """Keep a reading if the run is still in the state in which it was when the reading began."""
    with store.write() as connection:
        there = connection.execute(sa.select(run_state.c.token).where(run_state.c.run_id == run_id)).scalar()
        if there == token:
            row = {"run_id": run_id, "token": token, **values}
            upsert(connection, kept_reading, [row], key=["run_id", "name"], update=["token", "made_by", "content"])
