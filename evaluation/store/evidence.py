"""What is known of candidates: every scored answer of runs and of imported scoreboards, in plain arrays.

A row is an outcome with its score on its run's yardstick. It is read from indexes that hold all it needs, so that no
text is touched. The server's failures have no score and so no row.
"""

from collections import defaultdict
from collections.abc import Collection

import sqlalchemy as sa

from evaluation.evidence import Evidence
from evaluation.store.evidence_base import EvidenceBase
from evaluation.store.evidence_rows import IMPORT, Columns, add_import, add_runs, read_families
from evaluation.store.evidence_stamp import EvidenceStamp
from evaluation.store.session import Store
from evaluation.store.tables import benchmark_case, scoreboard_case
from evaluation.store.yardsticks import version_of

__all__ = ["EvidenceStamp", "evidence_fingerprint", "read_evidence", "read_prompts"]


def read_evidence(store: Store, *, tasks: Collection[str] | None = None) -> Evidence:
    """All that is known of candidates, or all that is known of them on some tasks.

    Args:
        store: Where runs and imports are. Archived runs are left out.
        tasks: Those that are read; None: all. The fingerprint is that of all.
    """
    with store.read() as connection:
        base = EvidenceBase.read(connection)
        columns = Columns()
        add_runs(connection, columns, base.asked, tasks)
        for one in base.imports:
            add_import(connection, columns, one, tasks)
        families = read_families(connection, columns.groups)
    return columns.evidence(base.candidates, families, base.fingerprint)


def evidence_fingerprint(store: Store) -> str:
    """What `read_evidence` would give as its fingerprint, without reading the rows."""
    with store.read() as connection:
        return EvidenceBase.read(connection).fingerprint


def read_prompts(store: Store, evidence: Evidence) -> tuple[str, ...]:
    """What was asked in each of the evidence's cases: the benchmark's words around the case's own, or an import's.

    Empty where a case is gone since the evidence was read.
    """
    from evaluation.benchmarks.rendering import render
    from evaluation.store.benchmarks import load_benchmark_version

    by_yardstick: defaultdict[str, list[int]] = defaultdict(list)
    for position, case in enumerate(evidence.cases):
        by_yardstick[case.yardstick].append(position)
    prompts = [""] * len(evidence.cases)
    for name, positions in by_yardstick.items():
        if name.startswith(IMPORT):
            texts = _imported_prompts(store, name.removeprefix(IMPORT))
            for position in positions:
                case = evidence.cases[position]
                prompts[position] = texts.get((case.task, case.case_id), "")
            continue
        wanted = [evidence.cases[position].case_id for position in positions]
        with store.read() as connection:
            of_version = benchmark_case.c.version == version_of(name)
            there = set(connection.execute(sa.select(benchmark_case.c.case_id).where(of_version)).scalars())
        asked = load_benchmark_version(store, version_of(name), case_ids=[one for one in wanted if one in there])
        rendered = {case.case_id: render(asked, case)[-1].content for case in asked.cases}
        for position, case_id in zip(positions, wanted, strict=True):
            prompts[position] = rendered.get(case_id, "")
    return tuple(prompts)


def _imported_prompts(store: Store, import_id: str) -> dict[tuple[str, str], str]:
    columns = (scoreboard_case.c.task, scoreboard_case.c.case_id, scoreboard_case.c.prompt)
    with store.read() as connection:
        rows = connection.execute(sa.select(*columns).where(scoreboard_case.c.import_id == import_id)).all()
    return {(row.task, row.case_id): row.prompt for row in rows}
