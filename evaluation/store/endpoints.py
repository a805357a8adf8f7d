"""Which servers are known?"""

from collections.abc import Sequence
from dataclasses import asdict, fields

import sqlalchemy as sa

from evaluation.errors import UnknownNameError
from evaluation.records import EndpointRecord
from evaluation.store.session import Store
from evaluation.store.statements import now, upsert
from evaluation.store.tables import endpoint

_COLUMNS = tuple(field.name for field in fields(EndpointRecord))


def save_endpoint(store: Store, record: EndpointRecord) -> None:
    """Add an endpoint, or replaces the one of the same name."""
    row = {**asdict(record), "created_at": now(), "removed_at": None}
    with store.write() as connection:
        upsert(connection, endpoint, [row], key=["name"], update=[*_COLUMNS[1:], "removed_at"])


def set_limit_pending(store: Store, names: Sequence[str], *, pending: bool) -> None:
    """Note whether Prefect is still to be told of the endpoints' slots."""
    with store.write() as connection:
        connection.execute(sa.update(endpoint).where(endpoint.c.name.in_(names)).values(limit_pending=pending))


def list_endpoints(store: Store) -> tuple[EndpointRecord, ...]:
    """Endpoints that were not removed, by name."""
    columns = [endpoint.c[name] for name in _COLUMNS]
    with store.read() as connection:
        rows = connection.execute(
            sa.select(*columns).where(endpoint.c.removed_at.is_(None)).order_by(endpoint.c.name)
        ).mappings()
        return tuple(EndpointRecord(**row) for row in rows)


def find_endpoint(store: Store, name_or_url: str) -> EndpointRecord | None:
    """Return the endpoint of that name, else of that URL (a closing slash makes no difference)."""
    records = list_endpoints(store)
    by_name = (record for record in records if record.name == name_or_url)
    by_url = (record for record in records if record.url.rstrip("/") == name_or_url.rstrip("/"))
    return next(by_name, None) or next(by_url, None)


def remove_endpoint(store: Store, name: str) -> None:
    """Forget an endpoint; runs made on it keep its name.

    Raises:
        UnknownNameError: no such endpoint.
    """
    with store.write() as connection:
        removed = connection.execute(
            sa.update(endpoint).where(endpoint.c.name == name, endpoint.c.removed_at.is_(None)).values(removed_at=now())
        )
    if not removed.rowcount:
        names = [record.name for record in list_endpoints(store)]
        raise UnknownNameError("endpoint", name, names, "see `benchwright endpoints list`")
