"""Rows, thousands at a time.

Python's driver of SQLite lets go of the interpreter at each row. A thread that does so 40,000 times beside others that
compute waits for seconds; so SQLite is asked to put the rows together as JSON, 2,000 of them in a row.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from evaluation.store.columns import SafeText
from evaluation.store.safe_text import unescape_text
from evaluation.store.session import Store
from evaluation.store.tables import generation

_BATCH = 2_000


def column_batches(
    store: Store,
    columns: Sequence[sa.ColumnElement[Any]],
    *,
    rows: sa.FromClause,
    where: sa.ColumnElement[bool],
    number: sa.ColumnElement[int] = generation.c.id,
) -> Iterator[tuple[Sequence[Any], ...]]:
    """Yield the columns of many rows at a time, each as a sequence of values; the rows are in no order.

    Args:
        store: Where they are.
        columns: What to read: texts, numbers, truths and JSON.
        rows: The table, with others that are joined to it.
        where: Which of its rows.
        number: Column of the table that numbers its rows, without large gaps.
    """
    with store.read() as connection:
        if store.dialect != "sqlite":
            for some in connection.execute(sa.select(*columns).select_from(rows).where(where)).partitions(_BATCH):
                yield tuple(zip(*some, strict=True))
            return
        batch = sa.func.json_group_array(sa.func.json_array(*map(_exact, columns)))
        query = sa.select(batch).select_from(rows).where(where).group_by(number // _BATCH)
        for text in connection.execute(query).scalars():
            yield tuple(
                [None if value is None else read(value) for value in values]
                for read, values in zip(map(_reader, columns), zip(*json.loads(text), strict=True), strict=True)
            )


def _exact(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return a real number as a text with all its digits, of which SQLite's JSON has fifteen."""
    if not isinstance(column.type, sa.Float):
        return column
    return sa.case((column.is_not(None), sa.func.printf("%!.17g", column)))


def _reader(column: sa.ColumnElement[Any]) -> Callable[[Any], Any]:
    if isinstance(column.type, sa.Float):
        return float
    if isinstance(column.type, sa.Boolean):
        return bool
    if isinstance(column.type, sa.JSON):
        return json.loads
    return unescape_text if isinstance(column.type, SafeText) else _same


def _same(value: Any) -> Any:
    return value
