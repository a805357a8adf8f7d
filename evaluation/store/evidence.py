"""What is known of candidates: every scored answer of runs and of imported scoreboards, in plain arrays.

A row is an outcome with its score on its run's yardstick. It is read from indexes that hold all it needs, so that no
text is touched. The server's failures have no score and so no row.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence

import sqlalchemy as sa

from evaluation.evidence import Evidence
from evaluation.store.evidence_base import EvidenceBase
from evaluation.store.evidence_rows import Columns, add_import, add_runs, read_families
from evaluation.store.session import Store
from evaluation.store.tables import scoreboard_case
from evaluation.store.yardsticks import IMPORT, version_of


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
    return columns.evidence(base.candidates, families, base.fingerprint, base.benchmarks)


def evidence_fingerprint(store: Store) -> str:
    """What `read_evidence` would give as its fingerprint, without reading the rows."""
    with store.read() as connection:
        return EvidenceBase.read(connection).fingerprint


def read_prompts(store: Store, evidence: Evidence) -> tuple[str, ...]:
    """What was asked in each of the evidence's cases: the benchmark's words around the case's own, or an import's.

    Empty where a case is gone since the evidence was read.
    """
    by_yardstick: defaultdict[str, list[int]] = defaultdict(list)
    for position, case in enumerate(evidence.cases):
        by_yardstick[case.yardstick].append(position)
    prompts = [""] * len(evidence.cases)
    for yardstick, positions in by_yardstick.items():
        cases = [evidence.cases[position] for position in positions]
        if yardstick.startswith(IMPORT):
            imported = _imported_prompts(store, yardstick.removeprefix(IMPORT))
            found = [imported.get((case.task, case.case_id), "") for case in cases]
        else:
            asked = _asked_prompts(store, version_of(yardstick), [case.case_id for case in cases])
            found = [asked.get(case.case_id, "") for case in cases]
        for position, prompt in zip(positions, found, strict=True):
            prompts[position] = prompt
    return tuple(prompts)


def _asked_prompts(store: Store, version: str, case_ids: Sequence[str]) -> dict[str, str]:
    """The user's last words in each case of a benchmark version."""
    from evaluation.benchmarks.rendering import render
    from evaluation.store.benchmarks import case_ids_of, load_benchmark_version

    known = set(case_ids_of(store, version))
    there = [case_id for case_id in case_ids if case_id in known]
    if not there:
        return {}
    asked = load_benchmark_version(store, version, case_ids=there)
    return {
        case.case_id: next(turn.content for turn in reversed(render(asked, case)) if turn.role == "user")
        for case in asked.cases
    }


def _imported_prompts(store: Store, import_id: str) -> dict[tuple[str, str], str]:
    columns = (scoreboard_case.c.task, scoreboard_case.c.case_id, scoreboard_case.c.prompt)
    with store.read() as connection:
        rows = connection.execute(sa.select(*columns).where(scoreboard_case.c.import_id == import_id)).all()
    return {(row.task, row.case_id): row.prompt for row in rows}
