"""Stored models, their versions, and which of them are retired."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from evaluation.errors import UnknownNameError
from evaluation.model_info import ModelInfo
from evaluation.records.candidates import ModelRecord
from evaluation.store.record_rows import record_of
from evaluation.store.session import Store
from evaluation.store.statements import now, one_at_a_time
from evaluation.store.tables import model

_COLUMNS = tuple(model.c[field.name] for field in fields(ModelRecord))


def record_seen(store: Store, info: ModelInfo, *, endpoint_name: str) -> ModelRecord:
    """Record and return a model as now seen on an endpoint; another digest makes a new version, the old one stays."""
    name, digest = info.name, info.digest
    facts = {field.name: getattr(info, field.name) for field in fields(ModelInfo) if field.name != "name"}
    facts |= {"endpoint_name": endpoint_name, "capabilities": list(info.capabilities)}
    facts["parameters"] = dict(info.parameters)
    with store.write() as connection:
        one_at_a_time(connection, "model")
        here = sa.and_(model.c.name == name, model.c.endpoint_name == endpoint_name)
        connection.execute(sa.update(model).where(here).values(is_current=False))
        return _write(connection, name, facts, same=_same_version(connection, name, digest, endpoint_name))


def _same_version(connection: Connection, name: str, digest: str | None, endpoint_name: str) -> int | None:
    """Return the row of this version on this endpoint, else of the same name as registered by hand."""
    rows = connection.execute(
        sa.select(model.c.id, model.c.digest, model.c.endpoint_name).where(model.c.name == name)
    ).all()
    seen = [row.id for row in rows if row.endpoint_name == endpoint_name and row.digest == digest]
    registered = [row.id for row in rows if row.endpoint_name is None]
    return next(iter(seen + registered), None)


def _write(connection: Connection, name: str, facts: Mapping[str, Any], *, same: int | None) -> ModelRecord:
    moment = now()
    if same is not None:
        change = sa.update(model).where(model.c.id == same).values(**facts, last_seen=moment, is_current=True)
        return _record(connection.execute(change.returning(*_COLUMNS)).mappings().one())
    retired_at = connection.execute(sa.select(sa.func.max(model.c.retired_at)).where(model.c.name == name)).scalar()
    row = {**facts, "name": name, "first_seen": moment, "last_seen": moment, "is_current": True}
    insert = sa.insert(model).values(**row, retired_at=retired_at).returning(*_COLUMNS)
    return _record(connection.execute(insert).mappings().one())


def register_model(
    store: Store,
    name: str,
    *,
    family: str | None = None,
    parameter_size: str | None = None,
    n_parameters: int | None = None,
    quantization: str | None = None,
    context_length: int | None = None,
    size_bytes: int | None = None,
    capabilities: tuple[str, ...] = (),
    licence: str | None = None,
) -> ModelRecord:
    """Register a model by name before any server has it, and return it; registering a retired one brings it back.

    The facts of a model that a server has reported stay as they are.
    """
    facts: dict[str, Any] = {
        "family": family,
        "parameter_size": parameter_size,
        "n_parameters": n_parameters,
        "quantization": quantization,
        "context_length": context_length,
        "size_bytes": size_bytes,
        "capabilities": list(capabilities),
        "licence": licence,
        "parameters": {},
    }
    with store.write() as connection:
        one_at_a_time(connection, "model")
        connection.execute(sa.update(model).where(model.c.name == name).values(retired_at=None))
        newest = _select_versions(connection, name)
        if newest and newest[0]["endpoint_name"] is not None:
            return _record(newest[0])
        row_id = connection.execute(sa.select(model.c.id).where(model.c.name == name)).scalar()
        return _write(connection, name, facts, same=row_id)


def _select_versions(connection: Connection, name: str) -> list[RowMapping]:
    order = (model.c.is_current.desc(), model.c.last_seen.desc(), model.c.id.desc())
    return list(connection.execute(sa.select(*_COLUMNS).where(model.c.name == name).order_by(*order)).mappings())


def list_models(
    store: Store,
    *,
    capability: str | None = None,
    family: str | None = None,
    max_size_bytes: int | None = None,
    include_retired: bool = False,
) -> tuple[ModelRecord, ...]:
    """Return the current versions by name, one for each endpoint that has the model.

    A model of unknown size is left out where `max_size_bytes` is given, since it may not fit.
    """
    query = sa.select(*_COLUMNS).where(model.c.is_current).order_by(model.c.name, model.c.endpoint_name)
    if not include_retired:
        query = query.where(model.c.retired_at.is_(None))
    if family is not None:
        query = query.where(model.c.family == family)
    if max_size_bytes is not None:
        query = query.where(model.c.size_bytes <= max_size_bytes)
    with store.read() as connection:
        records = [_record(row) for row in connection.execute(query).mappings()]
    return tuple(record for record in records if capability is None or capability in record.capabilities)


def model_versions(store: Store, name: str) -> tuple[ModelRecord, ...]:
    """Return all versions of a model, current ones first, then by when they were last seen, the latest first.

    Raises:
        UnknownNameError: no such model.
    """
    with store.read() as connection:
        rows = _select_versions(connection, name)
    if not rows:
        raise _unknown(store, name)
    return tuple(_record(row) for row in rows)


def retire_model(store: Store, name: str) -> None:
    """Remove a model from lists and plans; its versions and runs stay.

    Raises:
        UnknownNameError: no such model.
    """
    with store.write() as connection:
        retired = connection.execute(sa.update(model).where(model.c.name == name).values(retired_at=now()))
    if not retired.rowcount:
        raise _unknown(store, name)


def is_retired(store: Store, name: str) -> bool:
    """Return True where the model is retired; False also where it is unknown."""
    retired = sa.select(model.c.id).where(model.c.name == name, model.c.retired_at.is_not(None)).limit(1)
    with store.read() as connection:
        return connection.execute(retired).first() is not None


def _unknown(store: Store, name: str) -> UnknownNameError:
    with store.read() as connection:
        names = connection.execute(sa.select(model.c.name).distinct().order_by(model.c.name)).scalars().all()
    return UnknownNameError("model", name, names, "See `benchwright models list`")


def _record(row: RowMapping) -> ModelRecord:
    return record_of(ModelRecord, row)
