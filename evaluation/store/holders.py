"""Holders: the processes that work on runs, and whether they are alive."""

import os
import socket
import subprocess
import sys
from collections.abc import Collection, Sequence
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from evaluation.errors import RunInUseError, StoreError
from evaluation.records.runs import HolderRecord
from evaluation.requests.run_share import may_work_beside
from evaluation.store.record_rows import record_of
from evaluation.store.recoveries import want
from evaluation.store.session import Store
from evaluation.store.statements import now, one_at_a_time
from evaluation.store.tables import holder, holder_run

SILENCE_S = 60.0
"""Seconds without a heartbeat after which a holder counts as dead. Heartbeats are due about every 10 s."""

_COLUMNS = (
    holder.c.id.label("holder_id"),
    holder.c.host,
    holder.c.pid,
    holder.c.process_start,
    holder.c.lease_ids,
    holder.c.started_at,
    holder.c.heartbeat_at,
    holder.c.ended_at,
    holder.c.flow_run_id,
    holder.c.part,
)


def this_host() -> str:
    """Return this machine's name."""
    return socket.gethostname()


def process_start(pid: int) -> str | None:
    """Return when and where the process started, in a form only to be compared; None: no such process, or unknown here.

    A process that has since been given the same number has another start.
    """
    if sys.platform == "linux":
        return _linux_process_start(pid)
    if os.name == "posix":  # pragma: no cover  (macOS)
        result = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return f"{_PLACE_UNKNOWN}/{result.stdout.strip()}" if result.stdout.strip() else None
    return None  # pragma: no cover  (Windows: silence alone tells)


_PLACE_UNKNOWN = "here"


def _linux_process_start(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The command's name stands in parentheses and may hold blanks; the 22nd field is the start, in ticks since boot.
    after_name = stat.rpartition(")")[2].split()
    return None if after_name[0] == "Z" else f"{_linux_place()}/{after_name[19]}"


def _linux_place() -> str:
    """Return the boot id and PID namespace: containers may share a host name but not their processes."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot}:{Path('/proc/self/ns/pid').readlink()}"


def take_hold(
    store: Store,
    run_ids: Sequence[str],
    *,
    host: str | None = None,
    pid: int | None = None,
    process_start: str | None = None,
    alone: bool = False,
    flow_run_id: str | None = None,
    part: str | None = None,
    holder_id: str | None = None,
) -> str:
    """Register a holder of these runs and return its id.

    Args:
        store: The store.
        run_ids: The runs that it works on.
        host: None: this one.
        pid: None: this process.
        process_start: None: asked of the operating system where host and pid are this process's.
        alone: Refuse runs that another process works on, unless on another part of them.
        flow_run_id: Id of the Prefect flow run to which it belongs.
        part: The part of the runs that it works on; None: all.
        holder_id: Its id, under which a holder that exists is left as it is; None: a new one.

    Raises:
        RunInUseError: another living process holds one of them.
    """
    own = pid is None and host is None
    is_known, moment = holder_id is not None, now()
    holder_id = holder_id or uuid4().hex
    row = {
        "id": holder_id,
        "host": host or this_host(),
        "pid": os.getpid() if pid is None else pid,
        "process_start": _own_start() if own and process_start is None else process_start,
        "lease_ids": [],
        "started_at": moment,
        "heartbeat_at": moment,
        "ended_at": None,
        "flow_run_id": flow_run_id,
        "part": part,
    }
    with store.write() as connection:
        if alone:
            one_at_a_time(connection, "holder")
            _refuse_held(connection, run_ids, part)
        if is_known and connection.execute(sa.select(holder.c.id).where(holder.c.id == holder_id)).first():
            return holder_id
        connection.execute(sa.insert(holder).values(row))
        links = [{"holder_id": holder_id, "run_id": run_id} for run_id in dict.fromkeys(run_ids)]
        if links:
            connection.execute(sa.insert(holder_run), links)
    return holder_id


def _refuse_held(connection: Connection, run_ids: Collection[str], part: str | None) -> None:
    """Refuse runs that another living process holds; those that this process holds are its own."""
    query = (
        sa.select(holder_run.c.run_id, *_COLUMNS)
        .join(holder, holder_run.c.holder_id == holder.c.id)
        .where(holder_run.c.run_id.in_(run_ids), holder.c.ended_at.is_(None))
    )
    for row in connection.execute(query).mappings().all():
        record = _record(row)
        is_own = record.host == this_host() and record.pid == os.getpid() and record.process_start == _own_start()
        if is_alive(record) and not is_own and not may_work_beside(part, record.part):
            raise held_error(row["run_id"], record)


def held_error(run_id: str, record: HolderRecord) -> RunInUseError:
    """Return the error for a run that another process works on."""
    silent_s = (now() - record.heartbeat_at).total_seconds()
    return RunInUseError(
        f"run {run_id} is in use by process {record.pid} on {record.host} (last heartbeat {silent_s:.0f} s ago)",
        f"Wait for it or stop it; a process on another machine counts as dead after {SILENCE_S:.0f} s without a "
        "heartbeat.",
    )


def _own_start() -> str | None:
    return process_start(os.getpid())


def beat(store: Store, holder_id: str, *, lease_ids: Sequence[str] | None = None) -> None:
    """Record a heartbeat of the holder and its current leases (None: unchanged).

    Raises:
        StoreError: no such holder: its runs were deleted.
    """
    values: dict[str, object] = {"heartbeat_at": now()} | ({} if lease_ids is None else {"lease_ids": list(lease_ids)})
    _change(store, holder_id, values)


def let_go(store: Store, holder_id: str) -> None:
    """Release the holder's runs; it has no leases left.

    Raises:
        StoreError: no such holder: its runs were deleted.
    """
    _change(store, holder_id, {"ended_at": now(), "lease_ids": []})


def end_holder(store: Store, holder_id: str) -> None:
    """Mark a dead holder as ended, with its leases freed; one that was deleted meanwhile is ignored.

    Where it died at work, a recovery of its flow run is requested.
    """
    this = holder.c.id == holder_id
    with store.write() as connection:
        died = connection.execute(sa.update(holder).where(this, holder.c.ended_at.is_(None)).values(ended_at=now()))
        flow_run_id = connection.execute(sa.select(holder.c.flow_run_id).where(this)).scalar()
        if died.rowcount and flow_run_id is not None:
            want(connection, flow_run_id)
        connection.execute(sa.update(holder).where(this).values(lease_ids=[]))


def _change(store: Store, holder_id: str, values: dict[str, object]) -> None:
    with store.write() as connection:
        changed = connection.execute(sa.update(holder).where(holder.c.id == holder_id).values(values))
    if not changed.rowcount:
        raise StoreError(f"nobody holds a run as {holder_id!r} in {store.shown_url}", "Were its runs deleted?")


def holders_of(store: Store, run_id: str) -> tuple[HolderRecord, ...]:
    """Return all holders a run has had, newest first."""
    query = (
        sa.select(*_COLUMNS)
        .join(holder_run, holder_run.c.holder_id == holder.c.id)
        .where(holder_run.c.run_id == run_id)
        .order_by(holder.c.started_at.desc(), holder.c.id)
    )
    with store.read() as connection:
        return tuple(_record(row) for row in connection.execute(query).mappings())


def holders_of_flow(store: Store, flow_run_id: str) -> tuple[HolderRecord, ...]:
    """Return all holders that a flow run has had, newest first."""
    query = sa.select(*_COLUMNS).where(holder.c.flow_run_id == flow_run_id)
    with store.read() as connection:
        rows = connection.execute(query.order_by(holder.c.started_at.desc(), holder.c.id)).mappings()
        return tuple(_record(row) for row in rows)


def living_holders(store: Store, run_id: str) -> tuple[HolderRecord, ...]:
    """Return the holders that work on a run now, newest first."""
    return tuple(record for record in holders_of(store, run_id) if is_alive(record))


def dead_holders(store: Store) -> tuple[HolderRecord, ...]:
    """Return the holders that died without letting go, or whose leases nobody has freed yet, oldest first."""
    has_leases = sa.cast(holder.c.lease_ids, sa.Text) != "[]"
    open_ends = sa.select(*_COLUMNS).where(sa.or_(holder.c.ended_at.is_(None), has_leases))
    with store.read() as connection:
        rows = connection.execute(open_ends.order_by(holder.c.started_at, holder.c.id)).mappings()
        return tuple(record for row in rows if not is_alive(record := _record(row)))


def held_runs(connection: Connection, run_ids: Collection[str]) -> frozenset[str]:
    """Return which of the runs a living holder works on."""
    if not run_ids:
        return frozenset()
    query = (
        sa.select(holder_run.c.run_id, *_COLUMNS)
        .join(holder, holder_run.c.holder_id == holder.c.id)
        .where(holder_run.c.run_id.in_(run_ids), holder.c.ended_at.is_(None))
    )
    rows = connection.execute(query).mappings()
    return frozenset(row["run_id"] for row in rows if is_alive(_record(row)))


def is_alive(record: HolderRecord) -> bool:
    """Return True unless the holder let go, was silent for `SILENCE_S`, or is a process of this machine that ended."""
    if record.ended_at is not None or now() - record.heartbeat_at > timedelta(seconds=SILENCE_S):
        return False
    return not _is_visible(record) or is_seen(record)


def _is_visible(record: HolderRecord) -> bool:
    """Return False for processes of another machine, boot or container, where only silence can tell."""
    own_start = _own_start()
    if record.host != this_host() or record.process_start is None or own_start is None:
        return False
    return record.process_start.rpartition("/")[0] == own_start.rpartition("/")[0]


def is_seen(record: HolderRecord) -> bool:
    """Return True where the holder's process exists on this machine, even if it is silent or was recorded as ended."""
    return _is_visible(record) and process_start(record.pid) == record.process_start


def has_come_back(record: HolderRecord) -> bool:
    """Return True for a holder that was found dead and beats again, as all are silent while the database is away."""
    if record.ended_at is None or record.heartbeat_at <= record.ended_at:
        return False
    return now() - record.heartbeat_at <= timedelta(seconds=SILENCE_S)


def is_at_work(record: HolderRecord) -> bool:
    """Check whether the process is alive, even if it was marked dead before."""
    return is_alive(record) or has_come_back(record)


def own_silence_s(store: Store) -> float:
    """Return the seconds since this process's last heartbeat; 0 where it holds nothing."""
    is_own = sa.and_(holder.c.host == this_host(), holder.c.pid == os.getpid(), holder.c.process_start == _own_start())
    query = sa.select(sa.func.max(holder.c.heartbeat_at)).where(is_own, holder.c.ended_at.is_(None))
    with store.read() as connection:
        last = connection.execute(query).scalar()
    return 0.0 if last is None else (now() - last).total_seconds()


def _record(row: RowMapping) -> HolderRecord:
    return record_of(HolderRecord, row)
