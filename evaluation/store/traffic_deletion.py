"""Which calls in production are to be forgotten, and how do they go?"""

from dataclasses import dataclass

import sqlalchemy as sa

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.store.deleting import delete_rows
from evaluation.store.session import Store
from evaluation.store.tables import traffic, traffic_import


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgettable:
    """Calls by what they have in common; at least one of the three is given."""

    task: str | None = None
    candidate: str | None = None
    import_id: str | None = None

    def __post_init__(self) -> None:
        if (self.task, self.candidate, self.import_id) == (None, None, None):
            raise ConfigurationError("which calls are to be forgotten?", "Give --task, --candidate or --import.")

    def wanted(self) -> sa.ColumnElement[bool]:
        """Return what such a call fulfils."""
        of = traffic.c
        filters = ((of.task, self.task), (of.candidate, self.candidate), (of.import_id, self.import_id))
        return sa.and_(*(column == value for column, value in filters if value is not None))


def count_forgettable(store: Store, which: Forgettable) -> int:
    """Return how many calls `forget_traffic` would delete."""
    with store.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(traffic).where(which.wanted())).scalar_one()


def forget_traffic(store: Store, which: Forgettable) -> int:
    """Return how many calls were deleted, with their steps; an import of which none is left can be made again."""
    n_deleted = delete_rows(store, traffic, which.wanted())
    forget_empty_imports(store, sa.true() if which.import_id is None else traffic_import.c.id == which.import_id)
    return n_deleted


def forget_empty_imports(store: Store, condition: sa.ColumnElement[bool]) -> None:
    """Forget that files were imported of whose calls none is left: else they could not be imported again."""
    has_calls = sa.exists().where(traffic.c.import_id == traffic_import.c.id)
    with store.write() as connection:
        connection.execute(sa.delete(traffic_import).where(condition, ~has_calls))


def find_import_id(store: Store, name_or_id: str) -> str:
    """Return the id of the import with this id, the beginning of one, or the name of its file.

    Raises:
        UnknownNameError: there is none.
        ConfigurationError: there are several.
    """
    with store.read() as connection:
        rows = connection.execute(sa.select(traffic_import.c.id, traffic_import.c.source)).all()
    matches = [row.id for row in rows if name_or_id and (row.id.startswith(name_or_id) or row.source == name_or_id)]
    if not matches:
        names = [f"{row.source} ({row.id[:12]})" for row in rows]
        raise UnknownNameError("import of calls", name_or_id, names)
    if len(matches) > 1:
        ids = ", ".join(import_id[:12] for import_id in matches)
        raise ConfigurationError(f"{len(matches)} imports are called {name_or_id!r}", f"Give one of their ids: {ids}")
    return str(matches[0])
