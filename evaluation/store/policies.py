"""Stored policies of the gateway, and what was changed about them."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.records.policies import Budget, Policy, PolicyChange, WhenSpent
from evaluation.store.record_rows import record_of
from evaluation.store.session import Store
from evaluation.store.statements import now, one_at_a_time
from evaluation.store.tables import policy, policy_change

_ID_BYTES = 8
_OPEN = policy.c.ended_at.is_(None)
EDITABLE = ("budget", "when_spent", "prices", "keeps_texts", "watches_upgrades", "margin")
"""Fields that an edit may set. The candidate changes by `set_candidate` alone."""


def create_policy(store: Store, values: Mapping[str, Any], *, by: str) -> Policy:
    """Store a new policy and return it.

    Args:
        store: Where it is kept.
        values: Its fields but the id and the times.
        by: Who makes it.

    Raises:
        ConfigurationError: there is a policy of this name.
    """
    moment = now()
    row = {**_row(values), "id": secrets.token_hex(_ID_BYTES), "created_at": moment, "updated_at": moment}
    row["ended_at"] = None
    with store.write() as connection:
        one_at_a_time(connection, "policies")
        if connection.execute(sa.select(policy.c.id).where(_OPEN, policy.c.name == values["name"])).first():
            raise ConfigurationError(
                f"there is a policy named {values['name']!r} already",
                "Choose another name, change it with `benchwright policies edit NAME`, or end it with "
                "`benchwright policies end NAME`.",
            )
        connection.execute(sa.insert(policy).values(row))
        _note(connection, row["id"], "created", by, {"candidate": row["candidate_label"]})
    return _policy(row)


def list_policies(store: Store, *, all: bool = False) -> tuple[Policy, ...]:
    """Return the policies in use, by name; with `all`, those that were ended too."""
    query = sa.select(policy).order_by(policy.c.name, policy.c.created_at)
    with store.read() as connection:
        rows = connection.execute(query if all else query.where(_OPEN)).mappings()
        return tuple(_policy(row) for row in rows)


def find_policy(store: Store, name: str) -> Policy | None:
    """Return the policy of this name that is in use; None: there is none."""
    query = sa.select(policy).where(_OPEN, policy.c.name == name)
    with store.read() as connection:
        row = connection.execute(query).mappings().first()
    return None if row is None else _policy(row)


def load_policy(store: Store, name_or_id: str) -> Policy:
    """Return the policy in use of this name, else the one of this id, ended or not.

    Raises:
        UnknownNameError: there is none.
    """
    by_name = find_policy(store, name_or_id)
    if by_name is not None:
        return by_name
    with store.read() as connection:
        row = connection.execute(sa.select(policy).where(policy.c.id == name_or_id)).mappings().first()
    if row is None:
        raise UnknownNameError(
            "policy",
            name_or_id,
            [each.name for each in list_policies(store)],
            next_step="`benchwright policies list` lists them; `benchwright policies create` makes one.",
        )
    return _policy(row)


def edit_policy(store: Store, policy_id: str, values: Mapping[str, Any], *, by: str) -> Policy:
    """Set some of the `EDITABLE` fields, and return the policy.

    Raises:
        UnknownNameError: it was ended, or never was.
    """
    row = _row({name: value for name, value in values.items() if name in EDITABLE})
    with store.write() as connection:
        return _changed(connection, policy_id, row, kind="edited", by=by, details=row)


def set_candidate(
    store: Store,
    policy_id: str,
    *,
    key: str,
    label: str,
    recommendation_id: str | None,
    by: str,
    reason: str,
    kind: str = "candidate",
) -> Policy:
    """Have a policy stand for another candidate from now on, and return it.

    The change is noted as one of this kind: `candidate` or `upgrade`.

    Raises:
        UnknownNameError: it was ended, or never was.
    """
    row = {"candidate_key": key, "candidate_label": label, "recommendation_id": recommendation_id}
    with store.write() as connection:
        before = connection.execute(sa.select(policy.c.candidate_label).where(policy.c.id == policy_id)).scalar()
        details = {"before": before, "candidate": label, "reason": reason}
        return _changed(connection, policy_id, row, kind=kind, by=by, details=details)


def end_policy(store: Store, policy_id: str, *, by: str) -> Policy:
    """End a policy: from now on its name stands for nothing.

    Raises:
        UnknownNameError: it was ended, or never was.
    """
    with store.write() as connection:
        return _changed(connection, policy_id, {"ended_at": now()}, kind="ended", by=by, details={})


def note_change(store: Store, policy_id: str, kind: str, *, by: str, details: Mapping[str, Any]) -> None:
    """Store that something about a policy was changed which is kept elsewhere, such as a trial."""
    with store.write() as connection:
        _note(connection, policy_id, kind, by, details)


def list_changes(store: Store, policy_id: str) -> tuple[PolicyChange, ...]:
    """Return the changes of a policy, the oldest first."""
    query = sa.select(policy_change).where(policy_change.c.policy_id == policy_id).order_by(policy_change.c.id)
    with store.read() as connection:
        return tuple(record_of(PolicyChange, row) for row in connection.execute(query).mappings())


def _changed(
    connection: Connection, policy_id: str, row: Mapping[str, Any], *, kind: str, by: str, details: Mapping[str, Any]
) -> Policy:
    statement = (
        sa.update(policy).where(policy.c.id == policy_id, _OPEN).values({**row, "updated_at": now()}).returning(policy)
    )
    changed = connection.execute(statement).mappings().first()
    if changed is None:
        names = connection.execute(sa.select(policy.c.name).where(_OPEN).order_by(policy.c.name)).scalars()
        raise UnknownNameError("policy", policy_id, names, next_step="`benchwright policies list` lists them.")
    _note(connection, policy_id, kind, by, details)
    return _policy(changed)


def _note(connection: Connection, policy_id: str, kind: str, by: str, details: Mapping[str, Any]) -> None:
    row = {"policy_id": policy_id, "at": now(), "kind": kind, "by": by, "details": dict(details)}
    connection.execute(sa.insert(policy_change).values(row))


def _row(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values of a policy's fields as columns hold them."""
    names = {field.name for field in fields(Policy)} - {"policy_id"}
    row = {name: value for name, value in values.items() if name in names}
    if isinstance(row.get("budget"), Budget):
        row["budget"] = {name: value for name, value in asdict(row["budget"]).items() if value is not None}
    if "when_spent" in row:
        row["when_spent"] = WhenSpent(row["when_spent"]).value
    return row


def _policy(row: RowMapping | Mapping[str, Any]) -> Policy:
    return record_of(
        Policy, row, policy_id=row["id"], budget=Budget(**row["budget"]), when_spent=WhenSpent(row["when_spent"])
    )
