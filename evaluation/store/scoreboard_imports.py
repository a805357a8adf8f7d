"""Stored scoreboards that were imported from elsewhere."""

from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.engine import Connection, RowMapping

from evaluation.errors import ConfigurationError, UnknownNameError
from evaluation.records.selection import ScoreboardContent, ScoreboardRecord
from evaluation.store.record_rows import record_of
from evaluation.store.session import Store
from evaluation.store.statements import now, upsert
from evaluation.store.tables import scoreboard_case, scoreboard_import, scoreboard_row

_CHUNK = 5000


def save_import(store: Store, content: ScoreboardContent) -> tuple[ScoreboardRecord, bool]:
    """Store an import, all of it or nothing; return it, and whether it is new: the same file is stored once."""
    row = {
        "id": content.sha256,
        "name": content.name,
        "source": content.source,
        "tasks": sorted({case.task for case in content.cases}),
        "candidates": list(content.candidates),
        "n_cases": len(content.cases),
        "n_rows": len(content.quality),
        "imported_at": now(),
    }
    same = scoreboard_import.c.id == content.sha256
    with store.write() as connection:
        existing = connection.execute(sa.select(scoreboard_import).where(same)).mappings().first()
        if existing is not None:
            return _record(existing), False
        upsert(connection, scoreboard_import, [row], key=["id"])
        cases = _case_rows(content)
        for start in range(0, len(cases), _CHUNK):
            connection.execute(sa.insert(scoreboard_case), cases[start : start + _CHUNK])
        _insert_rows(connection, content)
        return _record(connection.execute(sa.select(scoreboard_import).where(same)).mappings().one()), True


def list_imports(store: Store) -> tuple[ScoreboardRecord, ...]:
    """Return all imports, the oldest first."""
    order = (scoreboard_import.c.imported_at, scoreboard_import.c.id)
    with store.read() as connection:
        rows = connection.execute(sa.select(scoreboard_import).order_by(*order)).mappings()
        return tuple(_record(row) for row in rows)


def find_import(store: Store, name_or_id: str) -> ScoreboardRecord:
    """Return the import of that name or id, or of a unique prefix of an id.

    Raises:
        UnknownNameError: there is none.
        ConfigurationError: several have that name or prefix.
    """
    records = list_imports(store)
    matches = [record for record in records if name_or_id == record.import_id]
    matches = matches or [record for record in records if name_or_id == record.name]
    matches = matches or [record for record in records if name_or_id and record.import_id.startswith(name_or_id)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        listed = ", ".join(f"{record.name} ({record.import_id[:12]})" for record in matches)
        raise ConfigurationError(f"several imports are meant by {name_or_id!r}: {listed}", "Give more of the id")
    names = [record.name for record in records]
    raise UnknownNameError("import", name_or_id, names, "See `benchwright selection imports`")


def remove_import(store: Store, name_or_id: str) -> ScoreboardRecord:
    """Delete an import with its cases and rows, and return it.

    Raises:
        UnknownNameError: there is none.
        ConfigurationError: the name is ambiguous.
    """
    record = find_import(store, name_or_id)
    with store.write() as connection:
        connection.execute(sa.delete(scoreboard_import).where(scoreboard_import.c.id == record.import_id))
    return record


def _case_rows(content: ScoreboardContent) -> list[dict[str, Any]]:
    return [
        {
            "import_id": content.sha256,
            "position": position,
            "task": case.task,
            "case_id": case.case_id,
            "family": case.family,
            "prompt": case.prompt,
        }
        for position, case in enumerate(content.cases)
    ]


def _insert_rows(connection: Connection, content: ScoreboardContent) -> None:
    columns: dict[str, list[Any]] = {
        "position": list(range(len(content.quality))),
        "case_position": content.case.tolist(),
        "candidate_position": content.candidate.tolist(),
        "quality": content.quality.tolist(),
        **{name: _none_for_nan(getattr(content, name)) for name in ("latency_s", "cost_usd", "energy_j", "memory_gb")},
    }
    for start in range(0, len(content.quality), _CHUNK):
        page = {name: column[start : start + _CHUNK] for name, column in columns.items()}
        if connection.dialect.name == "postgresql":
            connection.execute(_from_arrays(list(page)), {"import_id": content.sha256, **page})
        else:
            rows = zip(*page.values(), strict=True)
            plain = [{"import_id": content.sha256, **dict(zip(page, row, strict=True))} for row in rows]
            connection.execute(sa.insert(scoreboard_row), plain)


def _from_arrays(names: list[str]) -> sa.TextClause:
    """Return a statement that inserts whole columns: inserting row by row takes PostgreSQL ten times as long."""
    kinds = {name: "bigint" if name.endswith("position") else "double precision" for name in names}
    arrays = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in kinds.items())
    into = f"INSERT INTO scoreboard_row (import_id, {', '.join(names)})"
    # All names are the table's own.
    return sa.text(f"{into} SELECT CAST(:import_id AS text), * FROM unnest({arrays})")  # noqa: S608


def _none_for_nan(column: NDArray[np.float64]) -> list[float | None]:
    return [None if value != value else value for value in column.tolist()]


def _record(row: RowMapping) -> ScoreboardRecord:
    return record_of(ScoreboardRecord, row, import_id=row["id"])
