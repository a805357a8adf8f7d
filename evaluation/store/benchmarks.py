"""Stored benchmark versions and their cases."""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from evaluation.case import Benchmark, Case, Message, PromptTemplate
from evaluation.errors import ConfigurationError, StoreError, UnknownNameError
from evaluation.files.field_mapping import FieldUse
from evaluation.records.candidates import BenchmarkRecord
from evaluation.store.bulk_rows import column_batches
from evaluation.store.session import Store
from evaluation.store.statements import now, one_at_a_time, upsert
from evaluation.store.tables import benchmark, benchmark_case

_BATCH = 500
_PAGE = 5000
_DESCRIBING = (
    "task_type",
    "metrics",
    "headline",
    "description",
    "criteria",
    "licence",
    "source",
    "format",
    "field_use",
    "saved_at",
)
"""Columns that saving the same version again may change."""


def save_benchmark(store: Store, saved: Benchmark) -> str:
    """Store a benchmark with all its cases and return its version.

    Saving it again updates only its description.
    """
    version = saved.version
    with store.write() as connection:
        one_at_a_time(connection, "benchmark")
        upsert(connection, benchmark, [_benchmark_row(saved)], key=["version", "name"], update=_DESCRIBING)
        stored = sa.select(benchmark_case.c.id).where(benchmark_case.c.version == version).limit(1)
        if connection.execute(stored).first() is None:
            for start in range(0, len(saved.cases), _BATCH):
                rows = [
                    _case_row(version, position, case)
                    for position, case in enumerate(saved.cases[start : start + _BATCH], start)
                ]
                connection.execute(sa.insert(benchmark_case), rows)
    return version


def find_benchmark(store: Store, name_or_version: str) -> BenchmarkRecord | None:
    """Return the newest version of that name, else the benchmark with that version or unique prefix (8 or more digits).

    Raises:
        ConfigurationError: several versions have that prefix.
    """
    with store.read() as connection:
        rows = _newest_first(connection, benchmark.c.name == name_or_version)
        if not rows and re.fullmatch("[0-9a-f]{8,64}", name_or_version):
            rows = _newest_first(connection, benchmark.c.version.startswith(name_or_version))
            versions = sorted({row["version"] for row in rows})
            if len(versions) > 1:
                listed = ", ".join(versions)
                raise ConfigurationError(
                    f"several benchmark versions begin with {name_or_version!r}: {listed}", "Give more digits"
                )
    return _record(rows[0]) if rows else None


def list_benchmarks(store: Store) -> tuple[BenchmarkRecord, ...]:
    """Return the newest version of each name, by name."""
    with store.read() as connection:
        rows = _newest_first(connection, sa.true())
    newest = {row["name"]: _record(row) for row in reversed(rows)}
    return tuple(newest[name] for name in sorted(newest))


def load_cases(store: Store, version: str, case_ids: Sequence[str] | None = None) -> tuple[Case, ...]:
    """Return the cases in the order of `case_ids`, or all cases in the order of the file.

    Raises:
        StoreError: the version, or a case of it, is not stored.
    """
    with store.read() as connection:
        if case_ids is None:
            cases = _select_cases(connection, benchmark_case.c.version == version)
            missing = [] if cases else ["any"]
        else:
            cases = {}
            for start in range(0, len(case_ids), _BATCH):
                in_batch = benchmark_case.c.case_id.in_(case_ids[start : start + _BATCH])
                # Without an order: to have one, SQLite would read the whole benchmark along its positions.
                cases |= _select_cases(
                    connection, sa.and_(benchmark_case.c.version == version, in_batch), ordered=False
                )
            missing = [case_id for case_id in case_ids if case_id not in cases]
    if missing:
        raise StoreError(
            f"{store.shown_url} does not hold case {missing[0]!r} of benchmark version {version!r} "
            f"({len(missing)} missing)",
            "Save the benchmark first",
        )
    return tuple(cases.values()) if case_ids is None else tuple(cases[case_id] for case_id in case_ids)


def case_page(store: Store, version: str, *, after: int, limit: int) -> tuple[Case, ...]:
    """Return cases of a version in the order of the file, from the one behind position `after`, which begins at 0."""
    columns = (benchmark_case.c.case_id, benchmark_case.c.content)
    query = sa.select(*columns).where(benchmark_case.c.version == version, benchmark_case.c.position > after)
    with store.read() as connection:
        rows = connection.execute(query.order_by(benchmark_case.c.position).limit(limit))
        return tuple(_case(row.case_id, row.content) for row in rows)


def iterate_cases(store: Store, version: str) -> Iterator[Case]:
    """Yield the cases of a version, in no order: faster than page by page where many threads read."""
    columns = benchmark_case.c
    of_version = columns.version == version
    parts = (columns.case_id, columns.content)
    for batch in column_batches(store, parts, rows=benchmark_case, where=of_version, number=columns.position):
        yield from map(_case, *batch)


def has_case(store: Store, version: str, case_id: str) -> bool:
    """Return True where the version holds that case."""
    query = sa.select(benchmark_case.c.id).where(
        benchmark_case.c.version == version, benchmark_case.c.case_id == case_id
    )
    with store.read() as connection:
        return connection.execute(query).first() is not None


def case_ids_of(store: Store, version: str) -> tuple[str, ...]:
    """Return the ids of a version's cases, in the order of the file."""
    query = sa.select(benchmark_case.c.case_id).where(benchmark_case.c.version == version)
    with store.read() as connection:
        return tuple(connection.execute(query.order_by(benchmark_case.c.position)).scalars())


def task_types(store: Store, versions: Collection[str]) -> dict[str, str | None]:
    """Return the type of task of each stored benchmark, by its version."""
    query = sa.select(benchmark.c.version, benchmark.c.task_type).where(benchmark.c.version.in_(sorted(set(versions))))
    with store.read() as connection:
        return {row.version: row.task_type for row in connection.execute(query)}


def case_clusters(store: Store, version: str) -> dict[str, str]:
    """Return the cluster of each case that declares one, by case id."""
    columns = (benchmark_case.c.position, benchmark_case.c.case_id, benchmark_case.c.cluster)
    page = sa.select(*columns).where(benchmark_case.c.version == version, benchmark_case.c.cluster.is_not(None))
    page = page.order_by(benchmark_case.c.position).limit(_PAGE)
    clusters: dict[str, str] = {}
    names: dict[str, str] = {}
    last = -1
    while True:
        with store.read() as connection:
            rows = connection.execute(page.where(benchmark_case.c.position > last)).all()
        clusters.update((row.case_id, names.setdefault(row.cluster, row.cluster)) for row in rows)
        if len(rows) < _PAGE:
            return clusters
        last = rows[-1].position


def load_benchmark_version(
    store: Store, version: str, name: str | None = None, *, case_ids: Sequence[str] | None = None
) -> Benchmark:
    """Return the benchmark, with metrics and headline as last saved (under `name`).

    Args:
        store: The store.
        version: Its version.
        name: Its name, where the version has several.
        case_ids: The cases to load; None: all.
    """
    same_version = benchmark.c.version == version
    with store.read() as connection:
        rows = _newest_first(
            connection, same_version if name is None else sa.and_(same_version, benchmark.c.name == name)
        )
        if not rows:
            versions = connection.execute(sa.select(benchmark.c.version).distinct()).scalars().all()
            raise UnknownNameError("benchmark version", version, versions, "See `benchwright benchmarks list`")
        if case_ids is None:
            return _benchmark(rows[0], tuple(_select_cases(connection, benchmark_case.c.version == version).values()))
    return _benchmark(rows[0], load_cases(store, version, case_ids) if case_ids else ())


def _newest_first(connection: Connection, condition: sa.ColumnElement[bool]) -> list[RowMapping]:
    order = (benchmark.c.saved_at.desc(), benchmark.c.id.desc())
    return list(connection.execute(sa.select(benchmark).where(condition).order_by(*order)).mappings())


def _select_cases(
    connection: Connection, condition: sa.ColumnElement[bool], *, ordered: bool = True
) -> dict[str, Case]:
    columns = (benchmark_case.c.case_id, benchmark_case.c.content)
    query = sa.select(*columns).where(condition)
    rows = connection.execute(query.order_by(benchmark_case.c.position) if ordered else query)
    return {row.case_id: _case(row.case_id, row.content) for row in rows}


def _benchmark_row(saved: Benchmark) -> dict[str, Any]:
    return {
        "version": saved.version,
        "name": saved.name,
        "task_type": saved.task_type,
        "prompt_system": saved.prompt.system,
        "prompt_template": saved.prompt.template,
        "options": dict(saved.options),
        "metrics": list(saved.metrics),
        "headline": saved.headline,
        "description": saved.description,
        "criteria": saved.criteria,
        "licence": saved.licence,
        "source": saved.source,
        "format": saved.format,
        "field_use": {
            "mapped": dict(saved.fields.mapped),
            "kept": list(saved.fields.kept),
            "ignored": list(saved.fields.ignored),
        },
        "n_cases": len(saved.cases),
        "created_at": now(),
        "saved_at": now(),
    }


def _case_row(version: str, position: int, case: Case) -> dict[str, Any]:
    return {
        "version": version,
        "case_id": case.case_id,
        "position": position,
        "content_hash": case.content_hash,
        "content": case.content,
        "cluster": case.cluster,
    }


def _benchmark(row: RowMapping, cases: tuple[Case, ...]) -> Benchmark:
    prompt = PromptTemplate(system=row["prompt_system"], template=row["prompt_template"])
    return Benchmark(cases=cases, prompt=prompt, **_facts(row))


def _facts(row: RowMapping) -> dict[str, Any]:
    """Return the fields that a benchmark and its record share."""
    names = ("name", "task_type", "headline", "options", "description", "criteria", "licence", "source", "format")
    facts = {name: row[name] for name in names}
    return {**facts, "metrics": tuple(row["metrics"]), "fields": _field_use(row["field_use"])}


def _field_use(stored: dict[str, Any] | None) -> FieldUse:
    if stored is None:
        return FieldUse()
    return FieldUse(mapped=stored["mapped"], kept=tuple(stored["kept"]), ignored=tuple(stored["ignored"]))


def _case(case_id: str, content: dict[str, Any]) -> Case:
    messages = tuple(Message(role=role, content=text) for role, text in content["messages"])
    lists = {name: tuple(content[name]) for name in ("references", "context", "choices", "tags")}
    return Case(
        case_id=case_id,
        prompt=content["prompt"],
        messages=messages,
        cluster=content["cluster"],
        details=content["details"],
        **lists,
    )


def _record(row: RowMapping) -> BenchmarkRecord:
    return BenchmarkRecord(version=row["version"], n_cases=row["n_cases"], saved_at=row["saved_at"], **_facts(row))


_PAGE_OF_HASHES = 20_000


def case_hashes(store: Store, version: str) -> dict[str, str]:
    """Return the content hash of each case by its id, in the order of the file; no text is read."""
    columns = (benchmark_case.c.position, benchmark_case.c.case_id, benchmark_case.c.content_hash)
    page = sa.select(*columns).where(benchmark_case.c.version == version)
    page = page.order_by(benchmark_case.c.position).limit(_PAGE_OF_HASHES)
    hashes: dict[str, str] = {}
    last = -1
    while True:
        with store.read() as connection:
            rows = connection.execute(page.where(benchmark_case.c.position > last)).all()
        hashes.update((row.case_id, row.content_hash) for row in rows)
        if len(rows) < _PAGE_OF_HASHES:
            return hashes
        last = rows[-1].position
