"""What was read from a run once, kept in the database until one of the run's answers, stages or scores changes.

A run has a state with a random token; triggers (`run_change_triggers`) delete it with the first change, and the next
state has another token. What is read between two looks at the same token is of one state, and is kept with it. It
counts only while that state is there, so that nobody, in whatever process, is ever given what was true before.
"""

import json
import zlib
from collections.abc import Callable, Sequence
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
    kept = _kept(store, run_id, name)
    if kept is None and not _is_worth_it(store, run_id):
        return read()
    made_by = _made_by(basis)
    if kept is not None and kept.made_by == made_by:
        return json.loads(zlib.decompress(kept.content))
    token = None
    with suppress(StoreError):
        token = None if made_by is None else _state(store, run_id)
    value = read()
    if token is not None:
        with suppress(StoreError):
            _keep(store, run_id, token, {"name": name, "made_by": made_by, "content": _packed(value)})
    return value


def current_tokens(store: Store, run_ids: Sequence[str]) -> tuple[str | None, ...]:
    """Return the token of the state of each run; None for a run without one."""
    with store.read() as connection:
        rows = connection.execute(
            sa.select(run_state.c.run_id, run_state.c.token).where(run_state.c.run_id.in_(run_ids))
        )
        tokens = {run_id: token for run_id, token in rows}
    return tuple(tokens.get(run_id) for run_id in run_ids)


def _made_by(basis: Any) -> str | None:
    """Return the hash of the code and of what else a reading depends on; None: the code is not known."""
    code = code_hash()
    return None if code is None else fingerprint([code, basis])


def _is_worth_it(store: Store, run_id: str) -> bool:
    """Return whether the run has ended, and is about enough answers."""
    n_candidates = sa.select(sa.func.count()).where(run_candidate.c.run_id == run.c.id).correlate(run).scalar_subquery()
    query = sa.select(run.c.status, run.c.n_cases * run.c.n_repeats * n_candidates).where(run.c.id == run_id)
    with store.read() as connection:
        row = connection.execute(query).one_or_none()
    return row is not None and row[0] not in (Status.PLANNED, Status.RUNNING) and row[1] >= FEWEST_ANSWERS


def _kept(store: Store, run_id: str, name: str) -> sa.Row[Any] | None:
    of_state = sa.and_(run_state.c.run_id == kept_reading.c.run_id, run_state.c.token == kept_reading.c.token)
    query = (
        sa.select(kept_reading.c.made_by, kept_reading.c.content)
        .join(run_state, of_state)
        .where(kept_reading.c.run_id == run_id, kept_reading.c.name == name)
    )
    with store.read() as connection:
        return connection.execute(query).one_or_none()


def _packed(value: Any) -> bytes:
    return zlib.compress(json.dumps(value, separators=(",", ":")).encode(), level=1)


def _state(store: Store, run_id: str) -> str | None:
    """Return the token of the run's state; None where somebody may be writing who does not see that state yet."""
    state = sa.select(run_state.c.token).where(run_state.c.run_id == run_id)
    with store.read() as connection:
        is_there = connection.execute(state).one_or_none() is not None
    if not is_there:
        with store.write() as connection:
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
