"""Stored upgrades: changes under the names of models that policies use, and what came of testing them."""

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.records.policies import Upgrade
from evaluation.store.record_rows import record_of
from evaluation.store.session import Store
from evaluation.store.statements import now, upsert
from evaluation.store.tables import upgrade

_ID_BYTES = 8
ACCEPTED, DECLINED = "accepted", "declined"
_DECIDED = (ACCEPTED, DECLINED)
_KEY = ("endpoint", "model", "kind", "before", "after")


def save_upgrade(
    store: Store, *, kind: str, endpoint: str, model: str, before: str, after: str, policy_ids: Iterable[str]
) -> tuple[Upgrade, bool]:
    """Store a change that was found; return it, and whether it is new.

    One that is stored stays as it is, unless it concerns another policy too: then it is open again, for all of them.
    """
    key = {"endpoint": endpoint, "model": model, "kind": kind, "before": before, "after": after}
    row: dict[str, Any] = {
        **key,
        "id": secrets.token_hex(_ID_BYTES),
        "found_at": now(),
        "policy_ids": sorted(policy_ids),
        "state": "found",
        "verdict": None,
        "details": {},
        "alert_id": None,
        "decided_at": None,
        "decided_by": None,
    }
    with store.write() as connection:
        upsert(connection, upgrade, [row], key=_KEY)
        same = sa.and_(*(upgrade.c[name] == value for name, value in key.items()))
        stored = connection.execute(sa.select(upgrade).where(same)).mappings().one()
        if not set(row["policy_ids"]) <= set(stored["policy_ids"]):
            policies = sorted({*row["policy_ids"], *stored["policy_ids"]})
            opened = {"policy_ids": policies, "state": "found", "decided_at": None, "decided_by": None}
            changed = sa.update(upgrade).where(same).values(opened).returning(upgrade)
            stored = connection.execute(changed).mappings().one()
    return _upgrade(stored), stored["id"] == row["id"]


def set_upgrade(store: Store, upgrade_id: str, **values: Any) -> Upgrade:
    """Set what came of the test of an upgrade; one that was decided meanwhile keeps its state.

    Raises:
        UnknownNameError: there is none of this id.
    """
    with store.write() as connection:
        state = connection.execute(sa.select(upgrade.c.state).where(upgrade.c.id == upgrade_id)).scalar()
        if state in _DECIDED:
            values.pop("state", None)
        changed = sa.update(upgrade).where(upgrade.c.id == upgrade_id).values(values).returning(upgrade)
        row = connection.execute(changed).mappings().first()
    if row is None:
        raise UnknownNameError("upgrade", upgrade_id, [each.upgrade_id for each in list_upgrades(store)])
    return _upgrade(row)


def decide_upgrade(store: Store, upgrade_id: str, *, accepted: bool, by: str) -> Upgrade:
    """Store the decision on an upgrade, and return it.

    Raises:
        UnknownNameError: there is none of this id.
        ConfigurationError: it was decided already.
    """
    state = ACCEPTED if accepted else DECLINED
    values = {"state": state, "decided_at": now(), "decided_by": by}
    open_one = sa.and_(upgrade.c.id == upgrade_id, upgrade.c.state.not_in(_DECIDED))
    with store.write() as connection:
        row = (
            connection.execute(sa.update(upgrade).where(open_one).values(values).returning(upgrade)).mappings().first()
        )
    if row is not None:
        return _upgrade(row)
    decided = load_upgrade(store, upgrade_id)
    raise ConfigurationError(
        f"the upgrade {upgrade_id!r} was {decided.state} already, by {decided.decided_by}",
        "`benchwright upgrades list` shows what is open.",
    )


def tested_runs(store: Store) -> frozenset[str]:
    """Return the ids of runs that tested upgrades which were not accepted: they decide nothing about candidates."""
    return frozenset(
        str(test["retest"])
        for each in list_upgrades(store)
        if each.state != ACCEPTED
        for test in each.details.get("tests", ())
    )


def load_upgrade(store: Store, upgrade_id: str) -> Upgrade:
    """Return an upgrade by its id, or a unique beginning of it.

    Raises:
        UnknownNameError: there is none.
    """
    matches = [each for each in list_upgrades(store) if upgrade_id and each.upgrade_id.startswith(upgrade_id)]
    if len(matches) != 1:
        ids = [each.upgrade_id for each in list_upgrades(store)]
        raise UnknownNameError("upgrade", upgrade_id, ids, next_step="`benchwright upgrades list` lists them.")
    return matches[0]


def list_upgrades(store: Store, *, is_open: bool = False) -> tuple[Upgrade, ...]:
    """Return upgrades, the newest first; with `is_open` those that nobody decided on."""
    query = sa.select(upgrade).order_by(upgrade.c.found_at.desc(), upgrade.c.id)
    query = query.where(upgrade.c.state.not_in(_DECIDED)) if is_open else query
    with store.read() as connection:
        return tuple(_upgrade(row) for row in connection.execute(query).mappings())


def _upgrade(row: RowMapping | Mapping[str, Any]) -> Upgrade:
    return record_of(Upgrade, row, upgrade_id=row["id"])
