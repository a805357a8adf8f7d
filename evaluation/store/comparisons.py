"""Stored comparisons, and the history of a pair over time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.records.candidates import MetricUse
from evaluation.records.experiments import ComparisonSummary
from evaluation.results.as_json import as_json, from_json
from evaluation.results.comparisons import ComparisonResult
from evaluation.results.pairs import PairResult
from evaluation.store.record_rows import record_of
from evaluation.store.scores import metric_key
from evaluation.store.session import Store
from evaluation.store.statements import now, upsert
from evaluation.store.tables import comparison, comparison_pair, metric

_NUMBERS = ("difference", "low", "high", "p_value", "p_adjusted", "n_pairs", "effect_size", "mde")
_SHOWN = ("a", "b", "verdict", "method", *_NUMBERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonPairRecord:
    """Two sides of a comparison on one metric."""

    metric: MetricUse
    a_key: str
    """Identity of the side, independent of its label: its candidate's fingerprint, or the value it was grouped by."""
    b_key: str
    result: PairResult


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRecord:
    """A comparison as stored."""

    comparison_id: str
    benchmark_version: str
    benchmark_name: str
    run_ids: tuple[str, ...]
    request: Mapping[str, Any]
    result: ComparisonResult
    """Result as of its creation. The experiment that it belongs to is a column of its own, which may change."""
    pairs: tuple[ComparisonPairRecord, ...]
    code_version: str
    created_at: datetime
    experiment_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairHistoryRow:
    """Result of one pair in one comparison."""

    comparison_id: str
    created_at: datetime
    benchmark_name: str
    benchmark_version: str
    run_ids: tuple[str, ...]
    code_version: str
    pair: ComparisonPairRecord


def save_comparison(
    store: Store,
    *,
    request: Mapping[str, Any],
    result: ComparisonResult,
    pairs: Sequence[ComparisonPairRecord],
) -> bool:
    """Save a comparison and return whether anything was written; one with the same content is left as it is.

    Notes on it and its experiment stay. Its date is that of its numbers.

    Args:
        store: The store.
        request: What was asked for.
        result: What was found; the same question gives the same id, so that looking twice creates no history.
        pairs: The pairs of the result, in their order.
    """
    comparison_id = result.comparison_id
    row = {
        "id": comparison_id,
        "benchmark_version": result.benchmark_version,
        "benchmark_name": result.benchmark,
        "run_ids": list(result.run_ids),
        "request": dict(request),
        "result": _without_pairs(result),
        "code_version": result.code_version,
        "created_at": now(),
    }
    with store.write() as connection:
        old = connection.execute(sa.select(comparison).where(comparison.c.id == comparison_id)).mappings().first()
        stored = None if old is None else _record(connection, old)
        same_numbers = stored is not None and stored.pairs == tuple(pairs)
        if stored is not None and same_numbers:
            if _without_version(stored.result) == _without_version(result):
                return False
            row["created_at"] = stored.created_at
        upsert(connection, comparison, [row], key=["id"], update=[name for name in row if name != "id"])
        if not same_numbers:
            _save_pairs(connection, comparison_id, pairs)
    return True


def _without_pairs(result: ComparisonResult) -> dict[str, Any]:
    """Return the JSON that the comparison's own row holds, without the pairs."""
    return {name: value for name, value in result.as_json_without_pairs().items() if name != "experiment"}


def _without_version(result: ComparisonResult) -> ComparisonResult:
    """Return the content of a comparison without the code version that made it."""
    return replace(result, code_version="", experiment=None)


def find_comparison(store: Store, id_or_prefix: str) -> ComparisonRecord:
    """Return the newest comparison for `last`, else the one with that id or a unique prefix of it.

    Raises:
        UnknownNameError: there is none.
        ConfigurationError: several comparisons have that prefix.
    """
    newest_first = sa.select(comparison).order_by(comparison.c.created_at.desc(), comparison.c.id.desc())
    with store.read() as connection:
        if id_or_prefix == "last":
            rows = connection.execute(newest_first.limit(1)).mappings().all()
        else:
            alike = newest_first.where(comparison.c.id.startswith(id_or_prefix, autoescape=True)).limit(6)
            rows = connection.execute(alike).mappings().all() if id_or_prefix else []
        exact = [row for row in rows if row["id"] == id_or_prefix] or rows
        if len(exact) == 1:
            return _record(connection, exact[0])
        recent_ids = connection.execute(newest_first.with_only_columns(comparison.c.id).limit(40)).scalars().all()
    if exact:
        listed = ", ".join(row["id"] for row in exact)
        raise ConfigurationError(f"several comparisons begin with {id_or_prefix!r}: {listed}", "Give more of the id")
    raise UnknownNameError(
        "comparison", id_or_prefix, recent_ids, "Make one with `benchwright compare RUN RUN`", is_newest=True
    )


def comparison_summaries(
    store: Store, *, limit: int | None = 20, run_id: str | None = None, before: str | None = None
) -> tuple[ComparisonSummary, ...]:
    """Return the comparisons in short, newest first; those of one run where it is named.

    With `before`, only comparisons that stand behind this one in the list: the next page.

    Raises:
        UnknownNameError: there is no comparison `before`.
    """
    columns = comparison.c
    page = sa.select(comparison).order_by(columns.created_at.desc(), columns.id.desc()).limit(limit)
    if run_id is not None:
        page = page.where(sa.cast(columns.run_ids, sa.Text).contains(f'"{run_id}"', autoescape=True))
    if before is not None:
        begin = find_comparison(store, before)
        is_older = columns.created_at < begin.created_at
        has_smaller_id = sa.and_(columns.created_at == begin.created_at, columns.id < begin.comparison_id)
        page = page.where(sa.or_(is_older, has_smaller_id))
    with store.read() as connection:
        return tuple(map(summary_of, connection.execute(page).mappings().all()))


def summary_of(row: RowMapping) -> ComparisonSummary:
    """Return a row of the table of comparisons in short."""
    return ComparisonSummary(
        comparison_id=row["id"],
        benchmark=row["benchmark_name"],
        run_ids=tuple(row["run_ids"]),
        sentence=next(iter(row["result"].get("sentences", ())), None),
        created_at=row["created_at"],
    )


def compared_pairs(store: Store) -> tuple[tuple[str, str], ...]:
    """Return the names of the two sides of all stored pairs, each combination once, sorted by name."""
    query = sa.select(comparison_pair.c.a, comparison_pair.c.b).distinct()
    with store.read() as connection:
        return tuple(sorted((row.a, row.b) for row in connection.execute(query)))


def pair_history(
    store: Store, a_keys: Collection[str], b_keys: Collection[str], *, limit: int = 200
) -> tuple[PairHistoryRow, ...]:
    """Return every stored pair of a side of `a_keys` with one of `b_keys`, in either order.

    The oldest comparison first.

    Args:
        store: Where they are.
        a_keys: Keys of sides, or what the sides were called.
        b_keys: Of the other.
        limit: Number of newest ones to return.
    """
    in_order = sa.and_(_names(a_keys, "a"), _names(b_keys, "b"))
    swapped = sa.and_(_names(a_keys, "b"), _names(b_keys, "a"))
    of_comparison = ("created_at", "benchmark_name", "benchmark_version", "run_ids", "code_version")
    query = (
        sa.select(comparison_pair, metric.c.name, metric.c.signature, *(comparison.c[name] for name in of_comparison))
        .join(comparison, comparison.c.id == comparison_pair.c.comparison_id)
        .join(metric, metric.c.key == comparison_pair.c.metric_key)
        .where(sa.or_(in_order, swapped))
        .order_by(comparison.c.created_at.desc(), comparison_pair.c.comparison_id, comparison_pair.c.position.desc())
        .limit(limit)
    )
    with store.read() as connection:
        rows = connection.execute(query).mappings().all()
    return tuple(record_of(PairHistoryRow, row, pair=_pair(row)) for row in reversed(rows))


def _names(keys: Collection[str], side: str) -> sa.ColumnElement[bool]:
    columns = comparison_pair.c
    return sa.or_(columns[f"{side}_key"].in_(keys), columns[side].in_(keys))


def _save_pairs(connection: Connection, comparison_id: str, pairs: Sequence[ComparisonPairRecord]) -> None:
    """Replace all stored pairs of the comparison with these."""
    connection.execute(sa.delete(comparison_pair).where(comparison_pair.c.comparison_id == comparison_id))
    _save_metrics(connection, [pair.metric for pair in pairs])
    rows = [_pair_row(comparison_id, position, pair) for position, pair in enumerate(pairs)]
    upsert(connection, comparison_pair, rows, key=["comparison_id", "position"])


def _save_metrics(connection: Connection, uses: Sequence[MetricUse]) -> None:
    rows = [{"key": metric_key(use.signature), "name": use.name, "signature": use.signature} for use in set(uses)]
    upsert(connection, metric, sorted(rows, key=lambda row: row["key"]), key=["key"])


def _pair_row(comparison_id: str, position: int, pair: ComparisonPairRecord) -> dict[str, Any]:
    return {
        "comparison_id": comparison_id,
        "position": position,
        "metric_key": metric_key(pair.metric.signature),
        "a_key": pair.a_key,
        "b_key": pair.b_key,
        **{name: getattr(pair.result, name) for name in _SHOWN},
        "details": as_json(pair.result),
    }


def _record(connection: Connection, row: RowMapping) -> ComparisonRecord:
    pairs = (
        sa.select(comparison_pair, metric.c.name, metric.c.signature)
        .join(metric, metric.c.key == comparison_pair.c.metric_key)
        .where(comparison_pair.c.comparison_id == row["id"])
        .order_by(comparison_pair.c.position)
    )
    of_sides = tuple(_pair(pair) for pair in connection.execute(pairs).mappings())
    stored = {**row["result"], "comparisons": []}
    result = replace(from_json(ComparisonResult, stored), pairs=tuple(pair.result for pair in of_sides))
    return record_of(ComparisonRecord, row, comparison_id=row["id"], result=result, pairs=of_sides)


def _pair(row: RowMapping) -> ComparisonPairRecord:
    result = from_json(PairResult, row["details"])
    return record_of(ComparisonPairRecord, row, metric=record_of(MetricUse, row), result=result)
