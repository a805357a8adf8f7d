"""A table to export: what it is of, its columns, and its rows as they are read."""

from collections.abc import Iterator
from dataclasses import dataclass

from evaluation.exports.answers import Row
from evaluation.exports.filters import Filters, check_filters
from evaluation.exports.rows import rows
from evaluation.exports.source import Kind, Source
from evaluation.store.session import Store


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table to export."""

    source: Source
    kind: Kind
    columns: tuple[str, ...]
    rows: Iterator[Row]
    """Read as they are asked for, a page at a time."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """The columns that hold a metric's value."""
        return tuple(column for column in self.columns if f"{column} failure" in self.columns)


def table_of(store: Store, source: Source, kind: Kind | None, filters: Filters) -> Table:
    """Return a table of a source.

    Args:
        store: Where it is.
        source: What is exported.
        kind: What one row is; None: what is usual for the source.
        filters: Which rows.

    Raises:
        ConfigurationError: the source has no such rows, or they have no such filter.
        UnknownNameError: a candidate, a metric or a case that does not occur.
    """
    kind = kind or source.kinds[0]
    check_filters(store, source, kind, filters)
    columns, listed = rows(store, source, kind, filters)
    return Table(source=source, kind=kind, columns=columns, rows=listed)
