"""Stored selection models, and which of them is in use since when.

Promotions are only ever added, and the last one is valid. Each names the model that it replaces: if two processes want
to replace the same one, the second is rejected and must read the state again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from evaluation.errors import ConfigurationError, DamagedModelError, SupersededError, UnknownNameError
from evaluation.fingerprint import fingerprint
from evaluation.records.selection import Champion, Promotion, SelectionModelRecord, StoredModel
from evaluation.store.record_rows import record_of
from evaluation.store.session import Store
from evaluation.store.statements import now, one_at_a_time
from evaluation.store.tables import promotion, selection_model

_LOCK = "selection model"
_RECORD = [
    selection_model.c.id.label("model_id"),
    *(selection_model.c[field.name] for field in fields(SelectionModelRecord) if field.name != "model_id"),
]


def save_model(
    store: Store,
    *,
    kind: str,
    status: str,
    data_hash: str,
    code_version: str,
    metrics: Mapping[str, Any],
    report: Mapping[str, Any],
    estimator: bytes | None,
    serving: bytes | None,
) -> SelectionModelRecord:
    """Store a model under the next version number and return it.

    A model that is already stored keeps its number and takes the new status.

    Args:
        store: The store.
        kind: What was trained: `ridge`, `per_task`, …
        status: How its evaluation ended, in a word.
        data_hash: Hash of the evidence it was trained on.
        code_version: The code that trained it.
        metrics: Its metrics, as plain JSON.
        report: The full report of its evaluation, as plain JSON.
        estimator: The trained estimator.
        serving: The part that answers requests.
    """
    hashes = {"estimator_sha256": _hash(estimator), "serving_sha256": _hash(serving)}
    model_id = fingerprint([kind, data_hash, code_version, *hashes.values()])
    values = {"status": status, "metrics": dict(metrics), "report": dict(report)}
    same = selection_model.c.id == model_id
    with store.write() as connection:
        one_at_a_time(connection, _LOCK)
        if not connection.execute(sa.update(selection_model).where(same).values(**values)).rowcount:
            newest = connection.execute(sa.select(sa.func.max(selection_model.c.version))).scalar()
            row = {"id": model_id, "version": (newest or 0) + 1, "kind": kind, "data_hash": data_hash}
            row |= {"code_version": code_version, "estimator": estimator, "serving": serving, "created_at": now()}
            connection.execute(sa.insert(selection_model).values(**row, **hashes, **values))
        return _record(connection.execute(sa.select(*_RECORD).where(same)).mappings().one())


def set_status(store: Store, model_id: str, status: str) -> None:
    """Store how a model's evaluation ended, in a word."""
    with store.write() as connection:
        connection.execute(sa.update(selection_model).where(selection_model.c.id == model_id).values(status=status))


def read_model(store: Store, version_or_id: str | int) -> StoredModel:
    """Return a model by its version number, its id, or a unique prefix of the id.

    Raises:
        UnknownNameError: there is none.
        ConfigurationError: several ids have that prefix.
        DamagedModelError: its bytes are not those that were stored.
    """
    with store.read() as connection:
        model_id = _find(connection, version_or_id)
        row = connection.execute(sa.select(selection_model).where(selection_model.c.id == model_id)).mappings().one()
    record = _record({**row, "model_id": row["id"]})
    for part in ("estimator", "serving"):
        if _hash(row[part]) != row[f"{part}_sha256"]:
            raise DamagedModelError(
                f"the {part} of selection model {record.version} ({record.kind}, {model_id[:7]}) in {store.shown_url} "
                "is not what was stored",
                "Run `benchwright selection rollback`, or train again with `benchwright retrain`",
            )
    return StoredModel(record=record, estimator=row["estimator"], serving=row["serving"])


def find_model(store: Store, version_or_id: str | int) -> SelectionModelRecord:
    """Return a model as `read_model` does, without its bytes.

    Raises:
        UnknownNameError: there is none.
        ConfigurationError: several ids have that prefix.
    """
    with store.read() as connection:
        same = selection_model.c.id == _find(connection, version_or_id)
        return _record(connection.execute(sa.select(*_RECORD).where(same)).mappings().one())


def history(store: Store, *, limit: int | None = None) -> tuple[SelectionModelRecord, ...]:
    """Return all models without their bytes, the newest first."""
    query = sa.select(*_RECORD).order_by(selection_model.c.version.desc()).limit(limit)
    with store.read() as connection:
        return tuple(_record(row) for row in connection.execute(query).mappings())


def promotions(store: Store) -> tuple[Promotion, ...]:
    """Return all promotions and rollbacks, the newest first."""
    with store.read() as connection:
        return tuple(reversed(_promotions(connection)))


def champion(store: Store) -> Champion:
    """Return the current champion."""
    return champions(store)[0]


def champions(store: Store) -> tuple[Champion, ...]:
    """Return the current champion and its predecessors, in the order in which rollbacks return to them.

    The scoreboard without a model comes last. Where the first one's model cannot be used, the next one's may.
    """
    with store.read() as connection:
        made = _promotions(connection)
        ids = {record.model_id for record in made if record.model_id is not None}
        rows = connection.execute(sa.select(*_RECORD).where(selection_model.c.id.in_(ids))).mappings()
        models = {row["model_id"]: _record(row) for row in rows}
    line = _line(made)
    succession = [
        Champion(
            promotion_id=record.promotion_id,
            model=None if record.model_id is None else models[record.model_id],
            reason=record.reason,
            since=record.created_at,
        )
        for record in line
    ]
    if not line or line[-1].model_id is not None:
        succession.append(Champion(promotion_id=None, model=None, reason="nothing was promoted before", since=None))
    return tuple(succession)


def promote(store: Store, version_or_id: str | int, *, replacing: int | None, reason: str) -> Champion:
    """Promote a model and return the new champion.

    Args:
        store: The store.
        version_or_id: As `read_model` takes it.
        replacing: `Champion.promotion_id` of the champion against which it was evaluated.
        reason: For a person to read.

    Raises:
        SupersededError: another champion was promoted meanwhile.
        UnknownNameError: there is no such model.
    """
    with store.write() as connection:
        one_at_a_time(connection, _LOCK)
        model_id = _find(connection, version_or_id)
        last = next(reversed(_promotions(connection)), None)
        _must_hold(last, replacing)
        _add(connection, model_id=model_id, replaces_id=replacing, restores_id=None, reason=reason)
    return champion(store)


def rollback(store: Store, *, reason: str, replacing: int | None = None) -> Champion:
    """Return to the previous champion and return it; each further call goes back one more.

    Args:
        store: The store.
        reason: For a person to read.
        replacing: `Champion.promotion_id` of the champion that is taken back; None: whoever it is.

    Raises:
        ConfigurationError: there is no promotion to take back.
        SupersededError: another champion was promoted meanwhile.
    """
    with store.write() as connection:
        one_at_a_time(connection, _LOCK)
        made = _promotions(connection)
        line = _line(made)
        if not line or line[0].model_id is None:
            raise ConfigurationError(
                "no selection model decides, so there is none to be taken back",
                "`benchwright selection history` lists what was promoted",
            )
        if replacing is not None:
            _must_hold(made[-1], replacing)
        before = line[1] if len(line) > 1 else None
        _add(
            connection,
            model_id=before.model_id if before else None,
            replaces_id=made[-1].promotion_id,
            restores_id=before.promotion_id if before else None,
            reason=reason,
        )
    return champion(store)


def _must_hold(last: Promotion | None, replacing: int | None) -> None:
    held = None if last is None else last.promotion_id
    if held != replacing:
        raise SupersededError(
            f"promotion {held} is now active, not {replacing}: another process promoted a model first",
            "Evaluate again, against the model that decides now",
        )


def _line(made: Sequence[Promotion]) -> list[Promotion]:
    """Return the current promotion, then those that each one replaced.

    A rollback counts as the promotion that it restored.
    """
    by_id = {record.promotion_id: record for record in made}
    line: list[Promotion] = []
    at = made[-1] if made else None
    while at is not None:
        line.append(at)
        origin = at
        while origin.restores_id is not None:
            origin = by_id[origin.restores_id]
        is_end = origin.model_id is None or origin.replaces_id is None
        at = None if is_end else by_id[origin.replaces_id]  # type: ignore[index]
    return line


def _promotions(connection: Connection) -> list[Promotion]:
    """Return all promotions and rollbacks, the oldest first."""
    rows = connection.execute(sa.select(promotion).order_by(promotion.c.id)).mappings()
    return [record_of(Promotion, row, promotion_id=row["id"]) for row in rows]


def _add(connection: Connection, **values: Any) -> None:
    connection.execute(sa.insert(promotion).values(**values, created_at=now()))


def _find(connection: Connection, version_or_id: str | int) -> str:
    text = str(version_or_id)
    same = selection_model.c.id.startswith(text, autoescape=True)
    if text.isdecimal() and len(text) < 10:  # a version number, unless an id begins with it and no version has it
        numbered = sa.select(selection_model.c.id).where(selection_model.c.version == int(text))
        ids = list(connection.execute(numbered).scalars())
        if ids:
            return str(ids[0])
    ids = list(connection.execute(sa.select(selection_model.c.id).where(same).limit(6)).scalars()) if text else []
    if len(ids) == 1:
        return str(ids[0])
    if ids:
        listed = ", ".join(model_id[:12] for model_id in ids)
        raise ConfigurationError(f"several selection models begin with {text!r}: {listed}", "Give more of the id")
    newest = sa.select(selection_model.c.version).order_by(selection_model.c.version.desc()).limit(40)
    versions = [str(version) for version in connection.execute(newest).scalars()]
    raise UnknownNameError("selection model", text, versions, "See `benchwright selection history`")


def _hash(content: bytes | None) -> str | None:
    return None if content is None else sha256(content).hexdigest()


def _record(row: RowMapping | Mapping[str, Any]) -> SelectionModelRecord:
    return record_of(SelectionModelRecord, row)
