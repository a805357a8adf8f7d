"""Stored keys of the HTTP interface. A secret is shown once, when its key is made; only its hash is stored.

A secret has 256 random bits, so that a single SHA-256 is enough: there is no dictionary to try.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.files.names import checked_name
from evaluation.records.access import ApiKey, Scope
from evaluation.records.policies import Budget
from evaluation.store.record_rows import record_of
from evaluation.store.session import Store
from evaluation.store.statements import now, one_at_a_time
from evaluation.store.tables import api_key

PREFIX = "bw"
_ID_BYTES, _SECRET_BYTES = 6, 32
_NO_HASH = hashlib.sha256(b"").hexdigest()


def create_key(
    store: Store,
    *,
    name: str,
    scopes: Iterable[Scope],
    expires_at: datetime | None = None,
    rate: str | None = None,
    budget: Budget | None = None,
) -> tuple[ApiKey, str]:
    """Store a new key, and return it with its text, which cannot be had again.

    Args:
        store: Where it is kept.
        name: Name for lists and the audit; no two valid keys have the same.
        scopes: What it allows.
        expires_at: When it ends; None: never.
        rate: Limit of its requests such as `60/minute`; None: only the server's own.
        budget: The most that its calls of models may use on one day; None: no limit.

    Raises:
        ConfigurationError: a valid key of that name exists, the name is none, or the key would allow nothing.
    """
    name = checked_name(name, what="the key's name")
    key_id, secret = secrets.token_hex(_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
    row = {
        "id": key_id,
        "name": name,
        "scopes": sorted({scope.value for scope in scopes}),
        "secret_hash": _hashed(secret),
        "rate": rate,
        "budget": budget.limits if budget is not None and budget.limits else None,
        "created_at": now(),
        "expires_at": expires_at,
        "revoked_at": None,
    }
    if not row["scopes"]:
        raise ConfigurationError("a key needs a scope", f"Give one of {', '.join(Scope)}.")
    with store.write() as connection:
        one_at_a_time(connection, "api keys")
        same_name = connection.execute(sa.select(api_key).where(api_key.c.name == name)).mappings()
        if any(_key(existing).is_valid(now()) for existing in same_name):
            raise ConfigurationError(
                f"there is a key named {name!r} already",
                "Choose another name, or revoke it: `benchwright keys revoke NAME`",
            )
        connection.execute(sa.insert(api_key).values(row))
    return record_of(ApiKey, row, key_id=key_id), f"{PREFIX}_{key_id}_{secret}"


def authenticate(store: Store, text: str, *, moment: datetime | None = None) -> ApiKey | None:
    """Return the valid key with this text; None: there is none.

    The comparison takes the same time whether or not there is a key with the id, and wherever the hashes differ.
    """
    prefix, _, rest = text.partition("_")
    key_id, _, secret = rest.partition("_")
    with store.read() as connection:
        row = connection.execute(sa.select(api_key).where(api_key.c.id == key_id)).mappings().first()
    is_right = hmac.compare_digest(_hashed(secret), _NO_HASH if row is None else row["secret_hash"])
    if row is None or not is_right or prefix != PREFIX:
        return None
    key = _key(row)
    return key if key.is_valid(moment or now()) else None


def list_keys(store: Store) -> tuple[ApiKey, ...]:
    """Return all keys, the oldest first, revoked and expired ones too."""
    query = sa.select(api_key).order_by(api_key.c.created_at, api_key.c.id)
    with store.read() as connection:
        return tuple(_key(row) for row in connection.execute(query).mappings())


def has_valid_keys(store: Store) -> bool:
    """Return whether any key is valid now."""
    moment = now()
    return any(key.is_valid(moment) for key in list_keys(store))


def revoke_key(store: Store, name_or_id: str) -> ApiKey:
    """End a key from now on, and return it.

    Raises:
        UnknownNameError: no valid key has this name or id.
    """
    valid = [key for key in list_keys(store) if key.is_valid(now())]
    key = next((key for key in valid if name_or_id in (key.name, key.key_id)), None)
    if key is None:
        raise UnknownNameError(
            "key", name_or_id, [key.name for key in valid], next_step="`benchwright keys list` lists them."
        )
    with store.write() as connection:
        ended = sa.update(api_key).where(api_key.c.id == key.key_id).values(revoked_at=now()).returning(api_key)
        return _key(connection.execute(ended).mappings().one())


def _key(row: RowMapping) -> ApiKey:
    return record_of(ApiKey, row, key_id=row["id"])


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
