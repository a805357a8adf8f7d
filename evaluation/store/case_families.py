"""Families of cases: those of one document or template depend on one another."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from evaluation.store.evidence_rows import Group
from evaluation.store.monitored_metrics import IMPORT, version_of
from evaluation.store.tables import benchmark, benchmark_case, scoreboard_case


def read_families(connection: Connection, groups: Collection[Group]) -> dict[Group, dict[str, str]]:
    """Return the family of each case, by group and stored case id.

    A case that stands alone is identified by its content, so that it is one family in all versions of its benchmark.
    """
    of_version: dict[str, dict[str, str]] = {}
    families: dict[Group, dict[str, str]] = {}
    for task, yardstick in groups:
        if yardstick.startswith(IMPORT):
            families[task, yardstick] = _imported_families(connection, task, yardstick.removeprefix(IMPORT))
            continue
        version = version_of(yardstick)
        if version not in of_version:
            of_version[version] = _families_of(connection, version)
        families[task, yardstick] = of_version[version]
    return families


def _families_of(connection: Connection, version: str) -> dict[str, str]:
    of = benchmark_case.c
    first = sa.select(benchmark.c.name).where(benchmark.c.version == version).order_by(benchmark.c.id).limit(1)
    called = connection.execute(first).scalar()
    columns = (sa.type_coerce(column, sa.Text()) for column in (of.case_id, of.content_hash, of.cluster))
    rows = connection.execute(sa.select(*columns).where(of.version == version)).all()
    return {
        case_id: content_hash if cluster is None else f"{called}: {cluster}" for case_id, content_hash, cluster in rows
    }


def _imported_families(connection: Connection, task: str, import_id: str) -> dict[str, str]:
    of = scoreboard_case.c
    columns = (sa.type_coerce(column, sa.Text()) for column in (of.case_id, of.family))
    rows = connection.execute(sa.select(*columns).where(of.import_id == import_id, of.task == task)).all()
    apart = f"{import_id[:12]}: {task}"
    return {
        case_id: f"{apart}: {case_id}" if family is None else f"{import_id[:12]}: {family}" for case_id, family in rows
    }
